"""The first start: whoever installed the program makes themselves its first administrator."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_ratelimit.core import is_ratelimited

from approvals.services import start as services
from approvals.views.errors import locked_out
from approvals.views.http import add_errors, get_or_post, redirect_303
from approvals.views.lookup import first_found
from audit.refusals import Invalid
from counterparties.forms import FirstAccountForm, FirstOrganisationForm, filled_in
from counterparties.lookup import services as lookup
from counterparties.models import CompanyKind
from counterparties.selectors import bank_directory, look_up_bank
from people import start as first_start
from people.forms import FirstPersonForm

logger = logging.getLogger(__name__)

# Wrong codes from one address, as wrong passwords for one name.
WRONG_CODES = "10/15m"
# The button that fills in what an INN or a BIK says; it saves nothing.
LOOK_UP = "look_up"
ORGANISATION, ACCOUNT = "organisation", "account"


@login_not_required
@never_cache
@sensitive_post_parameters()
@get_or_post
def start(request: HttpRequest) -> HttpResponse:
    """One form, while nobody exists; afterwards, for good, the log-in page."""
    if first_start.somebody_exists():
        return redirect_303("approvals:login")
    if request.method != "POST":
        return _page(request, *_empty_forms())
    if _wrong_too_often(request):
        return locked_out(request)
    if not first_start.is_setup_code(request.POST.get("code", "")):
        _wrong_too_often(request, again=True)
        logger.warning("start.wrong_code")
    elif request.POST.get("action") == LOOK_UP:
        return _looked_up(request)
    kind = request.POST.get(f"{ORGANISATION}-kind", "")
    person = FirstPersonForm(request.POST)
    organisation = FirstOrganisationForm(request.POST, prefix=ORGANISATION)
    account = FirstAccountForm(request.POST, prefix=ACCOUNT, kind=kind)
    if account.has_changed() and not organisation.has_changed():
        organisation.add_error("name", _("Whose account is it? Fill in the organisation."))
    # All three, so that all reasons are shown at once.
    if all([person.is_valid(), organisation.is_valid(), account.is_valid()]):
        try:
            return _begin(request, person, organisation, account)
        except Invalid as refusal:
            add_errors(organisation, refusal)
    return _page(request, person, organisation, account, status=422)


def _begin(
    request: HttpRequest,
    person: FirstPersonForm,
    organisation: FirstOrganisationForm,
    account: FirstAccountForm,
) -> HttpResponse:
    first = services.begin(
        person=person.service_fields(),
        organisation=organisation.service_fields() if organisation.has_changed() else None,
        account=account.service_fields() if account.has_changed() else None,
    )
    done = Login(user=first, redirect_url=reverse("approvals:settings"))
    response = perform_password_login(request, {"username": first.username}, done)
    with translation.override(first.language):
        said = _("Signoff is set up. Your log-in name is %(username)s.")
        messages.success(request, said % {"username": first.username})
    response.status_code = 303
    return response


def _looked_up(request: HttpRequest) -> HttpResponse:
    """The form as it was typed, with what the register knows of the INN and the directory of the BIK."""
    typed = request.POST.dict()
    of_company = _of(typed, ORGANISATION)
    why_not = ""
    if of_company.get("inn", "").strip() and lookup.is_on():
        of_company, why_not = first_found(of_company)
    of_account = _of(typed, ACCOUNT)
    if bik := of_account.get("bik", "").strip():
        facts = look_up_bank(bik)
        of_account |= filled_in(of_account, facts, before=None, overwrite=True)
        why_not = why_not or facts.warning
    return _page(
        request,
        FirstPersonForm(initial=typed),
        FirstOrganisationForm(initial=of_company, prefix=ORGANISATION),
        FirstAccountForm(initial=of_account, prefix=ACCOUNT, kind=of_company.get("kind", "")),
        why_not=why_not,
    )


def _of(typed: dict[str, Any], prefix: str) -> dict[str, str]:
    """What was typed into one of the forms, by the names of its fields."""
    fields = {**FirstOrganisationForm.base_fields, **FirstAccountForm.base_fields}
    return {name: str(typed.get(f"{prefix}-{name}", "")) for name in fields}


def _empty_forms() -> tuple[FirstPersonForm, FirstOrganisationForm, FirstAccountForm]:
    language = (translation.get_language() or settings.LANGUAGE_CODE)[:2]
    return (
        FirstPersonForm(initial={"language": language}),
        FirstOrganisationForm(prefix=ORGANISATION),
        FirstAccountForm(prefix=ACCOUNT, kind=CompanyKind.ORGANISATION),
    )


def _page(
    request: HttpRequest,
    person: FirstPersonForm,
    organisation: FirstOrganisationForm,
    account: FirstAccountForm,
    *,
    why_not: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": person,
        "organisation": organisation,
        "account": account,
        "why_not": why_not,
        "has_errors": any(form.errors for form in (person, organisation, account)),
        "may_look_up": lookup.is_on(),
        "has_banks": bank_directory() is not None,
        "single_sign_on": settings.OIDC if settings.OIDC.may_sign_up else None,
    }
    return render(request, "approvals/account/start.html", context, status=status)


def _wrong_too_often(request: HttpRequest, *, again: bool = False) -> bool:
    """Whether this address has typed too many wrong codes; `again` counts one more."""
    limit = {"group": "start", "key": "ip", "rate": WRONG_CODES}
    return bool(is_ratelimited(request, increment=again, **limit))

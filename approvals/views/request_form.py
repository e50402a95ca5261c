"""The form of a request: a new draft, or a draft to change; saved, or sent for approval at once."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from approvals import policies, selectors, services
from approvals.forms import RequestForm, company_choices, found_companies
from approvals.models import PaymentRequest
from approvals.purpose import MAX_LENGTH
from approvals.views.amount_words import words_of
from approvals.views.http import (
    add_errors,
    form_key_of,
    get_or_post,
    get_visible_or_404,
    redirect_303,
    require_safe,
    vary_on_htmx,
)
from approvals.views.request_card import render_card
from audit.refusals import Conflict, Invalid, refuse_if
from counterparties.policies import why_not_create_company
from documents.models import DocumentKind

# What an address may fill in beforehand; scripts ask again with them for what depends on them.
ASKED = ("company", "invoice_date", "vat_rate")
# Shows the chosen company's accounts and contacts where no script does.
SHOW_COMPANY = "company"


@get_or_post
def request_new(request: HttpRequest) -> HttpResponse:
    """A new draft, sent for approval at once with `action=submit` (or not made at all)."""
    refuse_if(policies.why_not_create(request.user))
    if request.method != "POST":
        like = _like(request)
        return _page(request, RequestForm(user=request.user, like=like, initial=_asked(request)))
    if made := selectors.made_by_form(request.user, form_key_of(request)):
        return redirect_303(made)
    form = RequestForm(request.POST, request.FILES, user=request.user)
    if _may_save(request, form):
        try:
            made = services.create_request(actor=request.user, **_service_fields(request, form))
            _tell(request)
            return redirect_303(made)
        except Invalid as refusal:
            add_errors(form, refusal)
    return _page(request, form)


@require_safe
@vary_on_htmx
def company_options(request: HttpRequest) -> HttpResponse:
    """`?find=`: the counterparties of these words as options of the form's list, for htmx while one types."""
    refuse_if(policies.why_not_create(request.user))
    if "HX-Request" not in request.headers:
        return redirect("approvals:request_new")
    words = request.GET.get("find", "").strip()
    form = RequestForm(user=request.user, initial=_asked(request))
    offered = cast(ModelChoiceField, form.fields["company"]).choices
    choices = company_choices(found_companies(words)) if words else offered
    kept = form.chosen_company
    if kept is not None and kept.pk in {value for value, _label in choices}:
        kept = None
    context = {"choices": choices, "chosen": form.chosen_company, "kept": kept}
    return render(request, "approvals/requests/_company_options.html", context)


@get_or_post
def request_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft: its author alone, and nobody once it is sent (409)."""
    payment_request = get_visible_or_404(
        PaymentRequest.objects.visible_to(request.user).select_related("company"), pk
    )
    if request.method == "POST" and selectors.was_done_by_form(
        payment_request, request.user, form_key_of(request)
    ):
        return redirect_303(payment_request)
    try:
        refuse_if(policies.why_not_edit(payment_request, request.user))
        form = _edit_form(request, payment_request)
        if request.method == "POST" and _may_save(request, form):
            services.update_draft(
                payment_request_id=pk, actor=request.user, **_service_fields(request, form)
            )
            _tell(request)
            return redirect_303(payment_request)
    except Conflict as refusal:
        return render_card(request, payment_request, status=409, reason=refusal.reason)
    except Invalid as refusal:
        add_errors(form, refusal)
    return _page(request, form)


def render_incomplete(
    request: HttpRequest, payment_request: PaymentRequest, refusal: Invalid
) -> HttpResponse:
    """A draft's form with what approval still needs (422), for a submit that came from elsewhere."""
    data = QueryDict(mutable=True)
    data["form_key"] = str(uuid.uuid4())
    form = RequestForm(data, user=request.user, payment_request=payment_request)
    form.is_valid()
    add_errors(form, refusal)
    return _page(request, form)


def _edit_form(request: HttpRequest, payment_request: PaymentRequest) -> RequestForm:
    if request.method == "POST":
        return RequestForm(
            request.POST, request.FILES, user=request.user, payment_request=payment_request
        )
    asked = {name: value for name, value in _asked(request).items() if name != "company"}
    return RequestForm(user=request.user, payment_request=payment_request, initial=asked)


def _may_save(request: HttpRequest, form: RequestForm) -> bool:
    """Whether to save: all is well, and it was not only asked for a company's accounts and contacts."""
    is_valid = form.is_valid()
    if request.POST.get("action") == SHOW_COMPANY:
        form.forget_errors()
        form.fill_blanks()
        return False
    return is_valid


def _service_fields(request: HttpRequest, form: RequestForm) -> dict[str, Any]:
    return {
        "fields": form.service_fields(),
        "invoice": form.uploads["invoice"],
        "form_key": form.cleaned_data["form_key"],
        "submit_at_once": request.POST.get("action") == "submit",
    }


def _tell(request: HttpRequest) -> None:
    is_sent = request.POST.get("action") == "submit"
    messages.success(request, _("Sent for approval") if is_sent else _("The draft is saved"))


def _like(request: HttpRequest) -> PaymentRequest | None:
    """The request that a new one repeats: `?like=<its number>`, when this person may see it."""
    number = request.GET.get("like", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    visible = PaymentRequest.objects.visible_to(request.user).select_related("company")
    return visible.filter(pk=int(number)).first()


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in ASKED if request.GET.get(name)}


def _add_missing(form: RequestForm) -> None:
    """Tell what approval needs together with what is wrong, so that nobody has to come twice."""
    draft = form.as_it_would_be()
    missing = services.missing_for_approval(draft, with_invoice=bool(form.uploads["invoice"]))
    add_errors(form, Invalid({n: texts for n, texts in missing.items() if n not in form.errors}))


def _page(request: HttpRequest, form: RequestForm) -> HttpResponse:
    payment_request = form.payment_request
    if form.is_bound:
        form.offer_companies()
    if form.errors and request.POST.get("action") == "submit":
        _add_missing(form)
    has_invoice = payment_request is not None and any(
        document.kind == DocumentKind.INVOICE
        for document in selectors.documents_of(payment_request)
    )
    context = {
        "form": form,
        "payment_request": payment_request,
        "company": form.chosen_company,
        "last": form.last,
        "as_last_time": form.as_last_time(),
        "may_add_companies": why_not_create_company(request.user) is None,
        "has_invoice": has_invoice,
        "words": words_of(
            {name: form[name].value() for name in ("amount", "currency", "vat_rate", "vat_amount")}
        ),
        "purpose_length": len(str(form["purpose"].value() or "")),
        "purpose_limit": MAX_LENGTH,
    }
    return render(
        request, "approvals/requests/form.html", context, status=422 if form.errors else 200
    )

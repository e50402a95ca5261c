"""Requisites by INN in a counterparty's form: what was found, and taking all of it or some."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from approvals.views.http import get_visible_or_404, require_POST
from audit.refusals import refuse_if
from counterparties.forms import CompanyForm
from counterparties.lookup import services as lookup
from counterparties.lookup.offers import Offer, offers, taken
from counterparties.lookup.parties import MOST_AT_ONCE, LookupFailed, Party
from counterparties.models import Company, CompanyKind, RegisterState
from counterparties.policies import why_not_create_company, why_not_edit_company
from counterparties.selectors import company_with

FIELDS = tuple(name for name in CompanyForm.base_fields if name != "form_key")


@dataclass(frozen=True)
class Row:
    """A fact beside its field: `typed` is what stands there and taking the fact would overwrite."""

    label: str
    shown: str
    typed: str
    offer: Offer


@dataclass
class Panel:
    """What a look-up brought: `party` with its `rows` and the `others` of the same number, or why
    there is none (`reason` is a code, `words` are for people)."""

    answer: lookup.Answer | None = None
    party: Party | None = None
    others: list[Party] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    exists: Company | None = None
    taken: bool = False
    reason: str = ""
    words: str = ""

    @property
    def state(self) -> str:
        """The party's state in words."""
        known = self.party is not None and self.party.state
        return str(RegisterState(self.party.state).label) if known else _("unknown")

    @property
    def is_cut(self) -> bool:
        """Whether an answer had no room for all of the number."""
        return 1 + len(self.others) >= MOST_AT_ONCE

    @property
    def is_new(self) -> bool:
        """Whether anything of it is not in the form yet."""
        return any(not row.offer.fits for row in self.rows)

    @property
    def overwrites(self) -> bool:
        """Whether taking all would replace something that was typed."""
        return any(row.typed for row in self.rows)


@require_POST
def company_lookup(request: HttpRequest) -> HttpResponse:
    """The form as it was typed, with what was found; `take_all` or `take` fills its fields in.

    The answer is a whole page: htmx takes the part of it that has changed.
    """
    company = _company_of(request)
    refuse_if(
        why_not_edit_company(company, request.user)
        if company
        else why_not_create_company(request.user)
    )
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    typed["kind"] = typed["kind"] or str(CompanyForm.base_fields["kind"].initial)
    panel = _looked_up(typed, request.POST.get("choose") or request.POST.get("party", ""))
    if panel.party is not None:
        panel.taken = bool(request.POST.keys() & {"take_all", "take_ticked"})
        found = offers(panel.party, typed)
        if panel.taken:
            names = None if "take_all" in request.POST else request.POST.getlist("take")
            typed |= taken(found, names)
        _fill(panel, typed, company)
    form = CompanyForm(initial=typed | _form_key(request), company=company)
    context = {
        "form": form,
        "company": company,
        "is_own": "is_own" in request.POST,
        "panel": panel,
        "may_look_up": lookup.is_on(),
    }
    status = 422 if panel.reason == "invalid" else 200
    return render(request, "approvals/companies/form.html", context, status=status)


def first_found(typed: dict[str, str]) -> tuple[dict[str, str], str]:
    """What was typed, with what the register knows where nothing stands; and why nothing was found."""
    panel = _looked_up(typed, "")
    if panel.party is None:
        return typed, panel.words
    free = [offer for offer in offers(panel.party, typed) if offer.is_free]
    return typed | taken(free, None), ""


def _company_of(request: HttpRequest) -> Company | None:
    """The company whose form it is; none is a new one."""
    pk = request.POST.get("company", "")
    if not pk.isdecimal():
        return None
    return get_visible_or_404(Company.objects.all(), int(pk))


def _looked_up(typed: dict[str, str], key: str) -> Panel:
    """Ask by what stands in the field of the INN, or else by the OGRN."""
    try:
        query = lookup.clean_query(typed["inn"].strip() or typed["ogrn"])
        answer = lookup.look_up(query, kpp=typed["kpp"])
    except ValidationError as error:
        return Panel(reason="invalid", words=" ".join(error.messages))
    except LookupFailed as failure:
        return Panel(reason=failure.reason, words=str(failure.words))
    chosen = next((party for party in answer.parties if party.key == key), None)
    party = chosen or answer.best(kpp=typed["kpp"], ogrn=typed["ogrn"])
    if party is None:
        words = _("Nobody with this number is in the register. Compare it with the invoice.")
        return Panel(reason="not_found", words=words)
    return Panel(answer, party, [other for other in answer.parties if other != party])


def _fill(panel: Panel, typed: dict[str, str], company: Company | None) -> None:
    """The rows, against what the form holds now; and whether we have such a counterparty already."""
    assert panel.party is not None  # noqa: S101 - the caller looked
    panel.rows = [_row(offer) for offer in offers(panel.party, typed)]
    panel.exists = company_with(inn=panel.party.inn, kpp=panel.party.kpp, exclude=company)


def _row(offer: Offer) -> Row:
    label, shown = str(CompanyForm.base_fields[offer.field].label), [offer.value, offer.typed]
    if offer.field == "full_name":
        label = _("Full name")  # a company's; a person's is worded otherwise
    elif offer.field == "kind":
        shown = [str(dict(CompanyKind.choices).get(kind, kind)) for kind in shown]
    typed = "" if offer.fits or offer.is_free else shown[1]
    return Row(label, shown[0], typed, offer)


def _form_key(request: HttpRequest) -> dict[str, Any]:
    """The form stays the same form: its key goes on with it."""
    key = request.POST.get("form_key")
    return {"form_key": key} if key else {}

"""Bank accounts: the form that a BIK fills in, and what cards show of an account's bank."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from approvals.views.http import (
    add_errors,
    get_or_post,
    get_visible_or_404,
    redirect_303,
    render_form,
    require_safe,
)
from audit.refusals import Invalid, refuse_if
from counterparties import services
from counterparties.forms import BankAccountForm, BankForm, filled_in
from counterparties.models import BankAccount, Company, CompanyKind
from counterparties.policies import why_not_edit_company
from counterparties.selectors import BankFacts, bank_with, banks_of, look_up_bank

# The button that fills in the bank where no script does; it saves nothing.
LOOK_UP = "look_up"


@dataclass(frozen=True)
class AccountRow:
    """An account with what the directory of banks says of its BIK."""

    account: BankAccount
    facts: BankFacts

    @property
    def town(self) -> str:
        """The bank's town, unless the account's bank name says it already."""
        town = self.facts.bank.town if self.facts.bank else ""
        return "" if town in self.account.bank_name else town


def account_rows(accounts: Iterable[BankAccount]) -> list[AccountRow]:
    """The accounts in the order given: two queries whatever their number."""
    accounts = list(accounts)
    facts = banks_of(accounts)
    return [AccountRow(account, facts[account.pk]) for account in accounts]


@require_safe
def bank(request: HttpRequest, bik: str) -> HttpResponse:
    """The part of an account's form that a BIK fills in; what people typed themselves stays."""
    facts, filled = look_up_bank(bik), request.GET.get("filled", "")
    shown = filled_in(request.GET.dict(), facts, before=bank_with(filled), overwrite=False)
    context = {"form": BankForm(initial=shown), "facts": facts}
    return render(request, "approvals/companies/_bank.html", context)


@get_or_post
def account_new(request: HttpRequest, pk: int) -> HttpResponse:
    """One more bank account, or one in the place of another (`?replaces=<pk>` offers which)."""
    company = get_visible_or_404(Company.objects.all(), pk)
    refuse_if(why_not_edit_company(company, request.user))
    is_asking = request.POST.get("action") == LOOK_UP
    form = _account_form(request, company, is_asking=is_asking)
    if request.method == "POST" and not is_asking and form.is_valid():
        try:
            account = services.add_account(
                company_id=pk, actor=request.user, **form.service_fields()
            )
            messages.success(request, _("Bank account added"))
            if warning := banks_of([account])[account.pk].warning:
                messages.warning(request, warning)
            return redirect_303(company)
        except Invalid as refusal:
            add_errors(form, refusal)
    context = {"form": form, "company": company, "facts": _facts_of(form)}
    return render_form(request, "approvals/companies/account.html", context)


def _account_form(request: HttpRequest, company: Company, *, is_asking: bool) -> BankAccountForm:
    if is_asking:
        return BankAccountForm(company=company, initial=_looked_up(request.POST))
    if request.method == "POST":
        return BankAccountForm(request.POST, company=company)
    replaces = request.GET.get("replaces", "")
    initial = {"replaces": replaces} if replaces.isdecimal() else {}
    return BankAccountForm(company=company, initial=initial)


def _looked_up(typed: QueryDict) -> dict[str, Any]:
    """What was typed, with the bank of its BIK: it was asked for."""
    facts = look_up_bank(typed.get("bik", ""))
    filled = bank_with(typed.get("filled", ""))
    return {**typed.dict(), **filled_in(typed.dict(), facts, before=filled, overwrite=True)}


def _facts_of(form: BankAccountForm) -> BankFacts:
    """Of the BIK in the form. That it is none is told at its field; foreign banks have codes of their own."""
    typed = str(form["bik"].value() or "")
    if form.company.kind == CompanyKind.FOREIGN:
        return BankFacts(typed, "foreign")
    facts = look_up_bank(typed)
    return replace(facts, text="") if facts.state == "malformed" else facts

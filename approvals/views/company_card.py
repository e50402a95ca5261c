"""A counterparty's card, a tab at a time: each reads what it shows and no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from approvals import policies, selectors
from approvals.company_history import lines_of
from approvals.company_years import YearTotal, years_of
from approvals.models import PaymentRequest
from approvals.views.banks import AccountRow, account_rows
from approvals.views.document_rows import DocumentRow, brought_and_drawn_up
from approvals.views.http import get_visible_or_404, require_safe
from approvals.views.letters import letter_rows
from approvals.views.paging import newest_of, page_of
from approvals.views.rows import request_rows
from counterparties.models import Company
from counterparties.policies import why_not_edit_company
from documents.models import Document
from documents.selectors import fault_reason, folder_path
from people.formats import money

ON_A_TAB = 20


@dataclass(frozen=True)
class Tab:
    """A tab by its code in the address."""

    code: str
    label: str
    is_current: bool


@dataclass(frozen=True)
class RequestFolder:
    """A request's folder, and what lies in it of what the person may see."""

    payment_request: PaymentRequest
    rows: list[DocumentRow]


@dataclass(frozen=True)
class Year:
    """A year's line, ready to show."""

    total: YearTotal
    paid: str
    left: str


@require_safe
def company_card(request: HttpRequest, pk: int) -> HttpResponse:
    """One tab of a company; of its requests, letters and documents those that the person may see."""
    company = get_visible_or_404(Company.objects.select_related("folder", "created_by"), pk)
    asked = request.GET.get("tab", "")
    tab = asked if asked in TABS else next(iter(TABS))
    labels = _labels()
    context = {
        "company": company,
        "tab": tab,
        "tab_label": labels[tab],
        "panel": f"approvals/companies/_{tab}.html",
        "tabs": [Tab(code, labels[code], code == tab) for code in TABS],
        "why_not_edit": why_not_edit_company(company, request.user),
        "may_request": policies.why_not_create(request.user) is None and not company.is_own,
        **TABS[tab](request, company),
    }
    return render(request, "approvals/companies/card.html", context)


def _labels() -> dict[str, str]:
    return {
        "requisites": _("Requisites"),
        "contacts": _("Contacts"),
        "requests": _("Approval and payment statuses"),
        "documents": _("Documents"),
        "letters": _("Letters"),
        "history": _("History"),
    }


def _requisites(request: HttpRequest, company: Company) -> dict[str, Any]:
    accounts = account_rows(
        company.accounts.select_related("replaced_by").order_by(
            F("replaced_at").asc(nulls_first=True), "-is_main", "pk"
        )
    )
    return {
        "accounts": [(row, all_of(company, row)) for row in accounts],
        **_folder(company),
    }


def all_of(company: Company, row: AccountRow) -> str:
    """Everything that a payment to this account needs, a line each, as one pastes it into a bank's form."""
    account = row.account
    lines = [
        company.full_name or company.name,
        *_named(_("INN"), company.inn),
        *_named(_("KPP"), company.kpp),
        *_named(_("settlement account"), account.number),
        *_named(_("BIK"), account.bik),
        *_named(_("bank"), account.bank_name),
        *_named(_("correspondent account"), account.correspondent_account),
    ]
    return "\n".join(lines)


def _named(name: str, value: str) -> list[str]:
    return [f"{name} {value}"] if value else []


def _folder(company: Company) -> dict[str, Any]:
    return {
        "folder_path": folder_path(company.folder) if company.folder else "",
        "folder_fault": fault_reason(company.folder) if company.folder else "",
    }


def _contacts(request: HttpRequest, company: Company) -> dict[str, Any]:
    return {"contacts": company.contacts.order_by("pk")}


def _requests(request: HttpRequest, company: Company) -> dict[str, Any]:
    """The newest requests, and what all of them come to."""
    visible = PaymentRequest.objects.visible_to(request.user).filter(company=company)
    years = years_of(company, request.user)
    return {
        "requests": request_rows(
            selectors.for_list(visible).order_by("-created_at", "-pk")[:ON_A_TAB]
        ),
        "request_count": sum(year.count for year in years),
        "years": [
            Year(year, money(year.paid, year.currency), money(year.left, year.currency))
            for year in years
        ],
    }


def _documents(request: HttpRequest, company: Company) -> dict[str, Any]:
    """The company's folder: those of its requests inside it, the newest first, and what lies in each."""
    visible = PaymentRequest.objects.visible_to(request.user).filter(
        company=company, folder__isnull=False
    )
    found, more, is_later = newest_of(request, visible.select_related("folder"), per_page=ON_A_TAB)
    folders: dict[int, list[Document]] = {it.folder_id: [] for it in found}
    for document in selectors.documents_in(folders):
        folders[document.folder_id].append(document)
    return {
        "more": more,
        "is_later": is_later,
        "folders": [RequestFolder(it, _rows(folders[it.folder_id])) for it in found],
        **_folder(company),
    }


def _rows(documents: list[Document]) -> list[DocumentRow]:
    brought, drawn_up = brought_and_drawn_up(documents, may_retry=False)
    return [*brought, *(row for row in drawn_up if not row.is_old)]


def _letters(request: HttpRequest, company: Company) -> dict[str, Any]:
    letters = selectors.letters_of_company(company, request.user)
    found, more, is_later = newest_of(request, letters, per_page=ON_A_TAB)
    return {"letters": letter_rows(found), "more": more, "is_later": is_later}


def _history(request: HttpRequest, company: Company) -> dict[str, Any]:
    events = company.events.select_related("actor").order_by("-seq")
    page = page_of(request, events)
    return {"history": lines_of(page), "page": page, "query": "tab=history&"}


TABS: dict[str, Callable[[HttpRequest, Company], dict[str, Any]]] = {
    "requisites": _requisites,
    "contacts": _contacts,
    "requests": _requests,
    "documents": _documents,
    "letters": _letters,
    "history": _history,
}

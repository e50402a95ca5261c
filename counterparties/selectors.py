"""What is read of companies, their accounts and contacts: all of them, by everybody logged in."""

from __future__ import annotations

import re
from uuid import UUID

from django.db.models import Q, QuerySet

from counterparties.models import BankAccount, Company, Contact
from counterparties.requisites import is_treasury

_QUOTES = re.compile(r"[\"'«»„“”‘’`\x00]+")


def normalise(text: str) -> str:
    """What search compares: lower case, ё as е, without quotes, spaces folded.

    Without NUL too: PostgreSQL takes none, not even to look for it.
    """
    return " ".join(_QUOTES.sub(" ", text.lower().replace("ё", "е")).split())


def search_text(company: Company) -> str:
    """What `Company.search` holds."""
    return normalise(f"{company.name} {company.full_name} {company.inn} {company.kpp}")


def companies() -> QuerySet[Company]:
    """All, in the order of a list: our own organisations are asked for by `own_companies`."""
    return Company.objects.order_by("search", "pk")


def own_companies() -> QuerySet[Company]:
    """The payers."""
    return companies().filter(is_own=True)


def search_companies(q: str) -> QuerySet[Company]:
    """Companies whose name, full name, INN or KPP hold every word of `q`."""
    found = companies()
    for word in normalise(q).split():
        found = found.filter(search__contains=word)
    return found


def recent_companies(limit: int = 10) -> QuerySet[Company]:
    """The newest counterparties first."""
    return Company.objects.filter(is_own=False).order_by("-created_at", "-pk")[:limit]


def company_with(*, inn: str, kpp: str, exclude: Company | None = None) -> Company | None:
    """The one company of this INN + KPP; an empty INN is nobody's."""
    if not inn:
        return None
    found = Company.objects.filter(inn=inn, kpp=kpp)
    return (found.exclude(pk=exclude.pk) if exclude is not None else found).first()


def account_with(
    *, bik: str, number: str, company: Company, replaces: BankAccount | None = None
) -> BankAccount | None:
    """The account in use that forbids another of this number (`checks.refuse_same_account`)."""
    found = current_accounts().filter(bik=bik, number=number)
    if is_treasury(number):
        found = found.filter(company_id=company.pk)
    if replaces is not None:
        found = found.exclude(pk=replaces.pk)
    return found.first()


def current_accounts() -> QuerySet[BankAccount]:
    """Accounts in use: not replaced. The main one of a company comes first."""
    return BankAccount.objects.filter(replaced_at__isnull=True).select_related("company")


def accounts_of(company: Company) -> QuerySet[BankAccount]:
    return current_accounts().filter(company=company)


def replaceable_accounts(company: Company, *, form_key: UUID | None) -> QuerySet[BankAccount]:
    """The company's accounts in use, and the one that the account made by this form replaced."""
    usable = Q(replaced_at__isnull=True)
    if form_key is not None:
        usable |= Q(replaced_by__form_key=form_key)
    return BankAccount.objects.filter(usable, company=company)


def contacts_of(company: Company) -> QuerySet[Contact]:
    return Contact.objects.filter(company=company).order_by("pk")

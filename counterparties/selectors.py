"""What is read of companies, their accounts and contacts: all of them, by everybody logged in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from counterparties.models import (
    Bank,
    BankAccount,
    BankDirectory,
    Company,
    CompanyKind,
    Contact,
)
from counterparties.requisites import clean_bik, is_treasury
from people.formats import date_short
from people.prepared import prepared
from people.search import normalise, padded


def search_text(company: Company) -> str:
    """What `Company.search` holds."""
    return normalise(f"{company.name} {company.full_name} {company.inn} {company.kpp}")


def contact_search_text(contact: Contact) -> str:
    """What `Contact.search` holds: name, position, address, and the telephone with and without its spaces."""
    dialled = re.sub(r"[^0-9]", "", contact.phone)
    return padded(
        f"{contact.full_name} {contact.position} {contact.email} {contact.phone} {dialled}"
    )[:900]


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


# --- The directory of banks -------------------------------------------------------------


@dataclass(frozen=True)
class BankFacts:
    """What the directory says of a BIK: `text` is for people, empty where all is well.

    `empty`: there is no directory, so nothing is checked. `unknown` only warns; `closed` and
    `withdrawn` (since `since`) are not paid to. `malformed` is no BIK at all, and `foreign` none of
    the Bank of Russia's.
    """

    bik: str
    state: Literal["active", "closed", "withdrawn", "unknown", "empty", "malformed", "foreign"]
    text: str = ""
    bank: Bank | None = None
    since: date | None = None

    @property
    def is_blocked(self) -> bool:
        return self.state in ("closed", "withdrawn")

    @property
    def warning(self) -> str:
        """What to say beside an account; an empty directory says nothing there."""
        return self.text if self.is_blocked or self.state == "unknown" else ""


def bank_directory() -> BankDirectory | None:
    """Which directory is in force; None while it is empty and checks nothing."""
    return _directory.first()


@prepared
def _directory() -> QuerySet[BankDirectory]:
    return BankDirectory.objects.filter(pk=BankDirectory.PK)


def bank_count() -> int:
    """How many banks of the directory may be paid to."""
    return Bank.objects.filter(closed_on=None).count()


def active_bank(bik: str) -> Bank | None:
    """The bank of a BIK that is in use, if the directory has it."""
    return Bank.objects.filter(pk=bik, closed_on=None).first()


def bank_with(bik: str) -> Bank | None:
    """The bank of a BIK, in use or not, if the directory ever had it."""
    return Bank.objects.filter(pk=bik).first()


def look_up_bank(typed: str) -> BankFacts:
    """What the directory says of a BIK as it was typed, for filling in a form."""
    directory = bank_directory()
    if directory is None:
        return _facts_of("", None, None)
    try:
        bik = clean_bik(typed, CompanyKind.ORGANISATION)
    except ValidationError as error:
        return BankFacts("", "malformed", " ".join(error.messages))
    return _facts_of(bik, bank_with(bik), directory)


def banks_of(accounts: Iterable[BankAccount]) -> dict[int, BankFacts]:
    """What the directory says of each account's BIK, by the account's pk: two queries for all."""
    accounts = list(accounts)
    directory = bank_directory() if accounts else None
    biks = {account.bik for account in accounts} if directory else set()
    banks = Bank.objects.in_bulk(biks) if biks else {}
    return {
        account.pk: (
            _facts_of(account.bik, banks.get(account.bik), directory)
            if _is_in_russia(account)
            else BankFacts(account.bik, "foreign")
        )
        for account in accounts
    }


def why_not_pay_to(account: BankAccount, *, paid_on: date | None = None) -> str | None:
    """Why no money may go to this account's bank: its BIK is closed or its licence withdrawn.

    With `paid_on`, whether money could go that day: what left before is still to be recorded.
    """
    [facts] = banks_of([account]).values()
    if not facts.is_blocked:
        return None
    last_day = min(facts.since or date.max, timezone.localdate())
    return None if paid_on is not None and paid_on < last_day else facts.text


def _facts_of(bik: str, bank: Bank | None, directory: BankDirectory | None) -> BankFacts:
    if directory is None:
        text = _("The directory of banks is empty: no BIK is checked.")
        return BankFacts(bik, "empty", text)
    if bank is None:
        text = _("Not in the Bank of Russia's directory of {date}.").format(
            date=date_short(directory.business_date)
        )
        return BankFacts(bik, "unknown", text)
    if (since := bank.licence_withdrawn_on) is not None:
        text = _(
            "The bank's licence was withdrawn on {date}: this account cannot be paid to."
        ).format(date=date_short(since))
        return BankFacts(bik, "withdrawn", text, bank, since)
    if (since := bank.closed_on) is not None:
        text = _("This BIK is closed since {date}: this account cannot be paid to.").format(
            date=date_short(since)
        )
        return BankFacts(bik, "closed", text, bank, since)
    return BankFacts(bik, "active", "", bank)


def _is_in_russia(account: BankAccount) -> bool:
    """Foreign numbers (IBAN) and codes (SWIFT, routing numbers) are not the Bank of Russia's."""
    return len(account.bik) == 9 and account.bik.isdigit() and len(account.number) == 20

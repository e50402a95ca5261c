"""The counterparties and our own organisations: their accounts, contacts, folders and histories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from approvals.search import company_key
from audit.services import as_text, bulk_hasher
from counterparties.models import BankAccount, Company, CompanyEvent, Contact
from counterparties.selectors import contact_search_text, search_text
from counterparties.services import COMPANIES_FOLDER, REQUESTS_FOLDER
from demo.story import load as read_story
from demo.volume import numbers, words
from demo.volume.size import Size
from demo.volume.tables import write_objects
from documents.models import Folder, FolderState

WITH_DOLLARS = 0.1
WITHOUT_CONTACT = 0.05


@dataclass(frozen=True)
class Account:
    pk: int
    last4: str
    bank_name: str


@dataclass(frozen=True)
class Party:
    """What requests repeat of a company; `accounts` by currency; contact: key, name, e-mail, language."""

    pk: int
    name: str
    key: str
    inn: str
    accounts: dict[str, Account]
    contact: tuple[int, str, str, str] | None
    folder: int
    path: str


@dataclass(frozen=True)
class Parties:
    payers: tuple[Party, ...]
    payees: tuple[Party, ...]


class _Book:
    """The rows that are written at the end, in the order of their keys."""

    def __init__(self, size: Size, actor: int) -> None:
        self.chance = size.chance("companies")
        self.actor = actor
        self.at = (size.now - timedelta(days=366 * size.years)).replace(microsecond=0)
        self.banks = list(read_story().banks.values())
        self.folders: list[Folder] = []
        self.companies: list[Company] = []
        self.accounts: list[BankAccount] = []
        self.contacts: list[Contact] = []
        self.events: list[CompanyEvent] = []
        self.keys = count(1)
        self.hashed = bulk_hasher(CompanyEvent)

    def folder(self, name: str, parent: Folder | None) -> Folder:
        pk = len(self.folders) + 1
        path = f"{parent.path}/{name}" if parent else name
        folder = Folder(
            pk=pk,
            public_id=numbers.public_id(pk),
            name=name,
            path=path,
            parent=parent,
            state=FolderState.READY,
            created_at=self.at,
            checked_at=self.at,
        )
        self.folders.append(folder)
        return folder

    def company(self, name: str, root: Folder, *, is_own: bool, dollars: bool) -> Party:
        number = next(self.keys)
        inn = numbers.inn(number)
        folder = self.folder(f"{name} ({inn})", root)
        requests = self.folder(REQUESTS_FOLDER, folder)
        company = Company(
            pk=number,
            name=name,
            full_name=name,
            inn=inn,
            kpp="770101001",
            legal_address=f"г. Москва, ул. Примерная, д. {number}",
            is_own=is_own,
            folder=folder,
            requests_folder=requests,
            created_by_id=self.actor,
            created_at=self.at,
        )
        company.search = search_text(company)
        self.companies.append(company)
        told = ("kind", "name", "full_name", "inn", "kpp", "ogrn", "legal_address")
        self._tell(company, "company.created", {it: str(getattr(company, it)) for it in told})
        accounts = {"RUB": self._account(company, "RUB", is_main=True)}
        if dollars:
            accounts["USD"] = self._account(company, "USD", is_main=False)
        contact = None
        if not is_own and self.chance.random() > WITHOUT_CONTACT:
            contact = self._contact(company)
        return Party(
            number, name, company_key(company), inn, accounts, contact, requests.pk, requests.path
        )

    def _account(self, company: Company, currency: str, *, is_main: bool) -> Account:
        bank = self.chance.choice(self.banks)
        pk = len(self.accounts) + 1
        fields = {
            "bik": bank.bik,
            "bank_name": bank.bank_name,
            "correspondent_account": bank.correspondent_account,
            "number": numbers.account(pk, bik=bank.bik, currency=currency),
            "currency": currency,
        }
        account = BankAccount(
            pk=pk,
            company=company,
            is_main=is_main,
            created_by_id=self.actor,
            created_at=self.at,
            **fields,
        )
        self.accounts.append(account)
        self._tell(company, "company.account_added", {"account": pk, **fields, "replaces": None})
        return Account(pk, account.last4, account.bank_name)

    def _contact(self, company: Company) -> tuple[int, str, str, str]:
        pk = len(self.contacts) + 1
        draw = self.chance.choice
        fields = {
            "full_name": f"{draw(words.SURNAMES)} {draw(words.MEN)} {draw(words.PATRONYMICS)}",
            "position": "Бухгалтер по расчётам",
            "email": f"buh{pk}@payee{company.pk}.example",
            "phone": f"+7 499 {pk // 10000 % 1000:03}-{pk // 100 % 100:02}-{pk % 100:02}",
            "language": "ru" if self.chance.random() < 0.95 else "en",
        }
        contact = Contact(
            pk=pk, company=company, created_by_id=self.actor, created_at=self.at, **fields
        )
        contact.search = contact_search_text(contact)
        self.contacts.append(contact)
        self._tell(company, "company.contact_added", {"contact": pk, **fields})
        return pk, contact.full_name, contact.email, contact.language

    def _tell(self, company: Company, kind: str, data: dict[str, Any]) -> None:
        row = CompanyEvent(
            seq=company.audit_seq + 1,
            kind=kind,
            at=self.at,
            data=data,
            previous_hash=company.audit_hash,
            subject=company,
            actor_id=self.actor,
        )
        at = self.at.isoformat(timespec="microseconds")
        row.hash = self.hashed(
            company.pk, row.seq, kind, self.actor, at, as_text(data), row.previous_hash
        )
        company.audit_seq, company.audit_hash = row.seq, row.hash
        self.events.append(row)

    def save(self) -> None:
        for rows in (self.folders, self.companies, self.accounts, self.contacts, self.events):
            write_objects(rows)


def enter(size: Size, *, actor: int) -> Parties:
    """Write them all, as entered by `actor` on the first day."""
    book = _Book(size, actor)
    root = book.folder(COMPANIES_FOLDER, None)
    payers = [book.company(name, root, is_own=True, dollars=True) for name in words.PAYERS]
    payees = []
    for _number in range(size.companies):
        draw = book.chance.choice
        name = f"ООО «{draw(words.FIRST)}-{draw(words.SECOND)}»"
        dollars = book.chance.random() < WITH_DOLLARS
        payees.append(book.company(name, root, is_own=False, dollars=dollars))
    book.save()
    return Parties(tuple(payers), tuple(payees))

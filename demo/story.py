"""The demo company's story as it is written in `story/*.jsonl`: one JSON object a line.

What the program cannot do yet (a hold, part-payment letters, absences, confirmed accounts) stays
in the files and is passed over here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "story"


@dataclass(frozen=True)
class Person:
    """Somebody who works here; departments and people are named by their keys."""

    username: str
    full_name: str
    position: str
    department: str
    role: str
    supervisor: str | None


@dataclass(frozen=True)
class Account:
    """A settlement account in one of the story's banks."""

    key: str
    bank: str
    number: str
    main: bool = False
    confirmed: bool = True


@dataclass(frozen=True)
class Bank:
    bik: str
    bank_name: str
    correspondent_account: str


@dataclass(frozen=True)
class Contact:
    key: str
    full_name: str
    position: str
    email: str
    phone: str
    language: str = "ru"


@dataclass(frozen=True)
class Company:
    """A counterparty, or one of our own organisations."""

    key: str
    name: str
    full_name: str
    inn: str
    kpp: str
    ogrn: str
    legal_address: str
    accounts: tuple[Account, ...]
    contacts: tuple[Contact, ...] = ()
    is_own: bool = False

    def account(self, key: str) -> Account:
        return next(account for account in self.accounts if account.key == key)

    @property
    def main_account(self) -> Account:
        return self.accounts[0]

    @property
    def is_person(self) -> bool:
        """A sole proprietor: people have twelve digits of INN, organisations ten."""
        return len(self.inn) == 12


@dataclass(frozen=True)
class Happening:
    """An event of a request on a day counted in working days from today (`by`: None is the usual one)."""

    verb: str
    day: int
    by: str | None = None
    text: str = ""
    order_number: str = ""


@dataclass(frozen=True)
class Request:
    """A payment request and what happens to it; `pay_by` is counted in working days from today."""

    no: int
    author: str
    payer: str
    company: str
    account: str | None
    contact: str | None
    category: str
    amount: Decimal
    vat_rate: str
    vat_amount: Decimal | None
    terms: str
    invoice_number: str
    what: str
    pay_by: int
    status: str
    events: tuple[Happening, ...]


@dataclass(frozen=True)
class Months:
    """A request a month, for half a year; `amounts` of the newest month first."""

    company: str
    account: str
    author: str
    category: str
    vat_rate: str
    terms: str
    what: str
    amounts: tuple[Decimal, ...]


@dataclass(frozen=True)
class Letter:
    """How the letter about a request went: visits as (what, day)."""

    request: int
    contact: str
    state: str
    attempts: int
    last_error: str
    visits: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Paper:
    """A document besides invoice and payment order, added before the event of that index."""

    request: int
    before: int
    kind: str
    name: str


@dataclass(frozen=True)
class Story:
    """Everything, by key where things are named by keys."""

    default_approver: str
    acceptance_step: bool
    departments: dict[str, str]
    heads: dict[str, str]
    categories: dict[str, str]
    people: dict[str, Person]
    banks: dict[str, Bank]
    companies: dict[str, Company]
    requests: list[Request]
    months: list[Months]
    letters: dict[int, Letter]
    papers: list[Paper] = field(default_factory=list)

    def contact(self, company: str, key: str) -> Contact:
        return next(one for one in self.companies[company].contacts if one.key == key)


def load() -> Story:
    """Read the files anew: a few milliseconds."""
    firm, departments, categories, _absences = _lines("organisation")
    (banks,) = _lines("banks")
    return Story(
        default_approver=firm["default_approver"],
        acceptance_step=firm["acceptance_step"],
        departments=departments["departments"],
        heads=departments["heads"],
        categories=categories["categories"],
        people={line["username"]: Person(**line) for line in _lines("people")},
        banks={key: Bank(**bank) for key, bank in banks["banks"].items()},
        companies={line["key"]: _company(line) for line in _lines("companies")},
        requests=[_request(line) for line in _lines("requests")],
        months=[_months(line) for line in _lines("months")],
        letters={letter.request: letter for letter in _letters()},
        papers=[Paper(**line) for line in _lines("papers")],
    )


def _lines(name: str) -> list[dict[str, Any]]:
    text = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _company(line: dict[str, Any]) -> Company:
    return Company(
        **{
            **line,
            "accounts": tuple(Account(**account) for account in line["accounts"]),
            "contacts": tuple(Contact(**contact) for contact in line.get("contacts", ())),
        }
    )


def _request(line: dict[str, Any]) -> Request:
    vat_amount = line["vat_amount"]
    return Request(
        **{
            **line,
            "amount": Decimal(line["amount"]),
            "vat_rate": _vat_code(line["vat_rate"]),
            "vat_amount": Decimal(vat_amount) if vat_amount else None,
            "events": tuple(_happening(event) for event in line["events"]),
        }
    )


def _happening(event: list[Any]) -> Happening:
    verb, day, by, text, number = [*event, None, None, None][:5]
    return Happening(verb, day, by, text or "", number or "")


def _months(line: dict[str, Any]) -> Months:
    amounts = tuple(Decimal(amount) for amount in line["amounts"])
    return Months(**{**line, "vat_rate": _vat_code(line["vat_rate"]), "amounts": amounts})


def _letters() -> list[Letter]:
    """The letters that the program writes by itself: about whole payments, to the request's own contact."""
    return [
        Letter(
            request=line["request"],
            contact=line["contact"],
            state=line["state"],
            attempts=line.get("attempts", 1),
            last_error=line.get("last_error", ""),
            visits=tuple((what, day) for what, day in line["events"]),
        )
        for line in _lines("letters")
        if line["occasion"] == "paid" and "by" not in line
    ]


def _vat_code(rate: int | None) -> str:
    return "none" if rate is None else str(rate)

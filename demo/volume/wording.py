"""What requests, letters and notices say, put together from parts that were made once.

As the forms and `approvals.services` write them; the tests compare.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.urls import reverse

from approvals.vat import NO_VAT, RATES, codes_on
from demo import texts
from demo.volume import words
from demo.volume.clock import ISO, SHORT, day_number, local_day
from demo.volume.fates import Fate
from demo.volume.tables import checked
from documents.models import DocumentKind
from people.search import padded

# They stand in a text where the invoice, its day and the VAT of a request come, in this order.
_INVOICE, _DAY, _VAT = "10-8800555", date(1999, 9, 9), Decimal("8800555.35")
_PERCENT = {rate.code: int(rate.percent) for rate in RATES if rate.percent is not None}


def plain(kopecks: int) -> str:
    """'1234.50' of 123450."""
    return f"{kopecks // 100}.{kopecks % 100:02}"


def quoted(text: str) -> str:
    """The text as JSON has it. Raises ValueError where a line could not hold it."""
    return checked(json.dumps(text, ensure_ascii=False))


@dataclass(slots=True)
class Wording:
    """What the rows of one request repeat; `vat` is empty where there is none."""

    invoice: str
    day: int
    amount: str
    vat_rate: str
    vat: str
    purpose: str
    search: str


def wording(fate: Fate) -> Wording:
    """Of this request."""
    invoice = f"{fate.payee.pk % 90 + 10}-{fate.number}"
    day = local_day(fate.created)
    general = _general_rate(day)
    rate = (general, general, NO_VAT, "10")[fate.number % 4]
    purpose, search = _templates(fate.goods, fate.terms, rate)
    short = SHORT[day]
    if rate == NO_VAT:
        vat = ""
        said: tuple[str, ...] = (invoice, short)
    else:
        vat = plain(_vat_inside(fate.amount, _PERCENT[rate]))
        said = (invoice, short, vat.replace(".", ","))
    return Wording(
        invoice,
        day,
        plain(fate.amount),
        rate,
        vat,
        purpose % said,
        search % (invoice, *said),
    )


@cache
def _general_rate(day: int) -> str:
    return "22" if "22" in codes_on(date.fromisoformat(ISO[day])) else "20"


def _vat_inside(kopecks: int, percent: int) -> int:
    """As `approvals.vat.vat_inside`: rounded half up."""
    whole = 100 + percent
    return (2 * kopecks * percent + whole) // (2 * whole)


@cache
def _templates(goods: str, terms: str, rate: str) -> tuple[str, str]:
    """The purpose, and what search finds the request by."""
    purpose = texts.purpose(
        what=goods,
        terms=terms,
        invoice_number=_INVOICE,
        invoice_date=_DAY,
        vat_rate=rate,
        vat_amount=None if rate == NO_VAT else _VAT,
    )
    if quoted(purpose) != f'"{purpose}"':
        raise ValueError(f"this would stand otherwise in JSON: {purpose}")
    return _template(purpose), _template(padded(f"{_INVOICE} {purpose}  "))


def _template(text: str) -> str:
    text = checked(text).replace("%", "%%")
    for mark in (_INVOICE, SHORT[day_number(_DAY)], texts.comma(_VAT)):
        text = text.replace(mark, "%s")
    return text


@cache
def file_templates(what: str) -> tuple[str, str]:
    """The name of a file of `what` with its number and its day, and what search finds it by."""
    if what == DocumentKind.INVOICE:
        name = texts.invoice_file(_INVOICE, _DAY)
    elif what == DocumentKind.PAYMENT_ORDER:
        name = texts.payment_order_file(_INVOICE, _DAY)
    else:
        name = f"{words.CLOSING[what]} № {_INVOICE} от {SHORT[day_number(_DAY)]}.pdf"
    if quoted(name) != f'"{name}"':
        raise ValueError(f"this would stand otherwise in JSON: {name}")
    return _template(name), _template(padded(name)[:520])


@cache
def before_number() -> str:
    """What a request's page's address has before the number."""
    return reverse("approvals:request", args=[0]).removesuffix("0/")


def notice_context(fate: Fate, it: Wording, **more: Any) -> dict[str, Any]:
    """What every notice repeats of the request."""
    return {
        "request_id": fate.number,
        "number": fate.number,
        "url": f"{before_number()}{fate.number}/",
        "company": fate.payee.name,
        "amount": it.amount,
        "currency": fate.currency,
        "purpose": it.purpose,
        "pay_by": ISO[fate.pay_by],
        **more,
    }


class Letters:
    """What 'paid' letters say, as JSON whose names come as PostgreSQL keeps them: it sorts none."""

    def __init__(self) -> None:
        path = reverse("approvals:public", args=["TOKEN"]).replace("TOKEN", "{token}")
        self.page = f'"page_path":{quoted(path)}'
        self.before = before_number()
        self.accounts: dict[int, tuple[str, str]] = {}
        self.payees: dict[int, tuple[str, str]] = {}
        self.authors: dict[int, tuple[str, str, str]] = {}
        self.payers: dict[int, tuple[str, str]] = {}

    def text(self, fate: Fate, it: Wording, payments: list[tuple[str, str, str]]) -> str:
        """Of this request; `payments`: number, day ('2026-11-24') and sum of each, oldest first."""
        last4, bank = self._account(fate)
        company, contact = self._payee(fate)
        payer, payer_inn = self._payer(fate)
        manager, phone, position = self._author(fate)
        number = fate.number
        amounts = f'"amount":"{it.amount}","number":{number}'
        purpose = f'"purpose":"{it.purpose}"'
        paid = ",".join(
            f'{{"amount":"{amount}","number":"{order}","paid_on":"{day}"}}'
            for order, day, amount in payments
        )
        order, day, _amount = payments[-1]
        vat = f'"{it.vat}"' if it.vat else "null"
        return (
            f'{{"inn":"{fate.payee.inn}",{last4},{payer},{amounts},{company},{manager},'
            f'"paid_on":"{day}",{purpose},"currency":"{fate.currency}","payments":[{paid}],'
            f'"vat_rate":"{it.vat_rate}",{bank},{self.page},{payer_inn},'
            f'"on_failure":{{"url":"{self.before}{number}/",{amounts},"pay_by":"{ISO[fate.pay_by]}",'
            f'{company},{contact},{purpose},"user_id":{fate.author.pk},"currency":"{fate.currency}",'
            f'"request_id":{number}}},"request_id":{number},"vat_amount":{vat},'
            f'"invoice_date":"{ISO[it.day]}","order_number":"{order}",{phone},'
            f'"files_expected":{len(payments)},"invoice_number":"{it.invoice}",{position}}}'
        )

    def _account(self, fate: Fate) -> tuple[str, str]:
        it = fate.payee.accounts[fate.currency]
        if it.pk not in self.accounts:
            self.accounts[it.pk] = (
                f'"last4":{quoted(it.last4)}',
                f'"bank_name":{quoted(it.bank_name)}',
            )
        return self.accounts[it.pk]

    def _payee(self, fate: Fate) -> tuple[str, str]:
        it = fate.payee
        if it.pk not in self.payees:
            contact = it.contact[1] if it.contact else ""
            self.payees[it.pk] = f'"company":{quoted(it.name)}', f'"contact":{quoted(contact)}'
        return self.payees[it.pk]

    def _payer(self, fate: Fate) -> tuple[str, str]:
        it = fate.payer
        if it.pk not in self.payers:
            self.payers[it.pk] = f'"payer":{quoted(it.name)}', f'"payer_inn":{quoted(it.inn)}'
        return self.payers[it.pk]

    def _author(self, fate: Fate) -> tuple[str, str, str]:
        it = fate.author
        if it.pk not in self.authors:
            self.authors[it.pk] = (
                f'"manager":{quoted(it.name)}',
                f'"manager_phone":{quoted(it.phone)}',
                f'"manager_position":{quoted(it.position)}',
            )
        return self.authors[it.pk]

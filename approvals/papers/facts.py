"""What several papers say in the same words: who pays whom, where to, how much. In the active language."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from approvals.vat import NO_VAT
from counterparties.models import BankAccount, Company
from counterparties.selectors import banks_of
from people.amount_words import amount_in_words
from people.formats import NBSP, date_long, date_short, moment, money, percent
from people.models import User

Values = dict[str, Any]


def dated(at: datetime.datetime) -> Values:
    """When the paper's facts were taken."""
    return {"made_at": moment(at), "made_on": date_long(at)}


def party(company: Company | None) -> Values:
    """A payer or a payee; all fields are empty where there is none."""
    if company is None:
        return dict.fromkeys(("name", "full_name", "inn", "kpp", "ogrn", "address"), "")
    return {
        "name": company.name,
        "full_name": company.full_name or company.name,
        "inn": company.inn,
        "kpp": company.kpp,
        "ogrn": company.ogrn,
        "address": company.legal_address,
    }


def account(it: BankAccount | None, *, bank: str | None = None) -> Values:
    """A bank account; the bank as the directory names it (`bank`, where that is known), else as typed."""
    if it is None:
        empty = ("number", "number_in_groups", "bank", "bik", "correspondent_account", "last4")
        return dict.fromkeys((*empty, "correspondent_in_groups", "currency"), "")
    return {
        "number": it.number,
        "number_in_groups": groups(it.number),
        "bank": bank_name(it) if bank is None else bank,
        "bik": it.bik,
        "correspondent_account": it.correspondent_account,
        "correspondent_in_groups": groups(it.correspondent_account),
        "last4": it.last4,
        "currency": it.currency,
    }


def bank_name(it: BankAccount) -> str:
    """With its town, as field 13 of a payment order has it, where the directory knows the bank."""
    return bank_names([it])[it.pk]


def bank_names(accounts: Iterable[BankAccount]) -> dict[int, str]:
    """The same of many accounts, by their pk: two queries for all."""
    accounts = list(accounts)
    found = banks_of(accounts)
    return {
        it.pk: bank.payment_name if (bank := found[it.pk].bank) is not None else it.bank_name
        for it in accounts
    }


def person(user: User | None) -> Values:
    """Somebody of ours."""
    if user is None:
        return dict.fromkeys(("name", "short_name", "position", "department", "phone"), "")
    return {
        "name": str(user),
        "short_name": user.short_name,
        "position": user.position,
        "department": user.department.name if user.department else "",
        "phone": user.phone,
    }


def sum_of(amount: Decimal, currency: str) -> Values:
    """A sum in figures and in words."""
    return {
        "amount": money(amount, currency),
        "amount_in_words": amount_in_words(amount, currency),
        "currency": currency,
    }


def vat(rate: str, amount: Decimal | None, currency: str) -> str:
    """'including VAT 22%: RUB 8,845.08', or that there is none."""
    if rate == NO_VAT or amount is None:
        return _("no VAT")
    return _("including VAT %(rate)s: %(amount)s") % {
        "rate": percent(rate),
        "amount": money(amount, currency),
    }


def invoice(number: str, day: datetime.date | None) -> str:
    """'№ 643 от 24 ноября 2026 г.'; empty for an invoice without a number."""
    if not number:
        return ""
    if day is None:
        return pgettext("an invoice", "%(number)s") % {"number": number}
    return pgettext("an invoice", "%(number)s of %(day)s") % {
        "number": number,
        "day": date_long(day),
    }


def day(it: datetime.date | None) -> str:
    return date_short(it) if it else ""


def groups(digits: str, size: int = 4) -> str:
    """A long number in groups of four, kept on one line."""
    return NBSP.join(digits[start : start + size] for start in range(0, len(digits), size))

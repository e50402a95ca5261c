"""What the register of a day's payments says: by payer and account, with totals a currency."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone

from approvals.models import PaymentRequest
from approvals.papers import facts
from approvals.papers.facts import Values
from approvals.registers import Day, Group, Line, Sums, day_of
from people.formats import date_long, date_short, money
from people.models import User


def register_values(
    day: Day, author: User | None, *, at: datetime.datetime, version: int
) -> Values:
    """The whole register; `author` is who has it drawn up."""
    return {
        **facts.dated(at),
        "version": version,
        "day": date_short(day.on),
        "day_in_words": date_long(day.on),
        "author": facts.person(author),
        "groups": [_group(group) for group in day.groups],
        "totals": [
            {"currency": sums.currency, **_sums(sums, sums.currency)} for sums in day.totals
        ],
    }


def sample(it: PaymentRequest) -> Values:
    """Of the day that the request is planned for."""
    return register_values(day_of(it.planned_on), it.author, at=timezone.now(), version=1)


def _group(group: Group) -> Values:
    return {
        "payer": facts.party(group.payer),
        "account": facts.account(group.account),
        "lines": [_line(line) for line in group.lines],
        **_sums(group.sums, group.sums.currency),
    }


def _line(line: Line) -> Values:
    it = line.payment_request
    account = it.bank_account
    return {
        "place": line.place,
        "request": str(it.number),
        "payee": it.company.name,
        "inn": it.company.inn,
        "account": account.number if account else "",
        "bank": account.bank_name if account else "",
        "bik": account.bik if account else "",
        "purpose": it.purpose,
        "amount": money(line.amount, it.currency),
        "order": line.order_number,
        "is_paid": line.is_paid,
    }


def _sums(sums: Sums, currency: str) -> dict[str, Any]:
    return {
        "amount": money(sums.amount, currency),
        "to_pay": money(sums.to_pay, currency),
        "paid": money(sums.paid, currency),
        "count": sums.count,
    }

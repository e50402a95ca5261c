"""What the register of a day's payments says: by payer and account, with totals a currency."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone, translation

from approvals.models import PaymentRequest
from approvals.papers import facts
from approvals.papers.facts import Values
from approvals.registers import Day, Group, Line, Sums, day_of
from documents.models import Paper
from people.formats import date_long, date_short, money
from people.models import User

# What differs from one version to the next although the day has not changed.
NOT_THE_DAY = ("made_at", "made_on", "version", "author", "bank")


def register_values(
    day: Day, author: User | None, *, at: datetime.datetime, version: int
) -> Values:
    """The whole register; `author` is who has it drawn up."""
    banks = facts.bank_names(day.accounts)
    return {
        **facts.dated(at),
        "version": version,
        "day": date_short(day.on),
        "day_in_words": date_long(day.on),
        "author": facts.person(author),
        "groups": [_group(group, banks) for group in day.groups],
        "totals": [
            {"currency": sums.currency, **_sums(sums, sums.currency)} for sums in day.totals
        ],
    }


def says_otherwise(was: Paper, day: Day) -> bool:
    """Whether the day has changed since this version of its register was drawn up.

    A bank that the directory calls otherwise by now is no change.
    """
    with translation.override(was.language):
        now = register_values(day, None, at=timezone.now(), version=was.version)
    return bool(_the_day(now) != _the_day(was.values))


def _the_day(values: Any) -> Any:
    if isinstance(values, dict):
        return {key: _the_day(it) for key, it in values.items() if key not in NOT_THE_DAY}
    return [_the_day(it) for it in values] if isinstance(values, list) else values


def sample(it: PaymentRequest) -> Values:
    """Of the day that the request is planned for."""
    return register_values(day_of(it.planned_on), it.author, at=timezone.now(), version=1)


def _group(group: Group, banks: dict[int, str]) -> Values:
    account = group.account
    return {
        "payer": facts.party(group.payer),
        "account": facts.account(account, bank=banks[account.pk] if account else None),
        "lines": [_line(line, banks) for line in group.lines],
        **_sums(group.sums, group.sums.currency),
    }


def _line(line: Line, banks: dict[int, str]) -> Values:
    it = line.payment_request
    account = it.bank_account
    return {
        "place": line.place,
        "request": str(it.number),
        "payee": it.company.name,
        "inn": it.company.inn,
        "account": account.number if account else "",
        "account_in_groups": facts.groups(account.number) if account else "",
        "bank": banks[account.pk] if account else "",
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

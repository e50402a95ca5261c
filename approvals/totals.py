"""What pages ask of the running totals: sums over all that a person sees, exact at every commit.

A person over departments gets the lines of those, and beside them what they see outside, counted row by row;
both in one statement, so nobody is counted twice or left out while a request moves.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)

from approvals.models import ApprovalTask, Payment, PaymentRequest, Stage, TotalLine
from approvals.models.access import Access, AccessShape
from approvals.states import Status, TaskKind
from counterparties.models import Company
from people.models import User
from people.prepared import prepared

Days = tuple[datetime.date, datetime.date]
STATUSES = (*(Stage(status) for status in Status.values), Stage.ACCEPTING)


@dataclass(frozen=True)
class Total:
    """A sum of one currency: totals are never summed across currencies."""

    currency: str
    amount: Decimal
    count: int


@dataclass(frozen=True)
class DayTotal:
    """What is left to pay of one payer's requests on one planned day, in one currency."""

    day: datetime.date
    payer: str
    currency: str
    amount: Decimal
    count: int


@dataclass(frozen=True)
class StageTotal:
    """A stage of the picture: its requests' number and the sums of their amounts by currency."""

    status: str
    count: int
    totals: list[Total]


@dataclass(frozen=True)
class Line:
    """What one key comes to; `day` and `payer` (a name) of what is on its way to payment, else None."""

    stage: str
    day: datetime.date | None
    payer: str | None
    currency: str
    count: int
    amount: Decimal
    left: Decimal


class Picture:
    """All that a person sees, by where it stands. One query when it is made (and one for departments)."""

    def __init__(
        self, user: User, stages: Sequence[Stage] = STATUSES, *, access: Access | None = None
    ) -> None:
        self._stages = stages
        self._lines = _lines(user, stages, access=access)

    def by_stage(self) -> dict[Stage, list[Total]]:
        """Number and sums of the stages that were asked for, what waits for its author told apart."""
        return {
            stage: added(
                Total(line.currency, line.amount, line.count)
                for line in self._lines
                if line.stage == stage
            )
            for stage in self._stages
        }

    def stages(self) -> list[StageTotal]:
        """Every status with the number and sums of its requests, in their order."""
        found: dict[str, dict[str, Total]] = {status: {} for status in Status.values}
        for line in self._lines:
            status = Status.ON_APPROVAL if line.stage == Stage.ACCEPTING else line.stage
            totals = found[status]
            before = totals.get(line.currency, Total(line.currency, Decimal(0), 0))
            totals[line.currency] = Total(
                line.currency, before.amount + line.amount, before.count + line.count
            )
        return [
            StageTotal(
                status,
                sum(total.count for total in totals.values()),
                [total for _currency, total in sorted(totals.items()) if total.count],
            )
            for status, totals in found.items()
        ]

    def left_by_day(self, stage: Stage) -> list[DayTotal]:
        """What is left to pay of a planned stage, by planned day, payer and currency."""
        sums: dict[Any, tuple[Decimal, int]] = {}
        for line in self._lines:
            if line.stage == stage:
                key = (line.day, line.payer, line.currency)
                amount, count = sums.get(key, (Decimal(0), 0))
                sums[key] = (amount + line.left, count + line.count)
        return [
            DayTotal(day, payer, currency, amount, count)
            for (day, payer, currency), (amount, count) in sorted(sums.items())
        ]


def left_to_pay_by_day(user: User) -> list[DayTotal]:
    """What is left to pay of `approved` requests, by planned day, payer and currency."""
    return Picture(user, [Stage.APPROVED]).left_by_day(Stage.APPROVED)


def per_day(lines: Iterable[DayTotal]) -> list[DayTotal]:
    """The same over all payers: one line for each day and currency."""
    sums: dict[tuple[datetime.date, str], tuple[Decimal, int]] = {}
    for line in lines:
        amount, count = sums.get((line.day, line.currency), (Decimal(0), 0))
        sums[line.day, line.currency] = (amount + line.amount, count + line.count)
    return [
        DayTotal(day, "", currency, amount, count)
        for (day, currency), (amount, count) in sorted(sums.items())
    ]


def of_days(
    user: User,
    days: Days,
    *,
    stages: Sequence[Stage],
    payer: Company | None = None,
    access: Access | None = None,
) -> list[Line]:
    """What is planned for days, and of `payment` was paid on them, from the first to the last of them."""
    return _lines(user, stages, days=days, payer=payer, access=access)


def of_statuses(user: User, statuses: Iterable[str]) -> list[Total]:
    """Number and sum of all requests of these statuses (of all, where none is named), a line a currency."""
    wanted = set(statuses) or set(Status.values)
    stages = Picture(user).stages()
    return added(total for stage in stages if stage.status in wanted for total in stage.totals)


def added(totals: Iterable[Total]) -> list[Total]:
    """Those of each currency as one, in the order of currencies."""
    found: dict[str, Total] = {}
    for total in totals:
        before = found.get(total.currency, Total(total.currency, Decimal(0), 0))
        found[total.currency] = Total(
            total.currency, before.amount + total.amount, before.count + total.count
        )
    return [total for _currency, total in sorted(found.items())]


def _lines(
    user: User,
    stages: Sequence[Stage],
    *,
    days: Days | None = None,
    payer: Company | None = None,
    access: Access | None = None,
) -> list[Line]:
    shape = (access or PaymentRequest.objects.access_of(user)).shape()
    values = [*(days or ()), *([payer.pk] if payer is not None else [])]
    rows = _rows(user.pk, *values, access=shape, stages=tuple(stages), has_days=days is not None)
    found = [row for row in rows if row[4]]
    names = dict(
        Company.objects.filter(pk__in={row[2] for row in found} - {None}).values_list("pk", "name")
    )
    return [Line(stage, day, names.get(payer), *values) for stage, day, payer, *values in found]


@prepared
def _rows(
    person: int, *values: Any, access: AccessShape, stages: tuple[Stage, ...], has_days: bool
) -> QuerySet[Any, Any]:
    """`values` are the first and the last day, if there are days, and a payer's key, if there is one."""
    days = (values[0], values[1]) if has_days else None
    payers = values[2:] if has_days else values
    payer = Q(payer=payers[0]) if payers else Q()
    lines: Any = TotalLine.objects.filter(payer, stage__in=stages)
    if days is not None:
        lines = lines.filter(day_on__range=days)
    if access.is_all:
        return _summed(lines)
    seen = PaymentRequest.objects.access_as(person, access)
    outside: Any = PaymentRequest.objects.filter(seen.outside(), payer)
    planned = outside if days is None else outside.filter(planned_on__range=days)
    parts = [_counted(planned, stages)]
    if Stage.PAYMENT in stages:
        parts.append(_paid(outside, days))
    rows: QuerySet[Any, Any] = _summed(lines.filter(department_id__in=seen.departments)).union(
        *parts, all=True
    )
    return rows


def _summed(lines: Any) -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = (
        lines.order_by()
        .values_list("stage", "day_on", "payer_id", "currency")
        .annotate(Sum("count"), Sum("amount"), Sum("amount_left"))
    )
    return found


def _counted(requests: Any, stages: Sequence[Stage]) -> QuerySet[Any, Any]:
    """The same of requests, row by row."""
    accepting = ApprovalTask.objects.filter(
        payment_request=OuterRef("pk"), decision="", kind=TaskKind.ACCEPT
    )
    is_planned = Q(status__in=[Status.ON_APPROVAL, Status.APPROVED])
    found: QuerySet[Any, Any] = (
        requests.filter(
            status__in={Status.ON_APPROVAL if it == Stage.ACCEPTING else it for it in stages}
        )
        .order_by()
        .annotate(
            stage=Case(
                When(Q(status=Status.ON_APPROVAL) & Exists(accepting), then=Value("accepting")),
                default=F("status"),
                output_field=CharField(),
            ),
            day_on=Case(When(is_planned, then=F("planned_on")), output_field=DateField()),
            planned_payer=Case(When(is_planned, then=F("payer_id"))),
        )
        .filter(stage__in=stages)
        .values_list("stage", "day_on", "planned_payer", "currency")
        .annotate(n=Count("pk"), sum=Sum("amount"), left=Sum(F("amount") - F("paid_amount")))
    )
    return found


def _paid(requests: Any, days: Days | None) -> QuerySet[Any, Any]:
    """The same of their payments: a request once a day, however often it was paid."""
    payments: Any = Payment.objects.filter(payment_request__in=requests)
    if days is not None:
        payments = payments.filter(paid_on__range=days)
    found: QuerySet[Any, Any] = (
        payments.order_by()
        .annotate(stage=Value("payment"))
        .values_list("stage", "paid_on", "payment_request__payer_id", "payment_request__currency")
        .annotate(
            n=Count("payment_request", distinct=True),
            sum=Sum("amount"),
            left=Sum(F("amount") - F("amount")),
        )
    )
    return found

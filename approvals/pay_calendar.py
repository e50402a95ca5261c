"""What the payment calendar asks: sums of each day, and the first few of its requests.

A constant number of queries whatever the period and the number of requests.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber

from approvals.models import PLANNED, ApprovalTask, PaymentRequest, Stage
from approvals.states import Status, TaskKind
from approvals.totals import of_days
from counterparties.models import Company
from people.models import User

# What a sum of a day is made of, surest first.
PAID = "paid"
APPROVED = "approved"
ACCEPTING = "accepting"
IN_APPROVAL = "in_approval"
STATES: dict[str, str] = {
    Stage.PAYMENT: PAID,
    Stage.APPROVED: APPROVED,
    Stage.ACCEPTING: ACCEPTING,
    Stage.ON_APPROVAL: IN_APPROVAL,
}


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: datetime.date
    last: datetime.date


@dataclass(frozen=True)
class Slice:
    """A day's sum in one state, of one payer, in one currency."""

    state: str
    payer: str
    currency: str
    amount: Decimal
    count: int


@dataclass
class Day:
    """A day's sums, and the requests that its cell names."""

    slices: list[Slice] = field(default_factory=list)
    requests: list[PaymentRequest] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many requests are planned for the day (those that were paid on it are not among them)."""
        return sum(slice_.count for slice_ in self.slices if slice_.state != PAID)


def days(
    user: User, period: Period, *, payer: Company | None, named: int
) -> dict[datetime.date, Day]:
    """Every day of the period that has anything, with at most `named` of its requests."""
    found: dict[datetime.date, Day] = {}
    for line in of_days(
        user, (period.first, period.last), stages=[*PLANNED, Stage.PAYMENT], payer=payer
    ):
        if line.day is not None:
            is_paid = line.stage == Stage.PAYMENT
            amount = line.amount if is_paid else line.left
            found.setdefault(line.day, Day()).slices.append(
                Slice(STATES[line.stage], line.payer or "", line.currency, amount, line.count)
            )
    planned = _planned(user, payer).filter(planned_on__range=(period.first, period.last))
    ranked = planned.annotate(
        rank=Window(
            RowNumber(), partition_by=F("planned_on"), order_by=[F("status").asc(), F("pk").asc()]
        )
    )
    for payment_request in (
        ranked.filter(rank__lte=named)
        .select_related("company", "author")
        .order_by("planned_on", "rank")
    ):
        found.setdefault(payment_request.planned_on, Day()).requests.append(payment_request)
    return found


def planned_on(user: User, day: datetime.date, *, payer: Company | None) -> Any:
    """The requests planned for a day, the surest first; each has `state`."""
    return (
        _planned(user, payer)
        .filter(planned_on=day)
        .select_related("company", "payer", "author")
        .order_by("status", "-is_urgent", "pk")
    )


def overdue(user: User, today: datetime.date, *, payer: Company | None) -> list[Slice]:
    """What is approved, not paid, and planned for a day that has passed; a sum a currency."""
    sums: dict[str, tuple[Decimal, int]] = {}
    before = (datetime.date.min, today - datetime.timedelta(days=1))
    for line in of_days(user, before, stages=[Stage.APPROVED], payer=payer):
        amount, count = sums.get(line.currency, (Decimal(0), 0))
        sums[line.currency] = (amount + line.left, count + line.count)
    return [
        Slice(APPROVED, "", currency, amount, count)
        for currency, (amount, count) in sorted(sums.items())
    ]


def _planned(user: User, payer: Company | None) -> Any:
    """Requests on their way to payment, each with its `state` (which their type does not say)."""
    accepting = ApprovalTask.objects.filter(
        payment_request=OuterRef("pk"), decision="", kind=TaskKind.ACCEPT
    )
    requests = PaymentRequest.objects.visible_to(user).filter(
        status__in=[Status.APPROVED, Status.ON_APPROVAL]
    )
    if payer is not None:
        requests = requests.filter(payer=payer)
    return requests.annotate(
        state=Case(
            When(status=Status.APPROVED, then=Value(APPROVED)),
            When(Q(Exists(accepting)), then=Value(ACCEPTING)),
            default=Value(IN_APPROVAL),
            output_field=CharField(),
        )
    )

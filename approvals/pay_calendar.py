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
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber

from approvals.models import ApprovalTask, Payment, PaymentRequest
from approvals.states import Status, TaskKind
from counterparties.models import Company
from people.models import User

# What a sum of a day is made of, surest first.
PAID = "paid"
APPROVED = "approved"
ACCEPTING = "accepting"
IN_APPROVAL = "in_approval"


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
    """Every day of the period that has anything, with at most `named` of its requests. Three queries."""
    found: dict[datetime.date, Day] = {}
    planned = _planned(user, payer).filter(planned_on__range=(period.first, period.last))
    for row in (
        planned.order_by()
        .values("planned_on", "state", "payer__name", "currency")
        .annotate(total=Sum(F("amount") - F("paid_amount")), requests=Count("pk"))
        .order_by("planned_on", "payer__name", "currency")
    ):
        _add(found, row["planned_on"], row["state"], row)
    for row in _paid(user, period, payer):
        _add(found, row["paid_on"], PAID, row)
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
        found[payment_request.planned_on].requests.append(payment_request)
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
    rows = (
        _planned(user, payer)
        .filter(status=Status.APPROVED, planned_on__lt=today)
        .order_by()
        .values("currency")
        .annotate(total=Sum(F("amount") - F("paid_amount")), requests=Count("pk"))
        .order_by("currency")
    )
    return [Slice(APPROVED, "", row["currency"], row["total"], row["requests"]) for row in rows]


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


def _paid(user: User, period: Period, payer: Company | None) -> list[dict[str, Any]]:
    payments: Any = Payment.objects.filter(
        paid_on__range=(period.first, period.last),
        payment_request__in=PaymentRequest.objects.visible_to(user),
    )
    if payer is not None:
        payments = payments.filter(payment_request__payer=payer)
    return list(
        payments.order_by()
        .values(
            "paid_on",
            payer__name=F("payment_request__payer__name"),
            currency=F("payment_request__currency"),
        )
        .annotate(total=Sum("amount"), requests=Count("payment_request", distinct=True))
        .order_by("paid_on", "payer__name", "currency")
    )


def _add(
    found: dict[datetime.date, Day], day: datetime.date, state: str, row: dict[str, Any]
) -> None:
    found.setdefault(day, Day()).slices.append(
        Slice(state, row["payer__name"], row["currency"], row["total"], row["requests"])
    )

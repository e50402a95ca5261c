"""What the payment calendar asks: sums of each day, and the first few of its requests.

A constant number of queries whatever the period and the number of requests.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
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
from approvals.models.access import Access
from approvals.states import Status, TaskKind
from approvals.totals import of_days
from counterparties.models import Company
from people.models import User

# What a sum of a day is made of, surest first.
PAID = "paid"
APPROVED = "approved"
ACCEPTING = "accepting"
IN_APPROVAL = "in_approval"
OPEN = (Status.APPROVED, Status.ON_APPROVAL)
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
    user: User,
    period: Period,
    *,
    payer: Company | None,
    named: int,
    access: Access | None = None,
) -> dict[datetime.date, Day]:
    """Every day of the period that has anything, with at most `named` of its requests."""
    found: dict[datetime.date, Day] = {}
    access = access or PaymentRequest.objects.access_of(user)
    span = (period.first, period.last)
    stages = [*PLANNED, Stage.PAYMENT]
    for line in of_days(user, span, stages=stages, payer=payer, access=access):
        if line.day is not None:
            is_paid = line.stage == Stage.PAYMENT
            amount = line.amount if is_paid else line.left
            found.setdefault(line.day, Day()).slices.append(
                Slice(STATES[line.stage], line.payer or "", line.currency, amount, line.count)
            )
    named_days = {day: it.count for day, it in found.items() if it.count}
    for payment_request in _first_of(user, named_days, payer=payer, most=named, access=access):
        found.setdefault(payment_request.planned_on, Day()).requests.append(payment_request)
    return found


def _first_of(
    user: User,
    days: Collection[datetime.date],
    *,
    payer: Company | None,
    most: int,
    access: Access,
) -> list[PaymentRequest]:
    """Of each day the first `most` requests, the surest first."""
    open_requests = PaymentRequest.objects.filter(status__in=OPEN)
    if payer is not None:
        open_requests = open_requests.filter(payer=payer)
    keys: set[int] = set()
    if user.sees_everything:
        keys = _keys_by_day(open_requests, days, most)
    elif access.sees_few() or not access.sees_few_outside():
        keys = _keys_by_rank(open_requests.filter(access.chosen()), days, most)
    else:
        keys = _keys_by_day(open_requests.filter(access.in_departments()), days, most)
        keys |= _keys_by_rank(open_requests.filter(access.outside()), days, most)
    found: dict[datetime.date, list[PaymentRequest]] = {}
    rows = _with_state(PaymentRequest.objects.filter(pk__in=keys))
    for it in rows.select_related("company", "author").order_by("planned_on", "status", "pk"):
        found.setdefault(it.planned_on, []).append(it)
    return [it for its in found.values() for it in its[:most]]


def _keys_by_day(rows: Any, days: Collection[datetime.date], most: int) -> set[int]:
    """Of many rows: a few steps down an index for each day, all in one statement.

    The statement of one day is made once and repeated: to make a month of them takes longer than to run them.
    """
    if not days:
        return set()
    day = next(iter(days))
    first = rows.filter(planned_on=day).order_by("status", "pk").values("pk")[:most]
    of_day = PaymentRequest.objects.order_by().filter(pk__in=first).values("pk")
    sql, parameters = of_day.query.sql_with_params()
    adapted = connection.ops.adapt_datefield_value(day)
    given = [
        connection.ops.adapt_datefield_value(other) if value == adapted else value
        for other in days
        for value in parameters
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([sql] * len(days)), given)
        return {pk for (pk,) in cursor.fetchall()}


def _keys_by_rank(rows: Any, days: Collection[datetime.date], most: int) -> set[int]:
    """Of few rows, or of such as no index finds: all of them, ranked."""
    if not days:
        return set()
    place = Window(
        RowNumber(), partition_by=F("planned_on"), order_by=[F("status").asc(), F("pk").asc()]
    )
    ranked = rows.filter(planned_on__range=(min(days), max(days))).order_by()
    return set(ranked.annotate(place=place).filter(place__lte=most).values_list("pk", flat=True))


def planned_on(user: User, day: datetime.date, *, payer: Company | None) -> Any:
    """The requests planned for a day, the surest first; each has `state`."""
    return (
        _planned(user, payer)
        .filter(planned_on=day)
        .select_related("company", "payer", "author")
        .order_by("status", "-is_urgent", "pk")
    )


def overdue(
    user: User, today: datetime.date, *, payer: Company | None, access: Access | None = None
) -> list[Slice]:
    """What is approved, not paid, and planned for a day that has passed; a sum a currency."""
    sums: dict[str, tuple[Decimal, int]] = {}
    before = (datetime.date.min, today - datetime.timedelta(days=1))
    for line in of_days(user, before, stages=[Stage.APPROVED], payer=payer, access=access):
        amount, count = sums.get(line.currency, (Decimal(0), 0))
        sums[line.currency] = (amount + line.left, count + line.count)
    return [
        Slice(APPROVED, "", currency, amount, count)
        for currency, (amount, count) in sorted(sums.items())
    ]


def _planned(user: User, payer: Company | None) -> Any:
    """Requests on their way to payment, each with its `state` (which their type does not say)."""
    requests = PaymentRequest.objects.visible_to(user).filter(status__in=OPEN)
    if payer is not None:
        requests = requests.filter(payer=payer)
    return _with_state(requests)


def _with_state(requests: Any) -> Any:
    accepting = ApprovalTask.objects.filter(
        payment_request=OuterRef("pk"), decision="", kind=TaskKind.ACCEPT
    )
    return requests.annotate(
        state=Case(
            When(status=Status.APPROVED, then=Value(APPROVED)),
            When(Q(Exists(accepting)), then=Value(ACCEPTING)),
            default=Value(IN_APPROVAL),
            output_field=CharField(),
        )
    )

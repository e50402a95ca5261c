"""How requests move: what has stood still, and how long the way from sending to payment takes."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import (
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)

from approvals.models import PaymentRequest, PaymentRequestQuerySet, Stage, TotalLine
from approvals.models.access import Access
from approvals.states import Status
from people.models import User

# Longer than this at one person, and a request is stuck.
STUCK_AFTER = datetime.timedelta(days=2)


@dataclass(frozen=True)
class Pace:
    """Of the requests that were paid in a period: how many, and how long each half of the way took."""

    count: int
    to_approve: datetime.timedelta | None
    to_pay: datetime.timedelta | None


def stuck(
    user: User, *, now: datetime.datetime, access: Access | None = None
) -> PaymentRequestQuerySet:
    """What was sent and has waited for one and the same person too long, the longest first.

    What is approved and planned for a later day waits for its day, not for accounting.
    """
    waits = Q(status=Status.ON_APPROVAL) | Q(
        status=Status.APPROVED, planned_on__lt=(now - STUCK_AFTER).date()
    )
    return (
        PaymentRequest.objects.visible_to(user, access)
        .filter(waits, waiting_since__lt=now - STUCK_AFTER)
        .order_by("waiting_since", "pk")
    )


def paces(
    user: User, moments: Sequence[datetime.datetime], *, access: Access | None = None
) -> list[Pace]:
    """Averages over what was paid from each moment to the next, of what the person may see.

    From the running totals, which know whole days in UTC; the hours before the first of them and after the
    last of a period, and what the person sees outside of their departments, are looked at row by row.
    """
    access = access or PaymentRequest.objects.access_of(user)
    periods = list(pairwise(moments))
    edges, whole_days, lines = Q(pk=None), Q(pk=None), Q(pk=None)
    for since, until in periods:
        first, last = _next_midnight(since), _midnight(until)
        if first >= last:
            edges |= _closed(since, until)
            continue
        edges |= _closed(since, first) | _closed(last, until)
        whole_days |= _closed(first, last)
        lines |= Q(day_on__gte=first.date(), day_on__lt=last.date())
    rows: Any = PaymentRequest.objects.filter(status=Status.PAID)
    totals = TotalLine.objects.filter(lines, stage=Stage.CLOSING)
    found = [_of_rows(rows.filter(edges).visible_to(user, access), periods)]
    if not user.sees_everything:
        totals = totals.filter(department_id__in=access.departments)
        found.append(_of_rows(rows.filter(whole_days).filter(access.outside()), periods))
    found.append(_of_lines(totals, periods))
    return [_added(*(sums[number] for sums in found)) for number in range(len(periods))]


# Of requests: their number, and how long both halves of their ways took together.
Sums = tuple[int, datetime.timedelta, datetime.timedelta]
NOTHING: Sums = (0, datetime.timedelta(), datetime.timedelta())
Period = tuple[datetime.datetime, datetime.datetime]


def _closed(since: datetime.datetime, until: datetime.datetime) -> Q:
    return Q(closed_at__gte=since, closed_at__lt=until)


def _of_lines(lines: QuerySet[TotalLine], periods: list[Period]) -> list[Sums]:
    day = [Q(day_on__lt=until.astimezone(datetime.UTC).date()) for _since, until in periods]
    found = _by_period(lines, day).annotate(
        requests=Sum("count"), approve=Sum("seconds_to_approve"), pay=Sum("seconds_to_pay")
    )
    second = datetime.timedelta(seconds=1)
    sums = {n: (count, int(one) * second, int(two) * second) for n, count, one, two in found}
    return [sums.get(number, NOTHING) for number in range(len(periods))]


def _of_rows(rows: QuerySet[PaymentRequest], periods: list[Period]) -> list[Sums]:
    moment = [Q(closed_at__lt=until) for _since, until in periods]
    found = _by_period(rows, moment).annotate(
        requests=Count("pk"),
        approve=Sum(_between("submitted_at", "approved_at")),
        pay=Sum(_between("approved_at", "closed_at")),
    )
    sums = {n: (count, one or NOTHING[1], two or NOTHING[2]) for n, count, one, two in found}
    return [sums.get(number, NOTHING) for number in range(len(periods))]


def _by_period(rows: Any, before: list[Q]) -> Any:
    """Grouped by the number of the first period whose end lies after the row."""
    number = Case(*(When(end, then=Value(n)) for n, end in enumerate(before)))
    return rows.order_by().annotate(period=number).values_list("period")


def _added(*parts: Sums) -> Pace:
    count = sum(part[0] for part in parts)
    if not count:
        return Pace(0, None, None)
    nothing = datetime.timedelta()
    approve = sum((part[1] for part in parts), nothing)
    pay = sum((part[2] for part in parts), nothing)
    return Pace(count, approve / count, pay / count)


def _midnight(moment: datetime.datetime) -> datetime.datetime:
    """The beginning of its day, in UTC."""
    return moment.astimezone(datetime.UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _next_midnight(moment: datetime.datetime) -> datetime.datetime:
    """The first beginning of a day, in UTC, that is not before it."""
    midnight = _midnight(moment)
    return midnight if midnight == moment else midnight + datetime.timedelta(days=1)


def _between(first: str, second: str) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(F(second) - F(first), output_field=DurationField())

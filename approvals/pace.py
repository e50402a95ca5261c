"""How requests move: what has stood still, and how long the way from sending to payment takes."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
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

from approvals import selectors
from approvals.listed import with_open_tasks
from approvals.models import PaymentRequest, Stage, TotalLine
from approvals.models.access import Access, AccessShape
from approvals.states import Status
from people.models import User
from people.prepared import prepared

# Longer than this at one person, and a request is stuck.
STUCK_AFTER = datetime.timedelta(days=2)


@dataclass(frozen=True)
class Pace:
    """Of the requests that were paid in a period: how many, and how long each half of the way took."""

    count: int
    to_approve: datetime.timedelta | None
    to_pay: datetime.timedelta | None


def stuck(
    user: User, *, now: datetime.datetime, most: int, access: Access | None = None
) -> list[PaymentRequest]:
    """What was sent and has waited for one and the same person too long, the longest first, as list rows.

    What is approved and planned for a later day waits for its day, not for accounting.
    """
    shape = (access or PaymentRequest.objects.access_of(user)).shape()
    since = now - STUCK_AFTER
    return with_open_tasks(_stuck(user.pk, since, since.date(), access=shape, most=most))


@prepared
def _stuck(
    person: int,
    since: datetime.datetime,
    day: datetime.date,
    *,
    access: AccessShape,
    most: int,
) -> QuerySet[PaymentRequest]:
    waits = Q(status=Status.ON_APPROVAL) | Q(status=Status.APPROVED, planned_on__lt=day)
    rows = PaymentRequest.objects.visible_as(person, access).filter(waits, waiting_since__lt=since)
    listed = selectors.for_list(rows).prefetch_related(None)
    return listed.order_by("waiting_since", "pk")[:most]


def paces(
    user: User, moments: Sequence[datetime.datetime], *, access: Access | None = None
) -> list[Pace]:
    """Averages over what was paid from each moment to the next, of what the person may see.

    From the running totals, which know whole days in UTC; the hours before the first of them and after the
    last of a period, and what the person sees outside of their departments, are looked at row by row.
    """
    shape = (access or PaymentRequest.objects.access_of(user)).shape()
    edges: list[Period] = []
    whole: list[Period] = []
    periods = list(pairwise(moments))
    for since, until in periods:
        first, last = _next_midnight(since), _midnight(until)
        if first >= last:
            edges.append((since, until))
            continue
        edges += [(since, first), (last, until)]
        whole.append((first, last))
    ends = [until for _since, until in periods]
    found = [_of_rows(user, ends, edges, access=shape, is_outside=False)]
    if whole and not shape.is_all:
        found.append(_of_rows(user, ends, whole, access=shape, is_outside=True))
    if whole:
        found.append(_of_lines(ends, whole, access=shape))
    return [_added(*(sums.get(n, NOTHING) for sums in found)) for n in range(len(periods))]


# Of requests: their number, and how long both halves of their ways took together.
Sums = tuple[int, datetime.timedelta, datetime.timedelta]
NOTHING: Sums = (0, datetime.timedelta(), datetime.timedelta())
Period = tuple[datetime.datetime, datetime.datetime]


def _of_lines(
    ends: list[datetime.datetime], whole: list[Period], *, access: AccessShape
) -> dict[int, Sums]:
    """By the number of the period, from the running totals of whole days."""
    days = [moment.astimezone(datetime.UTC).date() for moment in (*ends, *chain(*whole))]
    departments = None if access.is_all else access.departments
    second = datetime.timedelta(seconds=1)
    return {
        n: (count, int(one) * second, int(two) * second)
        for n, count, one, two in _lines(*days, ends=len(ends), departments=departments)
    }


def _of_rows(
    user: User,
    ends: list[datetime.datetime],
    spans: list[Period],
    *,
    access: AccessShape,
    is_outside: bool,
) -> dict[int, Sums]:
    """By the number of the period, row by row."""
    moments = (*ends, *chain(*spans))
    found = _rows(user.pk, *moments, ends=len(ends), access=access, is_outside=is_outside)
    return {n: (count, one or NOTHING[1], two or NOTHING[2]) for n, count, one, two in found}


@prepared
def _lines(
    *days: datetime.date, ends: int, departments: tuple[int, ...] | None
) -> QuerySet[Any, Any]:
    lines: Any = TotalLine.objects.filter(_within("day_on", days[ends:]), stage=Stage.CLOSING)
    if departments is not None:
        lines = lines.filter(department_id__in=departments)
    sums: QuerySet[Any, Any] = _by_period(lines, "day_on", days[:ends]).annotate(
        requests=Sum("count"), approve=Sum("seconds_to_approve"), pay=Sum("seconds_to_pay")
    )
    return sums


@prepared
def _rows(
    person: int, *moments: datetime.datetime, ends: int, access: AccessShape, is_outside: bool
) -> QuerySet[Any, Any]:
    rows: Any = PaymentRequest.objects.filter(_within("closed_at", moments[ends:]))
    if is_outside:
        rows = rows.filter(PaymentRequest.objects.access_as(person, access).outside())
    else:
        rows = rows.visible_as(person, access)
    sums: QuerySet[Any, Any] = _by_period(
        rows.filter(status=Status.PAID), "closed_at", moments[:ends]
    ).annotate(
        requests=Count("pk"),
        approve=Sum(_between("submitted_at", "approved_at")),
        pay=Sum(_between("approved_at", "closed_at")),
    )
    return sums


def _within(column: str, bounds: Sequence[Any]) -> Q:
    """In any of the spans whose beginnings and ends take turns; the end is outside."""
    spans = Q(pk=None)
    for since, until in zip(bounds[::2], bounds[1::2], strict=True):
        spans |= Q(**{f"{column}__gte": since, f"{column}__lt": until})
    return spans


def _by_period(rows: Any, column: str, ends: Sequence[Any]) -> Any:
    """Grouped by the number of the first period whose end lies after the row."""
    number = Case(*(When(Q(**{f"{column}__lt": end}), then=Value(n)) for n, end in enumerate(ends)))
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

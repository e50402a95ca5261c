"""How requests move: what has stood still, and how long the way from sending to payment takes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum

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


def pace(
    user: User,
    *,
    since: datetime.datetime,
    until: datetime.datetime,
    access: Access | None = None,
) -> Pace:
    """Averages over what was paid in [since, until), of what the person may see.

    From the running totals, which know whole days in UTC; the hours before the first of them and after the
    last, and what the person sees outside of their departments, are looked at row by row.
    """
    access = access or PaymentRequest.objects.access_of(user)
    first, last = _next_midnight(since), _midnight(until)
    rows: Any = PaymentRequest.objects.filter(
        status=Status.PAID, closed_at__gte=since, closed_at__lt=until
    )
    if first >= last:
        return _added(_of_rows(rows.visible_to(user, access)))
    lines = TotalLine.objects.filter(
        stage=Stage.CLOSING, day_on__gte=first.date(), day_on__lt=last.date()
    )
    edges = rows.filter(Q(closed_at__lt=first) | Q(closed_at__gte=last))
    found = [_of_rows(edges.visible_to(user, access))]
    if not user.sees_everything:
        lines = lines.filter(department_id__in=access.departments)
        whole_days = rows.filter(closed_at__gte=first, closed_at__lt=last)
        found.append(_of_rows(whole_days.filter(access.outside())))
    return _added(_of_lines(lines), *found)


# Of requests: their number, and how long both halves of their ways took together.
Sums = tuple[int, datetime.timedelta, datetime.timedelta]


def _of_lines(lines: QuerySet[TotalLine]) -> Sums:
    found = lines.aggregate(Sum("count"), Sum("seconds_to_approve"), Sum("seconds_to_pay"))
    approve, pay = (found[f"seconds_to_{half}__sum"] or 0 for half in ("approve", "pay"))
    seconds = datetime.timedelta(seconds=1)
    return found["count__sum"] or 0, int(approve) * seconds, int(pay) * seconds


def _of_rows(rows: QuerySet[PaymentRequest]) -> Sums:
    found: dict[str, Any] = rows.order_by().aggregate(
        requests=Count("pk"),
        approve=Sum(_between("submitted_at", "approved_at")),
        pay=Sum(_between("approved_at", "closed_at")),
    )
    nothing = datetime.timedelta()
    return found["requests"], found["approve"] or nothing, found["pay"] or nothing


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

"""How requests move: what has stood still, and how long the way from sending to payment takes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q

from approvals.models import PaymentRequest, PaymentRequestQuerySet
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


def stuck(user: User, *, now: datetime.datetime) -> PaymentRequestQuerySet:
    """What was sent and has waited for one and the same person too long, the longest first.

    What is approved and planned for a later day waits for its day, not for accounting.
    """
    waits = Q(status=Status.ON_APPROVAL) | Q(
        status=Status.APPROVED, planned_on__lt=(now - STUCK_AFTER).date()
    )
    return (
        PaymentRequest.objects.visible_to(user)
        .filter(waits, waiting_since__lt=now - STUCK_AFTER)
        .order_by("waiting_since", "pk")
    )


def pace(user: User, *, since: datetime.datetime, until: datetime.datetime) -> Pace:
    """Averages over what was paid in [since, until), of what the person may see. One query."""
    found: dict[str, Any] = (
        PaymentRequest.objects.visible_to(user)
        .filter(status=Status.PAID, closed_at__gte=since, closed_at__lt=until)
        .order_by()
        .aggregate(
            requests=Count("pk"),
            approve=Avg(_between("submitted_at", "approved_at")),
            pay=Avg(_between("approved_at", "closed_at")),
        )
    )
    return Pace(found["requests"], found["approve"], found["pay"])


def _between(first: str, second: str) -> ExpressionWrapper[Any]:
    return ExpressionWrapper(F(second) - F(first), output_field=DurationField())

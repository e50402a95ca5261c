"""What waits, what failed and who is at work, in numbers: for machines that watch and for the doctor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from outbox.models import Heartbeat
from outbox.services import due_rows


@dataclass(frozen=True)
class Backlog:
    """The rows of one kind that are still to be acted on, and those that failed.

    `due` may be acted on now and nobody does, the longest of them since `due_since`; `waiting` is all that is
    still to be done, the oldest written at `oldest_at`. `failures` counts rows by outcome ('retrying' or
    'gave_up') and reason, both short codes.
    """

    kind: str
    due: int
    due_since: datetime | None
    waiting: int
    oldest_at: datetime | None
    failures: dict[tuple[str, str], int]


def backlog(
    kind: str,
    rows: QuerySet[Any],
    *,
    written_at: str,
    gave_up: Q,
    codes: Mapping[str, str],
) -> Backlog:
    """Count `rows` of a model of IntentRow's; `written_at` names the field that their age is reckoned by."""
    now = timezone.now()
    waiting = rows.filter(next_try_at__isnull=False)
    counted: Counter[tuple[str, str]] = Counter()
    for outcome, failed in (
        ("retrying", waiting.exclude(last_error="")),
        ("gave_up", rows.filter(gave_up)),
    ):
        # In order of nothing: an ordering of the model's would split the groups.
        groups = failed.order_by().values_list("last_error").annotate(rows=Count("pk"))
        for text, number in groups:
            counted[outcome, code_of(text, codes)] += number
    due = due_rows(rows, now=now).aggregate(number=Count("pk"), since=Min("next_try_at"))
    return Backlog(
        kind=kind,
        due=due["number"],
        due_since=due["since"],
        waiting=waiting.count(),
        oldest_at=waiting.aggregate(oldest=Min(written_at))["oldest"],
        failures=dict(counted),
    )


def codes_of(reasons: Mapping[str, Any]) -> dict[str, str]:
    """Text -> code of a module of reasons: NO_ANSWER = 'The mail server …' is 'no_answer'."""
    return {text: name.lower() for name, text in reasons.items() if name.isupper()}


def code_of(text: str, codes: Mapping[str, str]) -> str:
    """A reason as a label; of what a mail server said only its number, for it may name an address."""
    if text in codes:
        return codes[text]
    return f"smtp_{text[:3]}" if text[:3].isdecimal() and text[:3].isascii() else "other"


def last_seen() -> dict[str, timedelta]:
    """Process -> how long ago it said that it works, by the database's clock alone."""
    age = ExpressionWrapper(Now() - F("seen_at"), output_field=DurationField())
    found = Heartbeat.objects.annotate(age=age).values_list("name", "age")
    return {name: max(passed, timedelta()) for name, passed in found}

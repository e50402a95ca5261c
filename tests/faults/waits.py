"""Time that passes for rows that wait, and how long they would have waited."""

from __future__ import annotations

import datetime

from django.utils import timezone

from documents.models import Document, Folder
from notifications.models import Letter, Notice
from outbox.models import IntentRow


def time_passes() -> None:
    """As if whatever waits had waited long enough."""
    for model in (Folder, Document, Letter, Notice):
        model.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now())


def pause_of(row: IntentRow) -> float:
    """In how many minutes it is tried again."""
    row.refresh_from_db()
    assert row.next_try_at is not None
    return round((row.next_try_at - timezone.now()) / datetime.timedelta(minutes=1), 1)

"""What waits and what failed, counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.tests import builders
from approvals.tests.builders import World
from documents import reasons as filing_reasons
from documents import selectors as documents
from documents.models import Document, Folder
from notifications import reasons, selectors
from notifications.models import Letter, Notice
from outbox import services as outbox
from outbox.models import Heartbeat
from outbox.selectors import Backlog, last_seen
from outbox.tasks import heartbeat
from tests.worker import work


def by_kind() -> dict[str, Backlog]:
    return {found.kind: found for found in [*documents.backlogs(), *selectors.backlogs()]}


def test_all_is_done(world: World) -> None:
    builders.paid(world)
    work()
    # For later: notices of the morning, a sheet whose approval might still be undone.
    for model in (Notice, Document):
        model._default_manager.filter(next_try_at__gt=timezone.now()).update(next_try_at=None)

    for found in by_kind().values():
        assert (found.due, found.waiting, found.oldest_at) == (0, 0, None), found


def test_what_waits_is_counted_with_its_age(world: World) -> None:
    builders.paid(world)
    letter = Letter.objects.get()
    now = timezone.now()
    before = now - timedelta(hours=3)
    Letter.objects.update(created_at=before, next_try_at=now + timedelta(minutes=1))
    Document.objects.update(next_try_at=now)
    document = Document.objects.first()
    assert document
    outbox.claim(Document, document.pk)

    found = by_kind()
    assert (found["letter"].due, found["letter"].waiting) == (0, 1)
    assert found["letter"].oldest_at == before
    documents_there = Document.objects.count()
    assert (found["document"].due, found["document"].waiting) == (
        documents_there - 1,
        documents_there,
    )
    assert found["folder"].due == Folder.objects.count()
    assert letter.state == "queued"


def test_failures_are_counted_by_reason_and_name_no_address(world: World) -> None:
    for _time in range(3):
        builders.paid(world)
    work()
    first, second, third = Letter.objects.order_by("pk")
    failed = {"state": "failed", "next_try_at": None}
    refused = "550 5.1.1 nosova@kancverba.example: user unknown"
    Letter.objects.filter(pk=first.pk).update(last_error=refused, **failed)
    Letter.objects.filter(pk=second.pk).update(last_error=reasons.FILE_LATE, **failed)
    Letter.objects.filter(pk=third.pk).update(
        state="queued", next_try_at=timezone.now(), last_error=reasons.NO_ANSWER
    )
    wrong = {"last_error": filing_reasons.FILE_CHANGED, "next_try_at": None}
    Document.objects.update(state="fault", stored_at=None, **wrong)

    found = by_kind()
    assert found["letter"].failures == {
        ("gave_up", "smtp_550"): 1,
        ("gave_up", "file_late"): 1,
        ("retrying", "no_answer"): 1,
    }
    assert found["document"].failures == {("gave_up", "file_changed"): Document.objects.count()}


@pytest.mark.django_db
def test_who_was_seen_when() -> None:
    assert last_seen() == {}

    outbox.say_alive("beat")
    heartbeat()
    heartbeat()
    Heartbeat.objects.filter(name="beat").update(seen_at=timezone.now() - timedelta(minutes=5))

    seen = last_seen()
    assert set(seen) == {"beat", "worker"}
    assert timedelta(0) <= seen["worker"] < timedelta(seconds=5)
    assert timedelta(seconds=299) < seen["beat"] < timedelta(seconds=305)

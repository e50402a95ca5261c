"""The outbox on a real row: claims are leases, outcomes need a claim, wake-ups never hurt.

The room itself has no table, so a folder stands in for any row that must be acted on.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery, Task
from django.db import connection, transaction
from django.utils import timezone

from documents.models import Folder
from outbox import services as outbox
from outbox import trace

NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


def promise(name: str = "folder", at: datetime = NOW) -> Folder:
    return Folder.objects.create(
        public_id=name, name=name, path=name, created_at=NOW, next_try_at=at
    )


def fresh(row: Folder) -> Folder:
    return Folder.objects.get(pk=row.pk)


@pytest.mark.django_db
class TestClaims:
    def test_a_row_is_claimed_once(self) -> None:
        row = promise()

        claimed = outbox.claim(Folder, row.pk, now=NOW)

        assert claimed is not None
        assert (claimed.attempts, claimed.claimed_at) == (1, NOW)
        assert outbox.claim(Folder, row.pk, now=NOW) is None

    def test_a_row_that_is_not_due_is_not_claimed(self) -> None:
        row = promise(at=NOW + timedelta(seconds=30))

        assert outbox.claim(Folder, row.pk, now=NOW) is None
        assert outbox.claim(Folder, row.pk, now=NOW + timedelta(seconds=29.5)) is not None

    def test_a_row_with_nothing_to_do_is_not_claimed(self) -> None:
        row = promise()
        Folder.objects.update(next_try_at=None)

        assert outbox.claim(Folder, row.pk, now=NOW) is None
        assert outbox.claim(Folder, 0, now=NOW) is None

    def test_a_claim_that_ran_out_goes_to_the_next_and_the_first_can_write_nothing(self) -> None:
        row = promise()
        first = outbox.claim(Folder, row.pk, now=NOW)
        second = outbox.claim(Folder, row.pk, now=NOW + outbox.LEASE)
        assert first is not None
        assert second is not None
        assert second.attempts == 2

        assert not outbox.finish(first, state="fault")
        assert not outbox.retry(first, at=NOW, error="late")
        assert not outbox.not_yet(first)
        assert not outbox.give_up(first, error="late")
        assert outbox.finish(second, state="ready")
        assert fresh(row).state == "ready"

    def test_an_outcome_is_written_once(self) -> None:
        claimed = outbox.claim(Folder, promise().pk, now=NOW)
        assert claimed is not None

        assert outbox.finish(claimed)
        assert not outbox.finish(claimed)

    def test_a_row_that_nobody_claimed_has_no_outcome(self) -> None:
        assert not outbox.finish(promise(), state="ready")


@pytest.mark.django_db
class TestOutcomes:
    @pytest.fixture
    def claimed(self) -> Folder:
        row = outbox.claim(Folder, promise().pk, now=NOW)
        assert row is not None
        return row

    def test_finish(self, claimed: Folder) -> None:
        outbox.finish(claimed, state="ready")

        row = fresh(claimed)
        assert (row.state, row.next_try_at, row.claim_id, row.last_error) == (
            "ready",
            None,
            None,
            "",
        )
        assert claimed.state == "ready"

    def test_retry(self, claimed: Folder) -> None:
        later = NOW + timedelta(minutes=1)
        outbox.retry(claimed, at=later, error="e" * 900)

        row = fresh(claimed)
        assert (row.next_try_at, row.attempts, row.claim_id) == (later, 1, None)
        assert row.last_error == "e" * 500

    def test_not_yet_is_no_attempt(self, claimed: Folder) -> None:
        outbox.not_yet(claimed, now=NOW)

        row = fresh(claimed)
        assert (row.next_try_at, row.attempts) == (NOW + timedelta(seconds=2), 0)

    def test_give_up(self, claimed: Folder) -> None:
        outbox.give_up(claimed, error="no", state="fault")

        row = fresh(claimed)
        assert (row.next_try_at, row.last_error, row.state) == (None, "no", "fault")

    def test_the_last_attempt_gives_up(self) -> None:
        row = promise()
        waits = []
        for _attempt in range(outbox.MAX_ATTEMPTS):
            Folder.objects.update(next_try_at=NOW)
            claimed = outbox.claim(Folder, row.pk, now=NOW)
            assert claimed is not None
            outbox.retry_or_give_up(claimed, error="no", now=NOW, state="fault")
            waits.append(fresh(row).next_try_at)

        minutes = [0.5, 1, 2, 5, 10, 30, 60]
        assert waits == [*(NOW + timedelta(minutes=wait) for wait in minutes), None]
        assert fresh(row).state == "fault"

    def test_the_backoff_grows_to_two_hours_and_no_further(self) -> None:
        assert outbox.backoff(0) == outbox.backoff(1) == timedelta(seconds=30)
        assert outbox.backoff(8) == outbox.backoff(99) == timedelta(hours=2)


@pytest.mark.django_db
def test_due_is_what_has_come_and_nobody_holds() -> None:
    now = timezone.now()
    late, early = promise("late", now), promise("early", now - timedelta(hours=1))
    promise("future", now + timedelta(minutes=1))
    held, lost = promise("held", now), promise("lost", now)
    outbox.claim(Folder, held.pk)
    outbox.claim(Folder, lost.pk)
    Folder.objects.filter(pk=lost.pk).update(claimed_at=now - outbox.LEASE)

    assert outbox.due(Folder, now=now) == [early.pk, late.pk, lost.pk]
    assert outbox.due(Folder, now=now, limit=1) == [early.pk]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_eight_workers_claim_one_row_and_one_has_it() -> None:
    row = promise()
    start = threading.Barrier(8)
    won: list[Folder] = []

    def work() -> None:
        try:
            start.wait(timeout=10)
            if (claimed := outbox.claim(Folder, row.pk, now=NOW)) is not None:
                won.append(claimed)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    assert fresh(row).attempts == 1


# --- Waking --------------------------------------------------------------------------------


@pytest.fixture
def loud() -> Iterator[None]:
    """No quiet left over from another test's dead broker, and none left behind."""
    outbox._quiet_until = 0.0
    yield
    outbox._quiet_until = 0.0


def task_on(broker: str) -> Task:
    app = Celery("test", broker=broker, set_as_current=False)

    @app.task(name="test.task", shared=False)
    def task(pk: int) -> None:
        """Nobody runs it."""

    return task


@pytest.fixture
def dead_end() -> Iterator[str]:
    """Where nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{closed.getsockname()[1]}/0"


@pytest.fixture
def tar_pit() -> Iterator[str]:
    """A server that takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("broker", ["dead_end", "tar_pit"])
def test_a_dead_broker_costs_a_page_a_second_once(
    loud: None, broker: str, request: pytest.FixtureRequest
) -> None:
    task = task_on(request.getfixturevalue(broker))

    begin = time.monotonic()
    with transaction.atomic():
        row = promise()
        outbox.wake(task, row.pk)
    first = time.monotonic() - begin
    with transaction.atomic():
        for _time in range(50):
            outbox.wake(task, row.pk)
    others = time.monotonic() - begin - first

    assert fresh(row) == row
    assert first < 1.5
    assert others < 0.2
    assert 5 < outbox._quiet_until - time.monotonic() <= 10


@pytest.mark.django_db(transaction=True)
def test_after_the_quiet_the_broker_is_tried_again(loud: None, dead_end: str) -> None:
    outbox.wake(task_on(dead_end), 1)
    quiet = outbox._quiet_until
    assert quiet
    outbox._quiet_until = time.monotonic() - 1

    outbox.wake(task_on(dead_end), 1)

    assert outbox._quiet_until > quiet - 1


@pytest.mark.django_db(transaction=True)
def test_a_task_is_woken_after_the_commit_and_only_then(loud: None) -> None:
    task = task_on("memory://wake")
    queue = task.app.connection_for_write(transport_options=outbox.BROKER_OPTIONS).SimpleQueue(
        "celery"
    )
    queue.clear()

    with transaction.atomic():
        outbox.wake(task, 7)
        assert queue.qsize() == 0
    assert queue.qsize() == 1
    assert queue.get(block=False).payload[0] == [7]

    with transaction.atomic():
        outbox.wake(task, 7)
        transaction.set_rollback(True)
    assert queue.qsize() == 0
    queue.close()


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_task_is_woken_through_a_real_broker(loud: None, settings) -> None:
    task = task_on(os.environ["BROKER_URL"])
    task.app.conf.task_default_queue = "test-outbox"
    with task.app.connection_for_write() as broker:
        queue = broker.SimpleQueue("test-outbox")
        queue.clear()

        with trace.following("the-request"):
            outbox.wake(task, 7, countdown=2)

        message = queue.get(timeout=2)
        assert message.payload[0] == [7]
        assert message.headers["eta"]
        assert message.headers["request_id"] == "the-request"
        message.ack()
        queue.close()

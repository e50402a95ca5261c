"""Acting on a row after the transaction that wrote it: wake a task, claim the row, say how it went.

The row is the truth. A wake-up may be lost (the broker is down) and a task may run twice or die in the
middle: a claim is a lease with an id of its own, every outcome is written only while that claim still
holds, and `due` finds what was missed.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, TypeVar

from celery import Task
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from kombu.pools import producers

from outbox import trace
from outbox.models import Heartbeat, IntentRow

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=IntentRow)

MAX_ATTEMPTS = 8
LEASE = timedelta(minutes=5)
BACKOFF = [
    timedelta(seconds=30),
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30, 60, 120)),
]
# The clocks of two machines differ a little: a row that is due in a moment is due.
CLOCK_SKEW = timedelta(seconds=1)
# A broker that does not answer costs one page a third of a second, as the cache does, and then nobody
# anything for a while: what was not woken is found by the sweepers.
QUIET_SECONDS = 10.0
BROKER_OPTIONS = {
    "socket_connect_timeout": 0.3,
    "socket_timeout": 0.3,
    "max_retries": 0,
    "connect_retries_timeout": 0.3,
}

_quiet_until = 0.0
_nobody_is_woken: ContextVar[bool] = ContextVar("nobody_is_woken", default=False)


def wake(task: Task[Any, Any], pk: int, *, countdown: float | None = None) -> None:
    """Have `task(pk)` run soon after this transaction commits; at best an attempt, and never an error."""
    if _nobody_is_woken.get():
        return
    # A lambda: Django's robust callbacks crash in their own error log on a functools.partial.
    transaction.on_commit(lambda: _send(task, pk, countdown), robust=True)


@contextmanager
def without_waking() -> Iterator[None]:
    """Nobody is woken inside: the caller does what is due itself, or leaves it to the sweeper."""
    token = _nobody_is_woken.set(True)
    try:
        yield
    finally:
        _nobody_is_woken.reset(token)


def claim(
    model: type[Row],
    pk: int,
    *,
    now: datetime | None = None,
    lease: timedelta = LEASE,
    **only: Any,
) -> Row | None:
    """Take a due row for as long as `lease`; None when it is not due or somebody else has it.

    A lease is reckoned by the database's clock alone: a machine whose clock jumps takes nothing from another.
    `now` stands for both clocks. `only` are conditions on its columns: a row whose kind of work has changed
    meanwhile is not taken.
    """
    due_by = (now or timezone.now()) + CLOCK_SKEW
    claim_id = uuid.uuid4()
    taken = (
        model._default_manager.filter(pk=pk, next_try_at__lte=due_by, **only)
        .filter(_unclaimed(now or Now(), lease))
        .update(claim_id=claim_id, claimed_at=now or Now(), attempts=models.F("attempts") + 1)
    )
    return model._default_manager.filter(pk=pk, claim_id=claim_id).first() if taken else None


def still_mine(row: IntentRow) -> bool:
    """Whether the claim of this row holds: to be asked before what cannot be taken back."""
    return type(row)._default_manager.filter(pk=row.pk, claim_id=row.claim_id).exists()


def is_held(row: IntentRow) -> bool:
    """Whether somebody acts on it now."""
    it = type(row)._default_manager.filter(pk=row.pk)
    return it.exclude(_unclaimed(Now(), LEASE)).exists()


def finish(row: IntentRow, **fields: Any) -> bool:
    """Nothing more is due. False: the claim was lost meanwhile, and nothing was written."""
    return _write(row, **{"next_try_at": None, "last_error": "", **fields})


def retry(row: IntentRow, *, at: datetime, error: str, **fields: Any) -> bool:
    """It failed and is tried again `at`. False: the claim was lost."""
    return _write(row, next_try_at=at, last_error=error[:500], **fields)


def next_step(row: IntentRow, *, now: datetime | None = None, **fields: Any) -> bool:
    """One step is done and another is due at once, with tries of its own. False: the claim was lost."""
    at = now or timezone.now()
    return _write(row, next_try_at=at, attempts=0, **{"last_error": "", **fields})


def not_yet(
    row: IntentRow,
    *,
    delay: timedelta = timedelta(seconds=2),
    now: datetime | None = None,
    **fields: Any,
) -> bool:
    """It waits for something else, which is no failed attempt. False: the claim was lost."""
    at = (now or timezone.now()) + delay
    return _write(row, next_try_at=at, attempts=max(row.attempts - 1, 0), **fields)


def give_up(row: IntentRow, *, error: str, **fields: Any) -> bool:
    """It failed for good: somebody must look. False: the claim was lost."""
    return _write(row, next_try_at=None, last_error=error[:500], **fields)


def retry_or_give_up(
    row: IntentRow, *, error: str, now: datetime | None = None, **at_the_end: Any
) -> bool:
    """Try again after the backoff, or, after the last attempt, give up and set `at_the_end`."""
    if row.attempts >= MAX_ATTEMPTS:
        return give_up(row, error=error, **at_the_end)
    return retry(row, at=(now or timezone.now()) + backoff(row.attempts), error=error)


def due(model: type[IntentRow], *, now: datetime, limit: int = 100, **only: Any) -> list[int]:
    """Primary keys of what should be acted on now, longest due first; `only` as for `claim`."""
    rows = due_rows(model._default_manager.filter(**only), now=now)
    return list(rows.order_by("next_try_at", "pk").values_list("pk", flat=True)[:limit])


def due_rows(rows: models.QuerySet[Row], *, now: datetime) -> models.QuerySet[Row]:
    """Of `rows` those that should be acted on now and that nobody holds."""
    return rows.filter(next_try_at__lte=now).filter(_unclaimed(Now(), LEASE))


def say_alive(name: str) -> None:
    """Write that a process of this kind works now."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, seen_at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["seen_at"],
    )


def backoff(attempts: int) -> timedelta:
    """How long to wait after that many attempts: from 30 seconds to two hours."""
    return BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]


def _unclaimed(now: datetime | Now, lease: timedelta) -> models.Q:
    return models.Q(claim_id__isnull=True) | models.Q(claimed_at__lte=now - lease)


def _write(row: IntentRow, **fields: Any) -> bool:
    """Write an outcome and let go of the claim, if it is still ours; the instance follows the row."""
    values = {"claim_id": None, "claimed_at": None, **fields}
    mine = type(row)._default_manager.filter(pk=row.pk, claim_id=row.claim_id)
    if row.claim_id is None or not mine.update(**values):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    return True


def _send(task: Task[Any, Any], pk: int, countdown: float | None) -> None:
    global _quiet_until
    if monotonic() < _quiet_until:
        return
    options: dict[str, Any] = {"headers": {trace.HEADER: trace.current()}}
    if countdown is not None:
        options["countdown"] = countdown
    try:
        if task.app.conf.task_always_eager:
            task.apply_async((pk,), **options)
            return
        # Not the application's own pool: kombu's defaults would hang a page for seconds.
        connection = task.app.connection_for_write(transport_options=BROKER_OPTIONS)
        with producers[connection].acquire(block=True, timeout=1) as producer:
            task.apply_async((pk,), producer=producer, retry=False, **options)
    except Exception as error:
        _quiet_until = monotonic() + QUIET_SECONDS
        logger.warning(
            "outbox.wake_failed", extra={"task": task.name, "pk": pk, "error": type(error).__name__}
        )

"""Saying that a worker works."""

from __future__ import annotations

from celery import shared_task

from outbox import services


@shared_task(name="outbox.heartbeat")
def heartbeat() -> None:
    """That this row is fresh proves the scheduler, the broker, a worker and the database at once."""
    services.say_alive("worker")

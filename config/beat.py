"""The scheduler, which says that it is there: a process that only sends is seen by nobody otherwise."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any

from celery.beat import PersistentScheduler
from django.conf import settings
from django.db import DatabaseError, connections

from outbox import services as outbox

logger = logging.getLogger(__name__)

EVERY = 30.0  # seconds; a tick comes at least as often as the sweepers do


class Scheduler(PersistentScheduler):
    """Celery's own, with a sign of life: a row that doctor and metrics read, a file that Docker looks at."""

    said_at = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; how long to sleep, in seconds."""
        if monotonic() - self.said_at >= EVERY:
            self.said_at = monotonic()
            self.say_alive()
        return float(super().tick(*args, **kwargs))

    def say_alive(self) -> None:
        """A database that does not answer is not the scheduler's fault and does not end it."""
        (settings.DATA_DIR / "beat-alive").touch()
        try:
            outbox.say_alive("beat")
        except DatabaseError as error:
            logger.warning("beat.not_noted", extra={"error": type(error).__name__})
        finally:
            connections.close_all()

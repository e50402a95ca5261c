"""Whether the program lives, and whether the parts it leans on answer. Public, so no details."""

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from amqp.exceptions import ChannelError
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import OperationalError

from config.celery import app

ANSWER_KEPT = 5.0  # seconds: a public page must not become a way to load the parts behind it


class UnmigratedError(Exception):
    """The database lacks tables or columns that this program expects."""


class _Database:
    """It answers, and has the tables of this program: a new version waits for its migrations."""

    migrated = False

    def __call__(self) -> None:
        """Raise when it is not ready."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        # Once there, tables stay: the files of all migrations are read at the first questions only.
        if not self.migrated:
            if unapplied_migrations():
                raise UnmigratedError
            self.migrated = True


def unapplied_migrations() -> list[str]:
    """What `manage.py migrate` would still do, as 'app.name', in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def _broker() -> None:
    with broker_connection() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)


def broker_connection() -> Connection:
    """To the broker, for a question that waits a second for its answer."""
    return app.connection_for_write(connect_timeout=1)


def waiting_messages() -> int | None:
    """How many wake-ups wait in the broker for a worker; None when it does not say."""
    with broker_connection() as broker:
        failures: tuple[type[BaseException], ...] = (OperationalError,)
        failures += broker.recoverable_connection_errors
        try:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
            channel: Any = broker.default_channel
            name = app.conf.task_default_queue
            return int(channel.queue_declare(name, passive=True).message_count)
        except ChannelError:  # nobody was woken yet
            return 0
        except failures:
            return None


def _storage() -> None:
    if settings.USES_S3:
        storage: Any = default_storage
        storage.bucket.meta.client.head_bucket(Bucket=storage.bucket_name)
    else:
        folder = settings.DATA_DIR / "storage"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        trial = folder / f".readyz-{uuid4().hex}"
        trial.touch()
        trial.unlink()


class Readiness:
    """What the parts said last, asked again when that is older than ANSWER_KEPT."""

    def __init__(self, parts: dict[str, Callable[[], None]]) -> None:
        self.parts = parts
        self.lock = threading.Lock()
        self.asked_at = -ANSWER_KEPT
        self.answers: dict[str, bool] = {}

    def ask(self) -> dict[str, bool]:
        """Part -> whether it answered; one caller asks, the others wait for the same answer."""
        with self.lock:
            if time.monotonic() - self.asked_at >= ANSWER_KEPT:
                self.answers = {name: self._answers(part) for name, part in self.parts.items()}
                self.asked_at = time.monotonic()
            return self.answers

    def _answers(self, part: Callable[[], None]) -> bool:
        # Each part's client has errors of its own, and any of them means the same here.
        try:
            part()
        except Exception:
            return False
        return True


readiness = Readiness({"database": _Database(), "broker": _broker, "storage": _storage})


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The web process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, broker and storage answer; 503 and which of them do not."""
    answers = readiness.ask()
    words = {name: "ok" if good else "down" for name, good in answers.items()}
    return JsonResponse(words, status=200 if all(answers.values()) else 503)

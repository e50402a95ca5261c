"""Whether the program lives, and whether the parts it leans on answer. Public, so no details."""

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.celery import app

ANSWER_KEPT = 5.0  # seconds: a public page must not become a way to load the parts behind it


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    with app.connection_for_write(connect_timeout=1) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)


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


readiness = Readiness({"database": _database, "broker": _broker, "storage": _storage})


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

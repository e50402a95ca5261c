"""Numbers for Prometheus at /metrics, for whoever knows METRICS_TOKEN; without one there is no such page.

What waits, what failed and who is at work is read from the database when it is asked for; only the times of
pages are measured as they go.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.health import readiness, waiting_messages
from documents import selectors as documents
from notifications import selectors as notifications
from outbox.selectors import Backlog, last_seen


def prometheus() -> Any:
    """The optional part: not imported, nor any file made, where nobody asks for metrics."""
    from config import prometheus

    return prometheus


def note(view: str, method: str, status: int, seconds: float) -> None:
    """One answered request, where somebody asks for metrics."""
    if settings.METRICS_TOKEN:
        prometheus().observe(view, method, status, seconds)


@login_not_required
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers; 404 when they are switched off, 401 without the token."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
        refused = HttpResponse("METRICS_TOKEN?\n", status=401, content_type="text/plain")
        refused["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return refused
    body = prometheus().exposition(gauges(timezone.now()))
    return HttpResponse(body, content_type="text/plain; version=0.0.4; charset=utf-8")


def gauges(now: datetime) -> list[Any]:
    """What is so at this moment; a part that does not answer leaves out what only it knows."""
    gauge = prometheus().gauge
    answers = readiness.ask()
    up = {(part,): float(good) for part, good in answers.items()}
    found = [gauge("up", "Whether a part answers (1) or not (0)", ["part"], up)]
    if answers.get("broker") and (messages := waiting_messages()) is not None:
        text = "Wake-ups that no worker has taken yet"
        found.append(gauge("broker_messages", text, [], {(): float(messages)}))
    if answers.get("database"):
        try:
            found += _of_rows([*documents.backlogs(), *notifications.backlogs()], now)
            ages = {(name,): age.total_seconds() for name, age in last_seen().items()}
        except DatabaseError:
            return found
        text = "Seconds since a process of this kind said that it works"
        found.append(gauge("last_seen_seconds", text, ["process"], ages))
    return found


def _of_rows(backlogs: list[Backlog], now: datetime) -> list[Any]:
    gauge = prometheus().gauge

    def age(moment: datetime | None) -> float:
        return max((now - moment).total_seconds(), 0.0) if moment else 0.0

    by_kind = {(b.kind,): b for b in backlogs}
    return [
        gauge(
            "outbox_due",
            "Rows that could be acted on now and that nobody acts on",
            ["kind"],
            {key: float(b.due) for key, b in by_kind.items()},
        ),
        gauge(
            "outbox_waiting",
            "Rows that are still to be acted on, now or later",
            ["kind"],
            {key: float(b.waiting) for key, b in by_kind.items()},
        ),
        gauge(
            "outbox_oldest_seconds",
            "Age of the oldest row that is still to be acted on; 0 when there is none",
            ["kind"],
            {key: age(b.oldest_at) for key, b in by_kind.items()},
        ),
        gauge(
            "outbox_failures",
            "Rows that failed and are tried again (retrying) or not (gave_up), by reason",
            ["kind", "outcome", "reason"],
            {
                (b.kind, outcome, reason): float(number)
                for b in backlogs
                for (outcome, reason), number in b.failures.items()
            },
        ),
    ]

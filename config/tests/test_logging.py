"""Log lines carry events and ids, and nothing that people typed."""

import json
import logging
import sys

from django.test import RequestFactory
from django.urls import resolve

from config.logging import JsonFormatter


def line(**record: object) -> dict[str, object]:
    """The line of a record made from these parts."""
    made = logging.makeLogRecord({"name": "documents.tasks", "levelname": "INFO", **record})
    return dict(json.loads(JsonFormatter().format(made)))


def test_an_event_and_its_ids() -> None:
    assert (
        line(msg="document.stored", document=5).items()
        >= {"event": "document.stored", "document": 5}.items()
    )


def test_an_exception_without_its_message() -> None:
    try:
        raise ValueError("40702810799990000101")
    except ValueError:
        written = line(msg="letter.failed", exc_info=sys.exc_info())

    assert written["exception"] == "builtins.ValueError"
    assert "40702810799990000101" not in json.dumps(written)


def test_a_failed_task_without_the_words_of_its_error() -> None:
    written = line(
        name="celery.app.trace",
        msg="Task %(name)s[%(id)s] %(description)s: %(exc)s",
        args={"name": "documents.file", "id": "1-2", "description": "raised", "exc": "407028106"},
        data={"name": "documents.file", "id": "1-2", "exc": "407028106"},
    )

    assert written.items() >= {"event": "task", "task": "documents.file", "task_id": "1-2"}.items()
    assert "407028106" not in json.dumps(written)


def test_a_request_by_its_route_and_not_by_its_path() -> None:
    request = RequestFactory().get("/s/secret-token/")
    request.resolver_match = resolve("/healthz")
    written = line(
        msg="Not Found: %s", args=("/s/secret-token/",), request=request, status_code=404
    )

    assert (
        written.items() >= {"event": "http.error", "route": "healthz", "status_code": 404}.items()
    )
    assert "secret-token" not in json.dumps(written)

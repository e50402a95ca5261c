"""Log lines carry events and ids, and nothing that people typed."""

import json
import logging
import sys
from pathlib import Path

import pytest
from django.test import RequestFactory
from django.urls import resolve

from config.logging import JsonFormatter
from outbox import trace


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

    assert written.items() >= {"event": "http.error", "route": "healthz", "status": 404}.items()
    assert "secret-token" not in json.dumps(written)


@pytest.mark.parametrize(
    "words", ["Retrying (%r) after connection broken by '%r': %s", "%s", "Invalid key: %(key)s"]
)
def test_of_others_sentences_the_values_are_left_out(words: str) -> None:
    values = {"key": "40702810"} if "(key)" in words else ("40702810",) * words.count("%")
    written = line(name="urllib3.connectionpool", msg=words, args=values, extra_fact="40702810")

    assert "40702810" not in json.dumps(written)
    assert written["event"] in {words, "urllib3.connectionpool"}


def test_what_others_put_together_themselves_is_left_out() -> None:
    written = line(name="weasyprint", msg="Cannot read 'Счёт № 643.pdf'")

    assert written["event"] == "weasyprint"
    assert "643" not in json.dumps(written, ensure_ascii=False)


def test_how_the_servers_are_is_said_in_their_words() -> None:
    written = line(name="celery.worker.consumer.consumer", msg="Cannot connect to %s", args=("x",))

    assert written["event"] == "Cannot connect to x"


def test_what_an_exception_came_from_is_named() -> None:
    try:
        try:
            raise KeyError("40702810")
        except KeyError as error:
            raise ValueError("40702810") from error
    except ValueError:
        written = line(msg="letter.failed", exc_info=sys.exc_info())

    assert written["causes"] == ["builtins.KeyError"]
    assert "40702810" not in json.dumps(written)


def test_an_error_of_the_system_keeps_its_number() -> None:
    try:
        Path("/nowhere/Счёт № 643.pdf").read_bytes()
    except OSError:
        written = line(msg="letter.failed", exc_info=sys.exc_info())

    assert written["errno"] == "ENOENT"
    assert "643" not in json.dumps(written, ensure_ascii=False)


def test_a_line_names_the_request_that_it_belongs_to() -> None:
    with trace.following("a-request"):
        assert line(msg="letter.sent")["request_id"] == "a-request"

    assert "request_id" not in line(msg="letter.sent")

"""The whole scenario leaves a log that says what happened, and nothing of what people typed."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage

from approvals.tests.builders import PASSWORD, World
from config.logging import JsonFormatter
from documents.models import Document, Folder, ShareLink
from documents.services import token_for
from tests import test_scenario_http as scenario
from tests.leaks import leaks
from tests.neighbour import Person

pytestmark = pytest.mark.once


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any logger says, down to the libraries' finest, as it would be printed."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in ("", *logging.root.manager.loggerDict)]
    before = {logger: logger.level for logger in loggers}
    logging.root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield text
    logging.root.removeHandler(handler)
    for logger, level in before.items():
        logger.setLevel(level)


def secrets() -> list[str]:
    """What the story and the database know and a log must not."""
    typed = [scenario.COMPANY, scenario.ACCOUNT, scenario.CONTACT]
    found = {value for fields in typed for name, value in fields.items() if len(value) > 5}
    found |= {value.replace(" ", "") for value in found}
    found |= {"49 050", "49050", "8845", "8 845", PASSWORD, settings.SECRET_KEY}
    found |= {token_for(link) for link in ShareLink.objects.all()}
    found |= set(Session.objects.values_list("session_key", flat=True))
    for document in Document.objects.select_related("folder"):
        found |= {document.original_name, document.stored_name, document.sha256}
    found |= set(Folder.objects.values_list("path", flat=True))
    return sorted(found - {"organisation"})


@pytest.fixture(autouse=True)
def _letters_are_files(settings: object) -> None:
    settings.EMAIL_BACKEND = "config.mail.EmlBackend"  # type: ignore[attr-defined]


def test_after_the_whole_scenario(world: World, log: io.StringIO) -> None:
    scenario.test_from_a_new_counterparty_to_a_letter_that_is_read(world)

    written = log.getvalue()
    lines = [json.loads(line) for line in written.splitlines()]
    events = {line["event"] for line in lines}
    assert {"http.request", "letter.sent", "notice.sent"} <= events
    pages = [line for line in lines if line["event"] == "http.request"]
    assert len(pages) > 40
    assert all(line["request_id"] and line["route"] is not None for line in pages)
    assert leaks(written, *secrets()) == []


def test_after_what_went_wrong(
    world: World,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Faults speak of paths, rows and arguments; the log keeps none of their words."""
    scenario.test_from_a_new_counterparty_to_a_letter_that_is_read(world)
    document = Document.objects.filter(kind="invoice").select_related("folder").get()
    manager = Person("manager")
    manager.client.raise_request_exception = False

    default_storage.delete(document.key)
    manager.fetch(f"/documents/{document.pk}/", 404)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"{document.key} of {scenario.CONTACT['email']}")

    monkeypatch.setattr("approvals.views.documents.downloads.response", broken)
    manager.fetch(f"/documents/{document.pk}/", 500)

    monkeypatch.setattr("documents.tasks._file", broken)
    again = {"state": "received", "next_try_at": document.uploaded_at}
    Document.objects.filter(pk=document.pk).update(**again)
    scenario.work()

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    by_event = {line["event"]: line for line in lines}
    assert by_event["http.error"]["exception"] == "builtins.RuntimeError"
    assert by_event["documents.download_failed"]["document_id"] == document.pk
    assert by_event["documents.filing_failed"]["exception"] == "builtins.RuntimeError"
    assert leaks(log.getvalue(), *secrets()) == []


@pytest.mark.parametrize(
    "line",
    [
        "melnik@chistoveya.example",
        '{"event": "Not Found: /s/AbCd-EfGh_1234/"}',
        "к оплате",
        "sum: 49 050.00",
        "RUB 12.00 руб",
        "40702810399990000212",
        '{"event": "letter.sent", "inn": "7799201128"}',
        "what the test names",
    ],
)
def test_a_leak_is_seen(line: str) -> None:
    assert leaks(line, "test names")


def test_what_is_meant_to_be_there_is_no_leak() -> None:
    lines = [
        '{"time": "2026-11-24T10:00:00.123+00:00", "event": "letter.sent", "letter_id": 1234}',
        '{"event": "task", "task_id": "0b5c4c3e-1111-4222-8333-123456789012", "seconds": 0.0123}',
        '{"event": "http.request", "route": "s/<str:token>/", "ms": 12, "status": 200}',
    ]

    assert leaks("\n".join(lines)) == []

"""The page of a database that is away: what it says, what it keeps, and what it never gives back."""

from __future__ import annotations

import sqlite3
import uuid
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.test import Client

from approvals.tests.builders import World, build_world
from audit.refusals import Conflict
from outbox.faults import Fault, fault_of
from tests.neighbour import Page, page_of

GONE = psycopg.OperationalError("server closed the connection unexpectedly")


def wrapped(cause: Exception, kind: type[Exception] = OperationalError) -> Exception:
    """As Django hands a driver's error on."""
    error = kind(*cause.args)
    error.__cause__ = cause
    return error


def of_sqlite(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(name)
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (wrapped(psycopg.errors.DeadlockDetected()), Fault.LOST_A_RACE),
        (wrapped(psycopg.errors.SerializationFailure()), Fault.LOST_A_RACE),
        (wrapped(psycopg.errors.QueryCanceled()), Fault.AWAY),
        (wrapped(psycopg.errors.LockNotAvailable()), Fault.AWAY),
        (wrapped(psycopg.errors.AdminShutdown()), Fault.AWAY),
        (wrapped(psycopg.errors.TooManyConnections()), Fault.AWAY),
        (wrapped(psycopg.errors.ReadOnlySqlTransaction(), DatabaseError), Fault.AWAY),
        (wrapped(psycopg.errors.DiskFull()), Fault.FULL),
        (wrapped(GONE), Fault.AWAY),
        (wrapped(psycopg.InterfaceError("the connection is closed"), InterfaceError), Fault.AWAY),
        (wrapped(of_sqlite("SQLITE_BUSY_SNAPSHOT")), Fault.AWAY),
        (wrapped(of_sqlite("SQLITE_FULL")), Fault.FULL),
        (wrapped(of_sqlite("SQLITE_IOERR_WRITE")), Fault.AWAY),
        (wrapped(of_sqlite("SQLITE_ERROR")), None),
        (wrapped(psycopg.errors.UniqueViolation(), IntegrityError), None),
        (wrapped(psycopg.errors.UndefinedTable(), DatabaseError), None),
        (IntegrityError("ours"), None),
        (ValueError("ours"), None),
        (None, None),
    ],
)
def test_what_an_error_means(error: Exception | None, fault: Fault | None) -> None:
    assert fault_of(error) is fault


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """What the services of requests and the log-in meet, in turn."""
    errors: list[Exception] = []

    def fail(*_arguments: object, **_fields: object) -> Any:
        raise errors.pop(0) if len(errors) > 1 else errors[0]

    monkeypatch.setattr("approvals.services.create_request", fail)
    monkeypatch.setattr("approvals.views.account.authenticate", fail, raising=False)
    monkeypatch.setattr("django.contrib.auth.forms.authenticate", fail)
    monkeypatch.setattr("approvals.selectors.card", fail)
    return errors


def browser(world: World | None = None) -> Client:
    client = Client(raise_request_exception=False, headers={"accept-language": "ru"})
    if world is not None:
        client.force_login(world.manager)
    return client


def posted(world: World, **fields: Any) -> Page:
    """A request's form, sent."""
    form = {
        "form_key": str(uuid.uuid4()),
        "csrfmiddlewaretoken": "t" * 32,
        "company": world.company.pk,
        "amount": "49 050,00",
        "pay_by": "2099-01-01",
        "purpose": 'Оплата "<script>alert(1)</script>',
        **fields,
    }
    return page_of(browser(world).post("/requests/new/?x=1", form), "/requests/new/?x=1")


def test_what_was_typed_is_kept(world: World, fails: list[Exception]) -> None:
    fails.append(wrapped(GONE))

    page = posted(world, action="submit")

    assert page.status == 503
    assert "Попробуйте ещё раз" in page.text
    kept = page.form("/requests/new/?x=1")
    assert kept["purpose"] == 'Оплата "<script>alert(1)</script>'
    assert (kept["amount"], kept["action"]) == ("49 050,00", "submit")
    assert kept["csrfmiddlewaretoken"] == "t" * 32
    assert "<script>alert" not in page.html
    assert page.headers["Retry-After"] == "5"


def test_a_file_is_asked_for_again(world: World, fails: list[Exception]) -> None:
    fails.append(wrapped(GONE))
    pdf = SimpleUploadedFile("Счёт № 7.pdf", b"%PDF-1.4\n%%EOF\n")

    page = posted(world, invoice=pdf)

    assert "Выберите файл снова: Счёт № 7.pdf" in page.text
    assert any(element.get("type") == "file" for element in page.root.iter("input"))


def test_a_full_disk_is_told(world: World, fails: list[Exception]) -> None:
    fails.append(wrapped(of_sqlite("SQLITE_FULL")))

    page = posted(world)

    assert page.status == 503
    assert "закончилось место" in page.text
    assert page.form("/requests/new/?x=1")


def test_a_form_without_a_key_is_not_given_back(world: World, fails: list[Exception]) -> None:
    fails.append(wrapped(GONE))

    page = posted(world, form_key="")

    assert page.status == 503
    assert not list(page.root.iter("form"))


def test_a_password_is_never_given_back(db: None, fails: list[Exception]) -> None:
    fails.append(wrapped(GONE))

    answer = browser().post("/login/", {"username": "manager", "password": "a secret of theirs"})

    assert answer.status_code == 503
    assert "a secret of theirs" not in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_a_page_that_was_asked_for_is_asked_for_again(world: World, fails: list[Exception]) -> None:
    fails.append(wrapped(GONE))

    page = page_of(browser(world).get("/requests/1/?x=1"), "/requests/1/?x=1")

    assert page.status == 503
    assert 'href="/requests/1/?x=1"' in page.html


def test_a_mistake_of_ours_stays_one(world: World, fails: list[Exception]) -> None:
    fails.append(wrapped(psycopg.errors.UniqueViolation(), IntegrityError))

    assert posted(world).status == 500


def test_a_transaction_that_lost_a_race_is_done_again(world: World, fails: list[Exception]) -> None:
    fails.extend([wrapped(psycopg.errors.DeadlockDetected()), Conflict("Решено без вас")])

    page = posted(world)

    assert page.status == 409
    assert "Решено без вас" in page.text


def test_a_mistake_at_the_second_try_is_not_hidden(world: World, fails: list[Exception]) -> None:
    fails.extend([wrapped(psycopg.errors.DeadlockDetected()), ValueError("ours")])

    assert posted(world).status == 500


def test_a_race_that_is_always_lost_is_told(world: World, fails: list[Exception]) -> None:
    fails.append(wrapped(psycopg.errors.SerializationFailure()))

    assert posted(world).status == 503

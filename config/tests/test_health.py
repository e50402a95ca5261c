"""Alive, and ready: which part does not answer."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from config import health
from config.health import Readiness


@pytest.fixture(autouse=True)
def _ask_anew() -> Iterator[None]:
    health.readiness.asked_at = -health.ANSWER_KEPT
    yield
    health.readiness.asked_at = -health.ANSWER_KEPT


def broken() -> None:
    """A part that is down."""
    raise ConnectionError


def test_healthz_needs_no_log_in_and_no_database(client: Client) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert not answer.cookies


@pytest.mark.django_db
def test_readyz_names_every_part(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "broker": "ok", "storage": "ok"}


@pytest.mark.django_db
def test_readyz_is_503_and_says_which(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(health.readiness.parts, "storage", broken)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"database": "ok", "broker": "ok", "storage": "down"}


@pytest.mark.django_db
def test_a_broker_that_is_down_is_noticed(client: Client, settings: Settings) -> None:
    app = health.app
    before = app.conf.broker_write_url
    app.conf.broker_write_url = "redis://127.0.0.1:1/0"
    try:
        assert client.get("/readyz").json()["broker"] == "down"
    finally:
        app.conf.broker_write_url = before


def test_answers_are_kept_for_a_while() -> None:
    asked: list[str] = []
    part: Callable[[], None] = lambda: asked.append("x")  # noqa: E731
    readiness = Readiness({"database": part})

    assert readiness.ask() == readiness.ask() == {"database": True}
    assert len(asked) == 1


@pytest.mark.django_db
def test_a_program_that_is_ahead_of_its_database_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health._Database, "migrated", False)
    monkeypatch.setitem(health.readiness.parts, "database", health._Database())
    monkeypatch.setattr(health, "unapplied_migrations", lambda: ["documents.0099_later"])

    assert client.get("/readyz").json()["database"] == "down"

    monkeypatch.setattr(health, "unapplied_migrations", list)
    health.readiness.asked_at = -health.ANSWER_KEPT
    assert client.get("/readyz").json()["database"] == "ok"

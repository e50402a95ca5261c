"""Numbers for whoever knows the token; for everybody else there is no such page."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from config import health
from config.celery import app
from outbox import services as outbox
from outbox.tasks import heartbeat
from people.models import User

TOKEN = "a-long-enough-token-for-tests"
ROOT = Path(__file__).resolve().parents[2]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def on(settings: Settings) -> Iterator[None]:
    """Metrics are switched on."""
    settings.METRICS_TOKEN = TOKEN
    health.readiness.asked_at = -health.ANSWER_KEPT
    yield
    health.readiness.asked_at = -health.ANSWER_KEPT


def scrape(client: Client) -> Samples:
    """(name, labels) -> value of everything that is told."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    # Not at the top: the library must not be imported before config.prometheus has said where it writes.
    from prometheus_client.parser import text_string_to_metric_families

    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    """One number, or None where it is not told."""
    return samples.get((f"signoff_{name}", frozenset(labels.items())))


def test_without_a_token_there_is_no_such_page(client: Client, db: None) -> None:
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("said", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "é"])
def test_without_the_right_token_it_is_401(client: Client, on: None, said: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": said})

    assert answer.status_code == 401
    assert b"signoff_" not in answer.content


def test_any_name_of_the_host_will_do(client: Client, on: None, db: None) -> None:
    for path, status in (("/metrics", 401), ("/healthz", 200), ("/readyz", 200), ("/login/", 400)):
        assert client.get(path, headers={"Host": "10.0.0.7:8000"}).status_code == status, path


@pytest.mark.django_db
def test_what_is_told(client: Client, on: None) -> None:
    app.control.purge()  # wake-ups of tests before this one
    User.objects.create(username="somebody")  # where nobody is, the log-in leads to the first start
    outbox.say_alive("beat")
    heartbeat()
    client.get("/login/")
    client.get("/nowhere/")
    samples = scrape(client)

    for part in ("database", "broker", "storage"):
        assert value(samples, "up", part=part) == 1
    assert value(samples, "broker_messages") == 0
    for kind in ("folder", "document", "letter", "notice", "digest"):
        assert value(samples, "outbox_due", kind=kind) == 0
        assert value(samples, "outbox_waiting", kind=kind) == 0
        assert value(samples, "outbox_oldest_seconds", kind=kind) == 0
    for process in ("beat", "worker"):
        seconds = value(samples, "last_seen_seconds", process=process)
        assert seconds is not None
        assert 0 <= seconds < 10
    asked = {"method": "GET", "view": "account_login", "status": "200"}
    assert value(samples, "http_request_seconds_count", **asked)
    assert value(samples, "http_request_seconds_bucket", le="10.0", **asked)
    assert value(
        samples, "http_request_seconds_count", **{**asked, "view": "none", "status": "404"}
    )


@pytest.mark.django_db
def test_a_database_that_does_not_answer_leaves_out_what_only_it_knows(
    client: Client, on: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer() -> None:
        raise OperationalError

    monkeypatch.setitem(health.readiness.parts, "database", no_answer)
    samples = scrape(client)

    assert value(samples, "up", part="database") == 0
    assert value(samples, "up", part="storage") == 1
    assert value(samples, "outbox_due", kind="letter") is None


def test_processes_of_one_server_add_up_and_those_of_dead_servers_go(tmp_path: Path) -> None:
    """Two processes with one parent, as granian has them, and a folder of a server that has ended."""
    gone = tmp_path / "metrics" / "4194999"  # above any process number of Linux's
    gone.mkdir(parents=True)
    note = "import django; django.setup(); from config import metrics; "
    note += "metrics.note('a-view', 'GET', 200, 0.3); metrics.note('a-view', 'BREW', 405, 3); "
    tell = "print(metrics.prometheus().exposition([]).decode())"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "METRICS_TOKEN": TOKEN}
    env |= {"DATA_DIR": str(tmp_path), "DEMO": "1", "ENV_FILE": ""}
    for program in (note, note + tell):
        printed = subprocess.run(
            [sys.executable, "-c", program], env=env, cwd=ROOT, capture_output=True, check=True
        ).stdout.decode()

    line = 'signoff_http_request_seconds_count{method="GET",status="200",view="a-view"} 2.0'
    assert line in printed
    assert 'count{method="other",status="405",view="a-view"} 2.0' in printed
    assert [folder.name for folder in (tmp_path / "metrics").iterdir()] == [str(os.getpid())]


def test_what_is_switched_off_is_not_even_imported(tmp_path: Path) -> None:
    env = {**os.environ, "DATA_DIR": str(tmp_path), "DEMO": "1", "ENV_FILE": ""}
    program = "import sys, config.wsgi, config.urls, config.celery\n"
    program += "print({name.split('.')[0] for name in sys.modules})"
    printed = subprocess.run(
        [sys.executable, "-c", program], env=env, cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()

    assert "'django'" in printed
    assert "prometheus_client" not in printed
    assert "sentry_sdk" not in printed
    assert not (tmp_path / "metrics").exists()

"""What the doctor says of faults that no test can make for real: clocks, full disks, missing libraries."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from django.utils.translation import override
from pytest_django import Settings

from approvals.models import TotalLine
from config import doctor
from config.doctor import data, outside, places, secrets, work
from config.doctor.findings import Check, Finding, Level, ok
from counterparties.models import BankDirectory
from documents.models import Folder
from outbox import services as outbox
from outbox.models import Heartbeat

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


def one(findings: Iterator[Finding], level: Level) -> Finding:
    """The only finding of this level."""
    (found,) = [finding for finding in findings if finding.level is level]
    return found


@pytest.mark.django_db
def test_clocks_that_differ() -> None:
    assert one(data.clock(), Level.OK)

    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=True):
        assert "3600 s apart" in one(data.clock(), Level.FAULT).text
    with time_machine.travel(timezone.now() - timedelta(seconds=10), tick=True):
        assert "NTP" in one(data.clock(), Level.WARNING).advice


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_zone_that_is_not_the_same_everywhere(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    asked = data._one

    def elsewhere(sql: str, *values: str) -> object:
        return asked(sql, *(value.replace("Moscow", "Samara") for value in values))

    monkeypatch.setattr(data, "_one", elsewhere)
    assert "disagree" in one(data.clock(), Level.FAULT).text


def test_a_disk_that_is_nearly_full(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(places.shutil, "disk_usage", lambda path: Usage(10**9, 10**9, 5 * 1024**2))

    texts = [finding.text for finding in places.disk() if finding.level is Level.FAULT]
    assert len(texts) == 2
    assert all("5 MB left" in text for text in texts)


def test_a_folder_that_cannot_be_written_to(settings: Settings) -> None:
    settings.DATA_DIR = Path("/proc")

    assert "/proc cannot be written to" in one(places.disk(), Level.FAULT).text


def test_no_pango(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places.press, "is_ready", lambda: False)

    assert "make system" in one(places.pango(), Level.FAULT).advice


def test_static_files_that_nobody_collected(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path

    assert "collectstatic" in one(places.made(), Level.FAULT).advice


@pytest.mark.parametrize(
    "key", ["short-but-random-Xk29", "a" * 64, "abc" * 30, "django-insecure-" + "x9" * 40]
)
def test_keys_that_can_be_guessed(key: str) -> None:
    assert secrets.is_weak(key)


def test_one_key_for_two_purposes(settings: Settings) -> None:
    settings.AUDIT_KEY = settings.SHARE_LINK_KEY

    assert "two purposes" in one(secrets.guessable(), Level.FAULT).text


@pytest.mark.parametrize(("password", "said"), [("minioadmin", "everybody knows"), ("x7", "short")])
def test_passwords_of_the_parts(settings: Settings, password: str, said: str) -> None:
    settings.CELERY_BROKER_URL = f"redis://:{password}@valkey:6379/0"

    found = [finding for finding in secrets.guessable() if "BROKER_URL" in finding.text]
    assert [finding.level for finding in found] == [Level.WARNING]
    assert said in found[0].text


@pytest.mark.django_db
def test_a_worker_that_answers_and_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.app.control, "ping", lambda timeout: [{"celery@a": {"ok": "pong"}}])
    outbox.say_alive("beat")
    outbox.say_alive("worker")
    assert one(work.worker(), Level.OK)

    long_ago = timezone.now() - timedelta(minutes=9, seconds=5)
    Heartbeat.objects.filter(name="worker").update(seen_at=long_ago)
    assert "nothing for 9 minutes" in one(work.worker(), Level.FAULT).text


@pytest.mark.django_db
def test_a_scheduler_that_was_seen_long_ago() -> None:
    outbox.say_alive("beat")
    assert one(work.beat(), Level.OK)

    Heartbeat.objects.update(seen_at=timezone.now() - timedelta(minutes=9, seconds=5))
    assert "9 minutes ago" in one(work.beat(), Level.FAULT).text


@pytest.mark.django_db
def test_what_waits_and_what_failed() -> None:
    assert one(work.backlog(), Level.OK)
    before = timezone.now() - timedelta(minutes=20)
    folder = {"created_at": before, "name": "x"}
    Folder.objects.create(public_id="1", path="1", next_try_at=before, **folder)
    Folder.objects.create(
        public_id="2", path="2", state="fault", last_error="The storage does not answer.", **folder
    )

    found = list(work.backlog())
    assert [finding.level for finding in found] == [Level.FAULT, Level.WARNING]
    assert "the oldest for 20 minutes" in found[0].text
    assert "storage_silent (1)" in found[1].text


@pytest.mark.django_db
def test_running_totals_that_nobody_folds_or_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert one(work.running_totals(), Level.OK)
    monkeypatch.setattr(work, "MANY_LINES", 2)
    for _number in range(3):
        TotalLine.objects.create(
            stage="draft",
            currency="RUB",
            count=1,
            amount=1,
            amount_left=1,
            seconds_to_approve=0,
            seconds_to_pay=0,
            is_folded=False,
        )
    assert "More than 2 lines are not folded" in one(work.running_totals(), Level.WARNING).text

    monkeypatch.setattr(work.totals, "missing_triggers", lambda: ["approvals_totals_task_added"])
    found = one(work.running_totals(), Level.FAULT)
    assert ("1 trigger" in found.text, "check_totals" in found.advice) == (True, True)


@pytest.mark.django_db
def test_a_directory_of_banks_that_is_old() -> None:
    assert "empty" in one(outside.banks(), Level.WARNING).text
    today = timezone.localdate()
    directory = BankDirectory.objects.create(
        pk=1, business_date=today, version=1, loaded_at=timezone.now()
    )
    assert one(outside.banks(), Level.OK)

    directory.business_date = today - timedelta(days=40)
    directory.save()
    assert "load_banks" in one(outside.banks(), Level.WARNING).advice


def test_a_check_that_breaks_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[Finding]:
        raise ZeroDivisionError("by zero")

    checks = (
        Check("first", "First", broken),
        Check("second", "Second", lambda: iter([ok("well")]), ("first",)),
        Check("third", "Third", lambda: iter([ok("well")])),
    )
    monkeypatch.setattr(doctor, "CHECKS", checks)

    levels = [(check.code, finding.level) for check, finding in doctor.look()]
    assert levels == [
        ("first", Level.FAULT),
        ("second", Level.UNKNOWN),
        ("third", Level.OK),
    ]


def test_the_exit_status_and_what_people_read(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Finding(Level.OK, "fine")]
    monkeypatch.setattr(doctor, "CHECKS", (Check("a", "A thing", lambda: iter(found)),))
    out = StringIO()
    call_command("doctor", language="en", stdout=out)
    assert out.getvalue().endswith("All is in order.\n")

    found[:] = [
        Finding(Level.FAULT, "broken", "mend it"),
        Finding(Level.WARNING, "old"),
    ]
    with pytest.raises(SystemExit, match="1"):
        call_command("doctor", language="ru", stdout=(out := StringIO()))
    said = out.getvalue()
    assert "ОШИБКА       A thing" in said
    assert "→ mend it" in said
    assert said.endswith("1 ошибка, 1 предупреждение\n")

    with pytest.raises(SystemExit, match="1"):
        call_command("doctor", json=True, stdout=(out := StringIO()))
    assert json.loads(out.getvalue())[0] == {
        "check": "a",
        "level": "fault",
        "text": "broken",
        "advice": "mend it",
    }

"""The scheduler says that it is there, and outlives a database that is not."""

from pathlib import Path

import pytest
from django.db import OperationalError
from pytest_django import Settings

from config.beat import Scheduler
from config.celery import app
from outbox.selectors import last_seen


@pytest.fixture
def scheduler(settings: Settings, tmp_path: Path) -> Scheduler:
    """A scheduler with nothing to send."""
    settings.DATA_DIR = tmp_path
    made = Scheduler(app, schedule_filename=str(tmp_path / "beat"))
    made.schedule.clear()
    return made


@pytest.mark.django_db
def test_a_tick_is_a_sign_of_life_and_the_next_one_is_not(
    scheduler: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.beat.connections.close_all", lambda: None)  # the test's own
    scheduler.tick()

    assert last_seen()["beat"].total_seconds() < 5
    (tmp_path / "beat-alive").unlink()
    scheduler.tick()
    assert not (tmp_path / "beat-alive").exists()


def test_it_goes_on_while_the_database_does_not_answer(
    scheduler: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer(name: str) -> None:
        raise OperationalError

    monkeypatch.setattr("config.beat.outbox.say_alive", no_answer)

    assert scheduler.tick() > 0
    assert (tmp_path / "beat-alive").exists()

"""The doctor finds a running installation well, and names each fault that is planted in it.

Real servers are stopped, refused, emptied or pointed past; the doctor runs as a command of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.stack import migrated, warm
from tests.stack.processes import free_port
from tests.stack.program import ROOT, FullStack

Found = list[dict[str, str]]


def doctor(stack: FullStack, *, changed: dict[str, str] | None = None) -> tuple[int, Found]:
    """Exit status and findings of the doctor in this installation, with some of its settings changed."""
    command = ["doctor", "--json", "--language", "en"]
    answer = warm.run(command, {**stack.env, **(changed or {})}, once=bool(changed))
    assert answer.stdout, answer.stderr
    return answer.returncode, json.loads(answer.stdout)


def faults(found: Found) -> dict[str, dict[str, str]]:
    """The check's code -> its fault."""
    return {finding["check"]: finding for finding in found if finding["level"] == "fault"}


def of(found: Found, check: str) -> dict[str, str]:
    """The first finding of a check."""
    return next(finding for finding in found if finding["check"] == check)


@pytest.fixture(scope="module")
def seen(full_stack: FullStack) -> FullStack:
    """The installation, once scheduler and worker have said that they work and the demo's papers are made."""
    deadline = time.monotonic() + 180
    alive = "SELECT count(*) FROM outbox_heartbeat"
    due = "SELECT count(*) FROM documents_document WHERE next_try_at <= now()"
    while True:
        with psycopg.connect(full_stack.env["DATABASE_URL"]) as connection:
            numbers = [connection.execute(asked).fetchone() for asked in (alive, due)]
        if numbers == [(2,), (0,)]:
            return full_stack
        assert time.monotonic() < deadline, full_stack.printed()[-3000:]
        time.sleep(0.5)


@contextmanager
def database(stack: FullStack, name: str, template: str = "template1") -> Iterator[str]:
    """A new database beside the installation's own: its address."""
    server = stack.env["DATABASE_URL"].rpartition("/")[0]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        yield f"{server}/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def unstarted(seen: FullStack) -> Iterator[dict[str, str]]:
    """The settings of an installation with all its tables in which no process was ever started."""
    with database(seen, "doctor_unstarted", template=migrated.on_postgres()) as address:
        yield {"DATABASE_URL": address}


def nobody() -> str:
    """A port of this machine on which nobody listens."""
    return f"127.0.0.1:{free_port()}"


def test_a_running_installation_is_well(seen: FullStack) -> None:
    status, found = doctor(seen)

    assert faults(found) == {}
    assert status == 0
    assert {finding["level"] for finding in found} <= {"ok", "warning"}


def test_it_speaks_russian_to_people(seen: FullStack) -> None:
    said = seen.manage("doctor", "--language", "ru")

    assert "в порядке    База данных" in said
    assert "PostgreSQL" in said


def test_1_a_database_that_does_not_answer(seen: FullStack) -> None:
    changed = {"DATABASE_URL": f"postgres://signoff@{nobody()}/signoff"}
    status, found = doctor(seen, changed=changed)

    assert status == 1
    assert set(faults(found)) == {"database"}
    assert "DATABASE_URL" in faults(found)["database"]["advice"]
    assert of(found, "migrations")["level"] == "unknown"
    assert of(found, "storage")["level"] == "ok"


def test_2_migrations_that_are_not_applied(seen: FullStack) -> None:
    with database(seen, "doctor_empty") as address:
        status, found = doctor(seen, changed={"DATABASE_URL": address})

    assert status == 1
    assert set(faults(found)) == {"migrations"}
    assert "manage.py migrate" in faults(found)["migrations"]["advice"]


def test_3_a_broker_that_does_not_answer(seen: FullStack) -> None:
    status, found = doctor(seen, changed={"BROKER_URL": f"redis://{nobody()}/0"})

    assert status == 1
    assert set(faults(found)) == {"broker"}
    assert of(found, "worker")["level"] == "unknown"


def test_4_no_worker(seen: FullStack, unstarted: dict[str, str]) -> None:
    another = seen.env["BROKER_URL"].rpartition("/")[0] + "/8"
    status, found = doctor(seen, changed={**unstarted, "BROKER_URL": another})

    assert status == 1
    assert "No worker answers" in faults(found)["worker"]["text"]
    assert of(found, "broker")["level"] == "ok"


def test_5_no_scheduler(seen: FullStack, unstarted: dict[str, str]) -> None:
    status, found = doctor(seen, changed=unstarted)

    assert status == 1
    assert set(faults(found)) == {"beat"}
    assert of(found, "worker")["level"] == "ok"


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ({"S3_SECRET_KEY": "a-wrong-secret"}, "S3_SECRET_KEY"),
        ({"S3_BUCKET": "no-such-bucket"}, "ensure_storage"),
        ({"S3_ENDPOINT_URL": ""}, "S3_ENDPOINT_URL"),
        ({"S3_PUBLIC_URL": ""}, "reached from outside"),
    ],
)
def test_6_a_storage_that_keeps_nothing(
    seen: FullStack, changed: dict[str, str], advice: str
) -> None:
    """Refused, without its bucket, away; and one that browsers do not reach."""
    changed = {name: value or f"http://{nobody()}" for name, value in changed.items()}
    status, found = doctor(seen, changed=changed)

    assert status == 1
    assert set(faults(found)) == {"storage"}
    assert advice in faults(found)["storage"]["advice"]


def test_7_a_mail_server_that_does_not_answer(seen: FullStack) -> None:
    status, found = doctor(seen, changed={"EMAIL_URL": f"smtp://{nobody()}"})

    assert status == 1
    assert set(faults(found)) == {"mail"}


def test_7_a_mail_server_that_does_not_take_our_sender(seen: FullStack) -> None:
    class Refusing:
        async def handle_MAIL(
            self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
        ) -> str:
            return "553 5.7.1 not yours"

    controller = Controller(Refusing(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        status, found = doctor(seen, changed={"EMAIL_URL": f"smtp://127.0.0.1:{controller.port}"})
    finally:
        controller.stop()

    assert status == 1
    assert set(faults(found)) == {"mail"}
    assert "not yours" in faults(found)["mail"]["text"]
    assert "DEFAULT_FROM_EMAIL" in faults(found)["mail"]["advice"]


def test_8_an_address_that_leads_nowhere_or_elsewhere(seen: FullStack) -> None:
    status, found = doctor(seen, changed={"PUBLIC_URL": f"http://{nobody()}"})
    assert status == 1
    assert set(faults(found)) == {"public_url"}

    status, found = doctor(seen, changed={"PUBLIC_URL": seen.env["S3_ENDPOINT_URL"]})
    assert status == 1
    assert "something else" in faults(found)["public_url"]["text"]


def test_9_keys_that_can_be_guessed(seen: FullStack) -> None:
    status, found = doctor(seen, changed={"SECRET_KEY": "a" * 60, "AUDIT_KEY": "short"})

    assert status == 1
    texts = [finding["text"] for finding in found if finding["level"] == "fault"]
    assert texts == ["SECRET_KEY can be guessed.", "AUDIT_KEY can be guessed."]


def test_10_demo_log_ins_where_real_work_is_done(seen: FullStack) -> None:
    changed = {"DEMO": "0", "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2}
    status, found = doctor(seen, changed={**changed, "PUBLIC_URL": seen.base_url})

    assert status == 1
    assert set(faults(found)) == {"people"}
    assert "demo log-ins" in faults(found)["people"]["text"]


def test_11_settings_that_are_missing(seen: FullStack) -> None:
    """Then nothing runs, the doctor included: the start itself says so in a line."""
    bare = {name: seen.env[name] for name in ("PATH", "DATA_DIR", "ENV_FILE")}
    answer = subprocess.run(
        [sys.executable, ROOT / "manage.py", "doctor"],
        env=bare,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert answer.returncode == 1
    assert "SECRET_KEY is not set" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_an_empty_directory_of_banks_is_a_warning(
    seen: FullStack, unstarted: dict[str, str]
) -> None:
    _status, found = doctor(seen, changed=unstarted)

    assert of(found, "banks")["level"] == "warning"
    assert "load_banks" in of(found, "banks")["advice"]
    assert "createsuperuser" in of(found, "people")["advice"]

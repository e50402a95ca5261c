"""PostgreSQL is restarted, loses a connection, is too slow, or undoes a transaction for another one's sake.

The person sees 'try again' with the form kept, or it is done again where that is safe; never half a decision.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from approvals.models import ApprovalTask, Event, PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import PDF, World
from audit.services import verify
from documents.models import Document
from notifications.models import Notice
from tests.faults.forms import decision_form, request_form
from tests.faults.later import later
from tests.faults.rig import Rig, on_own_postgres, rigged
from tests.neighbour import Page, file
from tests.over_http import NoAnswer
from tests.stack.patience import until


@pytest.fixture(scope="module", name="rig_of_module")
def _rig_of_module(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Rig]:
    """A rig whose database server can be stopped without anybody else's noticing."""
    folder = tmp_path_factory.mktemp("rig")
    # PostgreSQL runs as another user and must pass through.
    for part in (folder, *folder.parents):
        if part == Path(tempfile.gettempdir()):
            break
        part.chmod(0o711)
    with (
        django_db_blocker.unblock(),
        on_own_postgres(folder) as postgres,
        rigged(folder, postgres) as rig,
    ):
        rig.begin_web()
        yield rig


@pytest.fixture
def beside(rig: Rig) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else at the database, whom no limit hurries."""
    assert rig.postgres is not None
    address = rig.postgres.names["DATABASE_URL"]
    with psycopg.connect(address, options="-c deadlock_timeout=60s") as connection:
        yield connection


def kept(page: Page, path: str) -> dict[str, str]:
    """The form that the page of a database that is away gives back."""
    assert page.status == 503, (page.status, page.text[:500])
    return page.form(path)


def test_postgresql_restarted_under_load(rig: Rig, world: World) -> None:
    """Four people send forms all the while; whatever is not taken is given back, and sent again."""
    stop = threading.Event()
    met: list[int | str] = []

    def play(username: str) -> list[str]:
        person = people[username]
        keys: list[str] = []
        while not stop.is_set():
            form = request_form(world, purpose=f"Оплата {username} {len(keys)}")
            keys.append(form["form_key"])
            while True:
                try:
                    page = person.attempt("/requests/new/", form)
                except NoAnswer:
                    met.append("nothing")
                    continue
                met.append(page.status)
                if page.status == 303:
                    break
                assert kept(page, "/requests/new/")["purpose"] == form["purpose"]
                form = page.form("/requests/new/")
        return keys

    names = ("manager", "manager2", "supervisor", "supervisor2")
    people = {name: rig.visitor(getattr(world, name)) for name in names}
    for person in people.values():
        person.get("/me/")
    with ThreadPoolExecutor(4) as pool:
        played = [pool.submit(play, name) for name in names]
        for _restart in range(2):
            before = met.count(303)
            until(lambda before=before: met.count(303) > before + 5)  # type: ignore[misc]
            rig.stop_database()
            until(lambda: 503 in met[-4:])
            rig.start_database()
        before = met.count(303)
        until(lambda: met.count(303) > before + 5, timeout=20)
        stop.set()
        keys = [key for answer in played for key in answer.result(timeout=60)]

    assert set(met) <= {303, 503, "nothing"}
    made = [str(key) for key in PaymentRequest.objects.values_list("form_key", flat=True)]
    assert sorted(made) == sorted(keys)
    assert Event.objects.filter(kind="request.created").count() == len(keys)
    assert not PaymentRequest.objects.filter(folder=None).exists()
    assert verify() == []


def test_postgresql_away_for_longer_is_found_again_at_once(rig: Rig, world: World) -> None:
    """The pool of connections must not still be counting pauses when the server is back."""
    person = rig.visitor(world.manager)
    person.get("/")
    rig.stop_database()
    for _visit in range(2):
        page = person.get("/", 503)
        assert "Повторить" in page.text
        assert page.headers["Retry-After"]

    rig.start_database()

    until(lambda: person.client.get("/").status_code == 200, timeout=10)


@pytest.mark.parametrize("when", ["before the commit", "after the commit"])
def test_connection_killed_in_a_transaction(rig: Rig, world: World, when: str) -> None:
    """After the commit nobody can know; the form's key does."""
    person = rig.visitor(world.manager)
    person.get("/requests/new/")
    invoice = file("Счёт № К-1.pdf", PDF)
    form = request_form(world, action="submit")
    fate = "cut" if when == "before the commit" else "cut answer"
    # The session's own transactions come to this too; the request's is the one after its last row.
    last_row = rig.database.rule(b'INSERT INTO "notifications_notice"', fate="hold")
    answer = later(lambda: person.attempt("/requests/new/", {**form, "invoice": invoice}))
    last_row.wait()
    commit = rig.database.rule(b"COMMIT", fate=fate)
    last_row.release()
    commit.wait()

    again = kept(answer(), "/requests/new/")

    assert PaymentRequest.objects.count() == (0 if when == "before the commit" else 1)
    assert again["justification"].splitlines() == form["justification"].splitlines()
    assert again["form_key"] == form["form_key"]
    invoice.seek(0)
    page = person.attempt("/requests/new/", {**again, "invoice": invoice})
    assert page.status == 303
    made = PaymentRequest.objects.get()
    assert page.location == f"/requests/{made.pk}/"
    assert (made.status, Document.objects.filter(paper=None).count()) == ("on_approval", 1)
    assert ApprovalTask.objects.count() == Notice.objects.count() == 1
    assert verify() == []


def test_connection_killed_by_the_administrator(
    rig: Rig, world: World, beside: psycopg.Connection[Any]
) -> None:
    task = builders.open_task(builders.on_approval(world))
    person = rig.visitor(world.supervisor)
    person.get("/tasks/")
    path = f"/tasks/{task.pk}/approve/"
    beside.execute("SELECT 1 FROM approvals_approvaltask WHERE id = %s FOR UPDATE", [task.pk])

    answer = later(lambda: person.attempt(path, decision_form(comment="Всё верно")))
    victims = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    (pid,) = until(lambda: beside.execute(victims).fetchone())
    beside.execute("SELECT pg_terminate_backend(%s)", [pid])

    again = kept(answer(), path)
    beside.rollback()
    assert again["comment"] == "Всё верно"
    assert not Event.objects.filter(kind="request.approved").exists()
    assert person.attempt(path, again).status == 303
    assert Event.objects.filter(kind="request.approved").count() == 1
    assert verify() == []


def test_statement_timeout(rig: Rig, world: World, beside: psycopg.Connection[Any]) -> None:
    person = rig.visitor(world.manager)
    person.get("/requests/new/")
    form = request_form(world)
    beside.execute("LOCK TABLE approvals_paymentrequest IN ACCESS EXCLUSIVE MODE")

    page = person.attempt("/requests/new/", form)

    again = kept(page, "/requests/new/")
    beside.rollback()
    assert PaymentRequest.objects.count() == 0
    assert person.attempt("/requests/new/", again).status == 303
    assert PaymentRequest.objects.count() == 1


def test_deadlock_provoked(rig: Rig, world: World, beside: psycopg.Connection[Any]) -> None:
    """PostgreSQL undoes one of two; the page does its part again, and nobody is bothered."""
    made = builders.on_approval(world)
    task = builders.open_task(made)
    person = rig.visitor(world.supervisor)
    person.get("/tasks/")
    beside.execute("SELECT 1 FROM approvals_approvaltask WHERE id = %s FOR UPDATE", [task.pk])

    answer = later(lambda: person.attempt(f"/tasks/{task.pk}/approve/", decision_form()))
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    until(lambda: beside.execute(waits).fetchone())
    beside.execute("SELECT 1 FROM approvals_paymentrequest WHERE id = %s FOR UPDATE", [made.pk])
    beside.rollback()

    assert answer().status == 303
    assert "http.again" in rig.web.printed()
    assert Event.objects.filter(kind="request.approved").count() == 1
    assert Notice.objects.filter(kind="approved").count() == 1
    assert verify() == []

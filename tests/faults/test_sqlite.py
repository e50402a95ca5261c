"""The embedded default: a second writer, a disk that is full, a process killed while it writes.

The web server is a process of its own on a file of its own, which this process looks into as well.
"""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from concurrent.futures import TimeoutError as NotYet
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db import connection, connections

from approvals.models import ApprovalTask, Event, PaymentRequest
from approvals.tests.builders import PDF, World, build_world
from audit.services import verify
from documents.models import Document
from notifications.models import Notice
from tests.faults.forms import request_form
from tests.faults.later import later
from tests.neighbour import Page, file
from tests.over_http import HttpPerson, NoAnswer
from tests.stack.patience import until
from tests.stack.processes import Service
from tests.stack.program import base_url, environment, release, service

pytestmark = pytest.mark.sqlite_only

PATH = "/requests/new/"
BUSY_TIMEOUT = 2  # seconds, in place of the installation's 20
# Less than what a request writes, more than what the server logs meanwhile.
NO_ROOM = 32 * 1024


class Office:
    """An installation on SQLite: its file, its web server, and who works there."""

    def __init__(self, folder: Path, secret_key: str) -> None:
        self.folder = folder
        self.env = environment(folder, SECRET_KEY=secret_key, WEB_WORKERS="1")
        self.path = folder / "data" / "db.sqlite3"
        self.web = self.on(f"timeout={BUSY_TIMEOUT}")

    def on(self, options: str) -> Service:
        """A web server, not started, with these options of its database."""
        address = f"sqlite:///{self.path}?{options}"
        return service("web", self.folder, {**self.env, "DATABASE_URL": address})

    def visitor(self, world: World) -> HttpPerson:
        """A manager who has the form before them."""
        person = HttpPerson(base_url(self.env), user=world.manager)
        person.get(PATH)
        return person

    def writes(self) -> bool:
        """Whether somebody is in the middle of writing."""
        with closing(self.writer(timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            other.rollback()
            return False

    def writer(self, timeout: float = 5) -> sqlite3.Connection:
        """Somebody else at the file, who begins and ends by hand."""
        return sqlite3.connect(self.path, timeout=timeout, isolation_level=None)

    def is_whole(self) -> bool:
        """What SQLite says to its own pages, indexes and foreign keys."""
        with closing(self.writer()) as looker:
            said = looker.execute("PRAGMA integrity_check").fetchall()
            return said == [("ok",)] and not looker.execute("PRAGMA foreign_key_check").fetchall()

    def leave_room(self, size: int) -> None:
        """How large a file the web server may write; -1 for any."""
        assert self.web.process is not None
        server = psutil.Process(self.web.process.pid)
        for process in (server, *server.children(recursive=True)):
            process.rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def world(transactional_db: None) -> World:
    return build_world()


@pytest.fixture
def office(tmp_path: Path, world: World, settings: Any) -> Iterator[Office]:
    """The test's own rows in a file, which is this process's database too until the test ends."""
    office = Office(tmp_path, settings.SECRET_KEY)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(office.path)])
    (tmp_path / "data" / "demo-loaded").touch()  # the rows are there
    release(office.env)
    with database_at(office.path):
        yield office
        office.web.kill()


@contextmanager
def database_at(path: Path) -> Iterator[None]:
    """This process's database is that file."""
    before = connections["default"]
    there = type(before)({**before.settings_dict, "NAME": str(path)}, alias="default")
    connections["default"] = there
    try:
        yield
    finally:
        there.close()
        connections["default"] = before


@pytest.fixture
def form(world: World) -> dict[str, Any]:
    return request_form(world, action="submit")


def with_invoice(form: dict[str, Any]) -> dict[str, Any]:
    return {**form, "invoice": file("Счёт № К-1.pdf", PDF)}


def kept(page: Page, form: dict[str, Any]) -> dict[str, str]:
    """The form that the page of a database that is away gives back."""
    assert page.status == 503, (page.status, page.text[:500])
    again = page.form(PATH)
    assert again["justification"].splitlines() == form["justification"].splitlines()
    assert again["form_key"] == form["form_key"]
    return again


def nothing_is_made() -> None:
    for model in (PaymentRequest, ApprovalTask, Event, Notice, Document):
        assert not model.objects.exists(), model


def one_is_made() -> None:
    """Whole, whoever asked how often."""
    assert PaymentRequest.objects.get().status == "on_approval"
    assert Document.objects.filter(paper=None).count() == ApprovalTask.objects.count() == 1
    assert Notice.objects.count() == 1
    assert verify() == []


def test_sqlite_second_writer(office: Office, world: World, form: dict[str, Any]) -> None:
    """A form waits for another writer; one that writes for too long costs nobody the form."""
    office.web.start()
    person = office.visitor(world)
    with closing(office.writer()) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = later(lambda: person.attempt(PATH, with_invoice(form)))
        with pytest.raises(NotYet):
            answer(BUSY_TIMEOUT / 4)
        other.execute("COMMIT")
        assert answer().status == 303
        one_is_made()
        person.get("/requests/")  # it says that the request was sent, once

        other.execute("BEGIN IMMEDIATE")
        second = request_form(world)
        page = person.attempt(PATH, second)
        # Who reads is not held up by who writes.
        assert person.get("/requests/").all("registry-row")
        other.execute("COMMIT")

    assert "База данных сейчас не отвечает" in page.text
    assert PaymentRequest.objects.count() == 1
    assert person.attempt(PATH, kept(page, second)).status == 303
    assert PaymentRequest.objects.count() == 2
    assert office.is_whole()


@pytest.mark.parametrize("what", ["no page is left", "no file may grow"])
def test_sqlite_disk_full(office: Office, world: World, form: dict[str, Any], what: str) -> None:
    """By SQLite's own limit, which is a full disk to it; and by the system's, which refuses to write on."""
    if what == "no page is left":
        with closing(office.writer()) as other:
            pages = other.execute("PRAGMA page_count").fetchone()[0]
        office.web = office.on(f"init_command=PRAGMA max_page_count={pages}")
    office.web.start()
    person = office.visitor(world)
    form["justification"] = "Щ" * 2000  # more than a page of the database
    if what == "no file may grow":
        office.leave_room(NO_ROOM)

    page = person.attempt(PATH, with_invoice(form))

    again = kept(page, form)
    assert ("закончилось место" in page.text) == (what == "no page is left")
    nothing_is_made()
    assert office.is_whole()
    person.get("/requests/")  # reading goes on

    if what == "no page is left":
        office.web.kill()
        office.web = office.on("")
        office.web.start()
    else:
        office.leave_room(resource.RLIM_INFINITY)
    assert person.attempt(PATH, with_invoice(again)).status == 303
    one_is_made()
    assert office.is_whole()


def test_sqlite_killed_while_writing(office: Office, world: World, form: dict[str, Any]) -> None:
    """Dead for certain in the middle of a transaction: it is frozen there first, and looked at."""
    office.web.start()
    person = office.visitor(world)
    answer = later(lambda: person.attempt(PATH, with_invoice(form)))
    until(lambda: frozen_while_writing(office), pause=0)

    office.web.kill()

    with pytest.raises(NoAnswer):
        answer()
    assert office.is_whole()
    nothing_is_made()
    office.web.start()
    for _time in range(2):
        assert person.attempt(PATH, with_invoice(form)).status == 303
    one_is_made()
    assert office.is_whole()


def frozen_while_writing(office: Office) -> bool:
    """Whether the server stands still in the middle of writing; else it goes on."""
    if not office.writes():
        return False
    office.web.freeze()
    if office.writes():
        return True
    office.web.thaw()
    return False

"""The web server is killed while a form is on its way: nothing is half-made, and the same form makes one."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from approvals.models import ApprovalTask, Event, PaymentRequest
from approvals.tests.builders import PDF, World
from audit.services import verify
from documents.models import Document, Folder, Upload
from documents.tasks import clean_incoming
from notifications.models import Notice
from tests.faults.forms import request_form
from tests.faults.later import later
from tests.faults.rig import Rig
from tests.neighbour import Page, file
from tests.over_http import HttpPerson, NoAnswer
from tests.stack.proxy import Rule

PATH = "/requests/new/"
INVOICE = PDF + b"% an invoice\n" * 100_000  # more than a megabyte


@pytest.fixture
def person(rig: Rig, world: World) -> HttpPerson:
    """A manager with the form before them."""
    rig.begin_web()
    person = rig.visitor(world.manager)
    person.get(PATH)
    return person


@pytest.fixture
def form(world: World) -> dict[str, Any]:
    return request_form(world, action="submit")


def with_invoice(form: dict[str, Any]) -> dict[str, Any]:
    return {**form, "invoice": file("Счёт № К-1.pdf", INVOICE)}


def killed_at(rig: Rig, rule: Rule, answer: Callable[[], Page]) -> None:
    """The web server dies where the rule holds it, and another takes its place."""
    rule.wait()
    rig.web.kill()
    rule.drop()
    with pytest.raises(NoAnswer):
        answer()
    rig.begin_web()


def nothing_is_made() -> None:
    """Not a request, nor a part of one."""
    for model in (PaymentRequest, ApprovalTask, Event, Notice, Document):
        assert not model.objects.exists(), model
    assert not Folder.objects.filter(path__contains="Payment requests/").exists()


def the_same_form_makes_one(person: HttpPerson, form: dict[str, Any]) -> None:
    """Sent again and again."""
    pages = [person.attempt(PATH, with_invoice(form)) for _time in range(2)]

    made = PaymentRequest.objects.get()
    assert [page.location for page in pages] == [f"/requests/{made.pk}/"] * 2
    assert made.status == "on_approval"
    assert Document.objects.filter(paper=None).count() == ApprovalTask.objects.count() == 1
    assert Notice.objects.count() == 1
    assert verify() == []


def test_web_killed_during_an_upload(rig: Rig, person: HttpPerson, form: dict[str, Any]) -> None:
    token = person.http.cookies["csrftoken"].value
    body = encode_multipart(BOUNDARY, {"csrfmiddlewaretoken": token, **with_invoice(form)})
    connection = person.http.connect()
    connection.putrequest("POST", PATH)
    for name, value in {
        **person.http.headers(),
        "Content-Type": MULTIPART_CONTENT,
        "Content-Length": str(len(body)),
    }.items():
        connection.putheader(name, value)
    connection.endheaders(body[: len(body) // 2])

    rig.web.kill()
    connection.close()
    rig.begin_web()

    nothing_is_made()
    assert not Upload.objects.exists()
    assert rig.keys("incoming/") == []
    the_same_form_makes_one(person, form)


def test_web_killed_while_the_file_goes_to_the_storage(
    rig: Rig,
    person: HttpPerson,
    form: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put = rig.storage.rule(b"PUT /signoff-faults/incoming/", fate="hold answer")
    answer = later(lambda: person.attempt(PATH, with_invoice(form)))

    killed_at(rig, put, answer)

    nothing_is_made()
    assert not Upload.objects.exists()
    the_same_form_makes_one(person, form)
    # What nobody has a row of lies there for a day; the clock stays, for the storage believes no other.
    assert len(rig.keys("incoming/")) == 2
    monkeypatch.setattr("documents.tasks.KEPT_IN_INCOMING", datetime.timedelta(0))
    clean_incoming()
    assert rig.keys("incoming/") == [Document.objects.get(paper=None).incoming_key]


def test_web_killed_during_a_post(rig: Rig, person: HttpPerson, form: dict[str, Any]) -> None:
    last_row = rig.database.rule(b'INSERT INTO "notifications_notice"')
    answer = later(lambda: person.attempt(PATH, with_invoice(form)))
    last_row.wait()
    commit = rig.database.rule(b"COMMIT")
    last_row.release()

    killed_at(rig, commit, answer)

    nothing_is_made()
    the_same_form_makes_one(person, form)


def test_web_killed_after_the_commit_of_a_post(
    rig: Rig, person: HttpPerson, form: dict[str, Any]
) -> None:
    last_row = rig.database.rule(b'INSERT INTO "notifications_notice"')
    answer = later(lambda: person.attempt(PATH, with_invoice(form)))
    last_row.wait()
    commit = rig.database.rule(b"COMMIT", fate="hold answer")
    last_row.release()

    killed_at(rig, commit, answer)

    assert PaymentRequest.objects.count() == 1
    the_same_form_makes_one(person, form)

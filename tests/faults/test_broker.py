"""The broker is stopped, frozen, wiped: pages answer all the same, nothing is lost, and all is caught up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from approvals.models import Event, PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import PDF, World
from audit.services import verify
from documents.models import Document, DocumentState, Folder, FolderState
from documents.services import token_for
from notifications.models import Letter, LetterState
from tests.faults.forms import decision_form, request_form
from tests.faults.later import later
from tests.faults.rig import Rig, promised
from tests.neighbour import Page, file
from tests.over_http import HttpPerson
from tests.stack.patience import until, until_none

A_PAGE_MAY_TAKE = 1.5  # seconds
ALL_IS_CAUGHT_UP_IN = 60


@pytest.fixture
def approved(world: World) -> PaymentRequest:
    return builders.approved(world)


@pytest.fixture
def forgotten(rig: Rig) -> None:
    """The web server knows nothing of a broker that failed it, and will ask it again."""
    rig.web.kill()


@pytest.fixture
def accountant(rig: Rig, world: World, approved: PaymentRequest) -> HttpPerson:
    """An accountant before the program, which has shown these pages before."""
    rig.begin_web()
    person = rig.visitor(world.accountant)
    here = f"/requests/{approved.pk}/"
    for path in ("/", "/requests/", here):
        person.get(path)
    wrong = {**payment(), "number": "0"}
    assert person.attempt(f"{here}payments/", wrong).status == 422
    return person


@pytest.fixture
def worker_and_beat(rig: Rig) -> Iterator[None]:
    """The rest of the program; its sweepers come every two seconds."""
    beat = rig.beat(SWEEP_SECONDS="2")
    rig.begin_worker()
    beat.begin()
    yield
    beat.kill()


def payment() -> dict[str, Any]:
    """A payment's form: it wakes tasks for a file, a letter and a notice."""
    return decision_form(number="373", payment_order=file("П-п № 373.pdf", PDF))


def quickly(ask: Callable[[], Page]) -> Page:
    """The answer, which took no longer than a page may."""
    begin = time.monotonic()
    page = ask()
    took = time.monotonic() - begin
    assert took < A_PAGE_MAY_TAKE, f"{took:.2f} s"
    return page


def paid(accountant: HttpPerson, approved: PaymentRequest) -> None:
    """The payment is recorded, quickly, and so do other pages answer."""
    here = f"/requests/{approved.pk}/"
    answer = quickly(lambda: accountant.attempt(f"{here}payments/", payment()))
    assert answer.status == 303
    for path in ("/", here, "/requests/"):
        quickly(lambda path=path: accountant.get(path))  # type: ignore[misc]
    assert accountant.get(here).one("request-status")["status"] == "paid"


def nothing_is_lost(rig: Rig, world: World) -> None:
    """All that was promised is kept, once."""
    assert {*Folder.objects.values_list("state", flat=True)} == {FolderState.READY}
    assert {*Document.objects.values_list("state", flat=True)} == {DocumentState.STORED}
    letter = Letter.objects.get()
    assert letter.state == LetterState.SENT
    assert len(rig.mailbox.to(world.contact.email)) == 1
    assert verify() == []


def test_broker_wiped_after_a_commit(
    rig: Rig, world: World, approved: PaymentRequest, accountant: HttpPerson
) -> None:
    """The messages are there, nobody has taken them yet, and then they are gone."""
    rig.worker.kill()
    paid(accountant, approved)
    assert rig.messages() > 0

    rig.valkey.stop()
    rig.valkey.start()

    assert rig.messages() == 0
    rig.begin_worker()
    rig.settle()
    nothing_is_lost(rig, world)


def test_broker_stopped_before_a_commit(
    rig: Rig, world: World, approved: PaymentRequest, accountant: HttpPerson
) -> None:
    rig.valkey.stop()

    paid(accountant, approved)

    rig.valkey.start()
    rig.begin_worker()
    rig.settle()
    nothing_is_lost(rig, world)


@pytest.mark.usefixtures("forgotten")
def test_broker_frozen_before_a_commit(
    rig: Rig, world: World, approved: PaymentRequest, accountant: HttpPerson
) -> None:
    """It takes connections and never answers: the worst kind of being away."""
    rig.valkey.freeze()
    try:
        paid(accountant, approved)
    finally:
        rig.valkey.thaw()

    rig.begin_worker()
    rig.settle()
    nothing_is_lost(rig, world)
    link = f"/s/{token_for(Letter.objects.get().share_link)}/"
    rig.visitor().get(link)
    rig.valkey.freeze()
    try:
        # The only page that asks the cache, too.
        assert quickly(lambda: rig.visitor().get(link)).one("public-payment")["status"] == "paid"
    finally:
        rig.valkey.thaw()


@pytest.mark.usefixtures("forgotten")
def test_broker_stopped_during_a_commit(
    rig: Rig, world: World, approved: PaymentRequest, accountant: HttpPerson
) -> None:
    last_row = rig.database.rule(b'INSERT INTO "notifications_notice"')
    answer = later(lambda: accountant.attempt(f"/requests/{approved.pk}/payments/", payment()))
    last_row.wait()
    commit = rig.database.rule(b"COMMIT")
    last_row.release()
    commit.wait()
    rig.valkey.stop()

    def goes_on() -> Page:
        commit.release()
        return answer()

    assert quickly(goes_on).status == 303
    rig.valkey.start()
    rig.begin_worker()
    rig.settle()
    nothing_is_lost(rig, world)


@pytest.mark.usefixtures("worker_and_beat")
def test_broker_back_after_an_outage_and_all_is_caught_up_within_a_minute(
    rig: Rig, world: World, approved: PaymentRequest, accountant: HttpPerson
) -> None:
    """Worker and scheduler were there all the while, and nobody helps them."""
    until(lambda: Folder.objects.filter(state=FolderState.READY).exists())
    rig.valkey.stop()
    paid(accountant, approved)
    manager = rig.visitor(world.manager)
    manager.get("/me/")
    form = {**request_form(world, action="submit"), "invoice": file("Счёт.pdf", PDF)}
    assert quickly(lambda: manager.attempt("/requests/new/", form)).status == 303
    until(lambda: "Cannot connect to redis" in rig.worker.printed())

    rig.valkey.start()

    until_none(
        lambda: [row for model in (Folder, Document, Letter) for row in promised(model)],
        timeout=ALL_IS_CAUGHT_UP_IN,
    )
    nothing_is_lost(rig, world)
    assert Event.objects.filter(kind="request.submitted").count() == 2

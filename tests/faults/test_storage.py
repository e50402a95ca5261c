"""The storage is stopped, slow, full, refuses the key or sends half: uploads are refused in words and leave
nothing behind, filing waits and tries again, and what is not the file that came is never called stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from approvals import services
from approvals.models import PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import PDF, World
from documents.models import Document, DocumentState, Folder, FolderState, Upload
from documents.tasks import file_document, make_folder, make_paper
from notifications.models import Letter, LetterState
from notifications.tasks import deliver_letter
from outbox import services as outbox
from tests.faults.forms import request_form
from tests.faults.later import later
from tests.faults.rig import BUCKET, Rig
from tests.faults.waits import pause_of, time_passes
from tests.neighbour import Person, file
from tests.worker import work

PATH = "/requests/new/"
FULL = (
    b"HTTP/1.1 507 Insufficient Storage\r\nContent-Type: application/xml\r\nConnection: close\r\n"
    b"Content-Length: 127\r\n\r\n"
    b"<Error><Code>XMinioStorageFull</Code><Message>Storage backend has reached its minimum free "
    b"drive threshold.</Message></Error>"
)


@pytest.fixture(autouse=True)
def _through_the_proxy(rig: Rig, settings: Any) -> None:
    """This process reaches the storage as the program does."""
    settings.STORAGES = rig.storages(through_proxy=True)


def stopped(rig: Rig, settings: Any) -> Iterator[None]:
    rig.s3.stop()
    yield
    rig.s3.start()


def slow(rig: Rig, settings: Any) -> Iterator[None]:
    """Every answer comes after the longest that anybody waits: a second here, ten in the program."""
    whole = settings.STORAGES
    settings.STORAGES = rig.storages(through_proxy=True, patience=1)
    rig.storage.rule(fate="delay", times=1000, seconds=1.5)
    yield
    rig.storage.forget()
    settings.STORAGES = whole


def full(rig: Rig, settings: Any) -> Iterator[None]:
    """It reads and writes nothing, and says so as MinIO does."""
    rig.storage.rule(b"PUT /", fate="instead", times=1000, answer=FULL)
    yield
    rig.storage.forget()


def refuses_the_key(rig: Rig, settings: Any) -> Iterator[None]:
    whole = settings.STORAGES
    settings.STORAGES = rig.storages(through_proxy=True, secret_key="another")
    yield
    settings.STORAGES = whole


FAULTS = [stopped, slow, full, refuses_the_key]


@pytest.fixture(params=FAULTS, ids=lambda fault: fault.__name__)
def fault(rig: Rig, settings: Any, request: pytest.FixtureRequest) -> Iterator[Iterator[None]]:
    """What is wrong with the storage from the first `next` to the second."""
    happens = request.param(rig, settings)
    yield happens
    next(happens, None)


def test_an_upload_is_refused_in_words_and_nothing_is_half_saved(
    rig: Rig, world: World, fault: Iterator[None]
) -> None:
    manager = Person("manager")
    manager.get(PATH)
    form = request_form(world, action="submit")
    next(fault)

    page = manager.post(PATH, 422, **form, invoice=file("Счёт.pdf", PDF))

    assert page.faults() == {"invoice"}
    assert "Хранилище не приняло файл" in page.text
    assert page.value_of("purpose") == form["purpose"]
    assert not Upload.objects.exists()
    assert not PaymentRequest.objects.exists()
    next(fault, None)
    made = manager.send(page, PATH, **{**form, "invoice": file("Счёт.pdf", PDF)})
    assert made.location == f"/requests/{PaymentRequest.objects.get().pk}/"


def test_filing_waits_and_tries_again(rig: Rig, world: World, fault: Iterator[None]) -> None:
    made = builders.draft(world)
    next(fault)

    pauses = []
    folder = Folder.objects.get(path="Companies")
    for _attempt in range(2):
        make_folder(folder.pk)
        pauses.append(pause_of(folder))
        assert folder.state == FolderState.PENDING
        assert folder.last_error == "The storage does not answer."
        time_passes()

    assert pauses == [0.5, 1.0]
    next(fault, None)
    work()
    document = Document.objects.get()
    assert document.state == DocumentState.STORED
    assert hashlib.sha256(rig.read(document.key)).hexdigest() == document.sha256
    assert made.folder is not None
    assert {*rig.keys(f"{made.folder.path}/")} == {document.key, f"{made.folder.path}/.folder"}


READ_BACK = (b"GET /signoff-faults/Companies", b".pdf")
BIG = PDF + b"% a large file\n" * 20_000


@pytest.fixture
def promised(world: World) -> Document:
    """A document to be filed; its folder is there."""
    builders.draft(world, invoice=False)
    made = PaymentRequest.objects.get()
    services.add_document(
        payment_request_id=made.pk,
        actor=world.manager,
        upload=builders.upload(world.manager, content=BIG),
        kind="invoice",
    )
    for pk in outbox.due(Folder, now=timezone.now()):
        make_folder(pk)
    return Document.objects.get()


def stored_in_the_end(rig: Rig, document: Document) -> None:
    time_passes()
    file_document(document.pk)
    document.refresh_from_db()
    assert document.state == DocumentState.STORED
    assert rig.read(document.key) == BIG
    assert rig.keys("incoming/") == []


def test_a_truncated_body_is_never_marked_stored(rig: Rig, promised: Document) -> None:
    """The copy may be right; what came back is not, and nobody can tell."""
    rig.storage.rule(*READ_BACK, fate="shorten", size=5_000)

    file_document(promised.pk)

    assert pause_of(promised) == 0.5
    assert promised.state == DocumentState.RECEIVED
    assert promised.last_error == "The storage does not answer."
    stored_in_the_end(rig, promised)


def test_a_wrong_hash_is_never_marked_stored(rig: Rig, promised: Document) -> None:
    """Other bytes of the same length lie there when the copy is read back."""
    read_back = rig.storage.rule(*READ_BACK)
    filing = later(lambda: file_document(promised.pk))
    read_back.wait()
    rig.client.put_object(Bucket=BUCKET, Key=promised.key, Body=BIG[::-1])
    read_back.release()
    filing()

    assert pause_of(promised) == 0.5
    assert promised.state == DocumentState.RECEIVED
    assert promised.last_error == "The copy in the folder is not the file that was received."
    assert promised.key not in rig.keys(promised.folder.path)
    stored_in_the_end(rig, promised)


def test_a_letter_waits_for_the_whole_of_its_attachment(
    rig: Rig, world: World, mailoutbox: list[EmailMessage]
) -> None:
    builders.paid(world)
    steps = ((Folder, make_folder), (Document, make_paper), (Document, file_document))
    for model, task in steps:
        for pk in outbox.due(model, now=timezone.now()):
            task(pk)
    letter = Letter.objects.get()
    rig.storage.rule(*READ_BACK, fate="shorten", size=600)

    deliver_letter(letter.pk)

    assert pause_of(letter) == 0.5
    assert letter.state == LetterState.QUEUED
    assert letter.last_error == "The storage did not answer"
    time_passes()
    deliver_letter(letter.pk)
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert [len(message.attachments) for message in mailoutbox] == [2]


def test_nobody_waits_for_a_storage_for_longer_than_a_lease(settings: Any) -> None:
    """Or a second worker would take up what the first still does."""
    config = settings.STORAGES["default"]["OPTIONS"]["client_config"]
    once = config.connect_timeout + config.read_timeout
    # Copying, reading back and deleting.
    assert 3 * once * config.retries["total_max_attempts"] < outbox.LEASE.total_seconds()

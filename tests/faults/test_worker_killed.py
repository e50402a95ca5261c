"""A worker that dies, by SIGKILL, between any two steps of what it does.

Afterwards all is done, after a restart or when the lease is over: one file, one event; a letter at most
twice, and then under one Message-ID.
"""

from __future__ import annotations

import datetime
import hashlib

import pytest
from django.db.models import F
from django.utils import timezone

from approvals.models import Event, PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import World
from audit.services import verify
from documents.models import Document, DocumentState, Folder, FolderState
from documents.tasks import file_document, make_folder
from notifications.models import Letter, LetterState, Notice
from outbox import services as outbox
from tests.faults.rig import Rig
from tests.stack.proxy import Rule

ORDER = "Платёжное поручение № 373.pdf"


@pytest.fixture
def paid(world: World) -> PaymentRequest:
    """A paid request: its folders are there, two files and a letter are promised."""
    made = builders.paid(world)
    now = timezone.now()
    for pk in outbox.due(Folder, now=now):
        make_folder(pk)
    # The ten seconds in which a decision can be undone are over.
    Notice.objects.filter(next_try_at__gt=now).update(next_try_at=now)
    return made


def die(rig: Rig, rule: Rule, task: str, pk: int) -> None:
    """A worker takes up the task and is killed where the rule holds it."""
    rig.begin_worker()
    rig.wake(task, pk)
    rule.wait()
    rig.worker.kill()
    rule.drop()


def lease_is_over() -> None:
    """As if five minutes had passed since anything was claimed."""
    for model in (Document, Letter):
        passed = F("claimed_at") - outbox.LEASE - datetime.timedelta(seconds=1)
        model.objects.filter(claimed_at__isnull=False).update(claimed_at=passed)


def all_is_well(rig: Rig, paid: PaymentRequest) -> None:
    """Each file lies in the folder once and is what came, each has one event, each letter was sent once."""
    documents = {document.key: document for document in Document.objects.all()}
    assert {document.state for document in documents.values()} == {DocumentState.STORED}
    assert paid.folder is not None
    assert {*rig.keys(paid.folder.path + "/")} == {*documents, f"{paid.folder.path}/.folder"}
    assert rig.keys("incoming/") == []
    for key, document in documents.items():
        assert hashlib.sha256(rig.read(key)).hexdigest() == document.sha256
    brought = Document.objects.filter(paper=None)
    assert Event.objects.filter(kind="document.added").count() == brought.count() == 2
    letter = Letter.objects.get()
    assert letter.state == LetterState.SENT
    assert letter.events.filter(kind="sent").count() == 1
    assert not Folder.objects.exclude(state=FolderState.READY).exists()
    assert verify() == []


def letters_to_contact(rig: Rig, world: World) -> list[str]:
    """The Message-IDs of what came for the contact."""
    return [str(it.message["Message-ID"]) for it in rig.mailbox.to(world.contact.email)]


def test_worker_killed_before_the_claim(rig: Rig, world: World, paid: PaymentRequest) -> None:
    order = Document.objects.get(kind="payment_order")
    claim = rig.database.rule(b'UPDATE "documents_document"', b'"attempts" + 1')

    die(rig, claim, "documents.file_document", order.pk)

    order.refresh_from_db()
    assert (order.claim_id, order.attempts) == (None, 0)
    rig.begin_worker()
    rig.settle()
    all_is_well(rig, paid)
    assert len(letters_to_contact(rig, world)) == 1


def test_worker_killed_after_the_claim_of_a_document(
    rig: Rig, world: World, paid: PaymentRequest
) -> None:
    order = Document.objects.get(kind="payment_order")

    die(
        rig,
        rig.storage.rule(b"x-amz-copy-source"),
        "documents.file_document",
        order.pk,
    )

    order.refresh_from_db()
    assert (order.state, order.attempts) == (DocumentState.RECEIVED, 1)
    assert order.pk not in outbox.due(Document, now=timezone.now())
    lease_is_over()
    rig.begin_worker()
    rig.settle()
    all_is_well(rig, paid)
    assert len(letters_to_contact(rig, world)) == 1


def test_worker_killed_after_the_claim_of_a_letter(
    rig: Rig, world: World, paid: PaymentRequest
) -> None:
    for document in Document.objects.all():
        file_document(document.pk)
    letter = Letter.objects.get()

    die(rig, rig.smtp.rule(b"mail FROM"), "notifications.deliver_letter", letter.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == (LetterState.QUEUED, 1)
    assert letters_to_contact(rig, world) == []
    lease_is_over()
    rig.begin_worker()
    rig.settle()
    all_is_well(rig, paid)
    assert len(letters_to_contact(rig, world)) == 1


def test_worker_killed_after_the_s3_copy(rig: Rig, world: World, paid: PaymentRequest) -> None:
    order = Document.objects.get(kind="payment_order")
    copied = rig.storage.rule(b"x-amz-copy-source", fate="hold answer")

    die(rig, copied, "documents.file_document", order.pk)

    order.refresh_from_db()
    assert order.state == DocumentState.RECEIVED
    assert {order.key, order.incoming_key} <= {*rig.keys()}
    lease_is_over()
    rig.begin_worker()
    rig.settle()
    all_is_well(rig, paid)
    assert len(letters_to_contact(rig, world)) == 1


def test_worker_killed_after_the_mail_servers_250_and_before_it_was_written_down(
    rig: Rig, world: World, paid: PaymentRequest
) -> None:
    for document in Document.objects.all():
        file_document(document.pk)
    letter = Letter.objects.get()
    sent = rig.database.rule(b'UPDATE "notifications_letter"', b"'sent'")

    die(rig, sent, "notifications.deliver_letter", letter.pk)

    letter.refresh_from_db()
    assert letter.state == LetterState.QUEUED
    assert len(letters_to_contact(rig, world)) == 1
    lease_is_over()
    rig.begin_worker()
    rig.settle()
    all_is_well(rig, paid)
    assert letters_to_contact(rig, world) == [letter.message_id] * 2

"""Whether everything that was promised is there, once."""

from __future__ import annotations

import hashlib
from collections import Counter
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from approvals.models import Event, Export, Payment, PaymentRequest, RequestLetter
from approvals.states import Occasion, Status
from audit.services import verify
from documents.models import Document, DocumentState, Folder, FolderState
from notifications.models import Letter, LetterState, Notice
from tests.over_http import HttpPerson
from tests.stack.mailbox import Mailbox
from tests.torture.people import Book

PROMISES = (Folder, Document, Letter, Notice, Export)
DECISIONS = ("submit", "accept", "approve", "return", "refuse")


def check(book: Book, mailbox: Mailbox, storage: Any, bucket: str, *, kills: int) -> list[str]:
    """What does not balance, a line each."""
    return [
        *forms(book),
        *letters(mailbox, kills),
        *documents(book, storage, bucket),
        *sums(),
        *promises(),
        *(f"chain: {line}" for line in verify()),
    ]


def forms(book: Book) -> list[str]:
    """Every accepted form once, and nothing that nobody had accepted."""
    faults = []
    for kind, rows in (("request", PaymentRequest), ("payment", Payment)):
        there = Counter(str(key) for key in rows.objects.values_list("form_key", flat=True))
        accepted = book.keys(kind)
        faults += [f"{kind} {key} is there {n} times" for key, n in there.items() if n != 1]
        faults += [f"{kind} {key} was accepted and is not there" for key in accepted - {*there}]
        faults += [f"{kind} {key} is there and was not accepted" for key in {*there} - accepted]
    done = Counter(
        str(key) for key in Event.objects.exclude(form_key=None).values_list("form_key", flat=True)
    )
    for kind in DECISIONS:
        missing = [key for key in book.keys(kind) if key not in done]
        faults += [f"{kind} {key} was accepted and is not in the history" for key in missing]
    return faults


def letters(mailbox: Mailbox, kills: int) -> list[str]:
    """A letter for each payment that closes a request, delivered once, or once more a kill."""
    faults = []
    came = Counter(str(received.message["Message-ID"]) for received in mailbox.letters)
    for paid in PaymentRequest.objects.filter(status=Status.PAID):
        found = RequestLetter.objects.filter(payment_request=paid, occasion=Occasion.PAID).count()
        if found != 1:
            faults.append(f"request {paid.pk} is paid and has {found} letters of it")
    for letter in Letter.objects.all():
        if letter.state != LetterState.SENT:
            faults.append(f"letter {letter.pk} is {letter.state}: {letter.last_error}")
        if not came[letter.message_id]:
            faults.append(f"letter {letter.pk} never came")
    known = {*Letter.objects.values_list("message_id", flat=True)}
    again = sum(count - 1 for message_id, count in came.items() if message_id in known)
    if again > kills:
        faults.append(f"{again} letters came again, after {kills} faults that may have caused it")
    return faults


def documents(book: Book, storage: Any, bucket: str) -> list[str]:
    """Every document filed, with the bytes that its row says; every sent file among them."""
    faults = []
    for document in Document.objects.all():
        if document.state != DocumentState.STORED:
            faults.append(f"document {document.pk} is {document.state}: {document.last_error}")
            continue
        content = storage.get_object(Bucket=bucket, Key=document.key)["Body"].read()
        if hashlib.sha256(content).hexdigest() != document.sha256:
            faults.append(f"document {document.pk} has other bytes")
    there = Counter(Document.objects.filter(paper=None).values_list("sha256", flat=True))
    accepted = book.keys("request") | book.keys("payment")
    sent = Counter(digest for key, digest in book.files.items() if key in accepted)
    if there != sent:
        faults.append(f"files: {len(sent - there)} are missing, {len(there - sent)} too many")
    unready = Folder.objects.exclude(state=FolderState.READY)
    return faults + [f"folder {row.pk} is {row.state}: {row.last_error}" for row in unready]


def sums() -> list[str]:
    """What each request says was paid is what its payments say."""
    faults = []
    for row in PaymentRequest.objects.all():
        total = row.payments.aggregate(total=Sum("amount"))["total"] or Decimal(0)
        if row.paid_amount != total:
            faults.append(f"request {row.pk}: paid {row.paid_amount}, payments {total}")
        if (row.status == Status.PAID) != (row.paid_amount == row.amount):
            faults.append(
                f"request {row.pk} is {row.status} with {row.paid_amount} of {row.amount}"
            )
    return faults


def promises() -> list[str]:
    """No row that somebody must still act on, and no claim that nobody let go of."""
    faults = []
    for model in PROMISES:
        for row in model._default_manager.all():
            if row.next_try_at is not None or row.claim_id is not None:
                faults.append(
                    f"{model.__name__} {row.pk} is left: due {row.next_try_at}, claimed"
                    f" {row.claimed_at}, attempts {row.attempts}, {row.last_error!r}"
                )
    failed = Notice.objects.filter(mail="failed")
    return faults + [f"notice {row.pk} failed: {row.last_error}" for row in failed]


def pages(accountant: HttpPerson) -> list[str]:
    """The registry's totals are the sums of the rows."""
    faults = []
    for status in Status.values:
        rows = PaymentRequest.objects.filter(status=status)
        if status == Status.DRAFT or not rows.exists():
            continue
        total = accountant.get(f"/requests/?status={status}").one("registry-total", currency="RUB")
        expected = (str(rows.aggregate(total=Sum("amount"))["total"]), str(rows.count()))
        if (total["amount"], total["count"]) != expected:
            faults.append(
                f"registry of {status}: {total['amount']} {total['count']}, rows {expected}"
            )
    return faults

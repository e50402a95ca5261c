"""A payment notice goes with its letter when it is made in time; the letter is never lost or late for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.utils import timezone

from documents.models import Document, DocumentState
from notifications import delivery, services, tasks
from notifications.models import Letter, LetterState
from notifications.rendering import ATTACHED_AT_MOST, render_letter

Make = Callable[..., Document]
NOTICE = "Уведомление об оплате, заявка № 7.pdf"
BOTH = "Платёжное поручение и уведомление об оплате — во вложении."
ORDER_ALONE = "Платёжное поручение — во вложении."
NO_PANGO = "Waits: pango is not installed on this machine. Type `make system` there."
MAKING = {"state": DocumentState.MAKING, "size": 0, "sha256": ""}


@pytest.fixture
def notice(make_document: Make) -> Callable[..., Document]:
    def make(**fields: Any) -> Document:
        return make_document(kind="payment_notice", name=NOTICE, **fields)

    return make


def names_in(sent: list[Any]) -> list[str]:
    [message] = sent
    return [part.get_filename() for part in message.attachments]


def text_of(message: Any) -> str:
    return " ".join(str(message.body).replace("\xa0", " ").split())


def test_both_go(
    make_letter: Callable[..., Letter], notice: Make, mailoutbox: list[EmailMessage]
) -> None:
    letter = make_letter(extras=[notice()])

    tasks.deliver_letter(letter.pk)
    tasks.deliver_letter(letter.pk)

    assert len(names_in(mailoutbox)) == 2
    assert names_in(mailoutbox)[1] == NOTICE
    assert BOTH in text_of(mailoutbox[0])
    assert letter.attachments.count() == 2
    english = render_letter(make_letter(language="en", extras=[notice()]), live=False)
    assert "The payment order and a payment notice are attached." in english.text


def test_it_waits_twenty_seconds_unseen_and_then_goes_alone(
    make_letter: Callable[..., Letter], notice: Make, mailoutbox: list[Any]
) -> None:
    letter = make_letter(extras=[notice(**MAKING)])
    assert BOTH.replace(" ", "") in "".join(render_letter(letter, live=False).text.split())
    now = timezone.now()

    with time_machine.travel(now + timedelta(seconds=19), tick=False):
        outcome = delivery.deliver_letter(letter.pk)
        assert outcome.wait is not None
        assert outcome.wait <= timedelta(seconds=2)
        assert delivery.deliver_letter(letter.pk).wait is None  # not due before that
    letter.refresh_from_db()
    assert (letter.state, letter.waiting_for_files, letter.attempts) == ("queued", False, 0)
    assert list(letter.events.values_list("kind", flat=True)) == ["queued"]
    assert mailoutbox == []

    with time_machine.travel(now + services.EXTRAS_MAY_TAKE + timedelta(seconds=2), tick=False):
        tasks.deliver_letter(letter.pk)
        tasks.deliver_letter(letter.pk)

    assert len(names_in(mailoutbox)) == 1
    assert mailoutbox[0].extra_headers["Message-ID"] == letter.message_id
    assert ORDER_ALONE in text_of(mailoutbox[0])
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    # The page tells what went.
    assert [document.kind for document in letter.attachments.all()] == ["payment_order"]
    assert "уведомление" not in render_letter(letter, live=False).text


@pytest.mark.parametrize(
    "fields",
    [
        {**MAKING, "state": DocumentState.FAULT},
        {**MAKING, "last_error": NO_PANGO},
    ],
)
def test_one_that_cannot_be_made_is_not_waited_for(
    make_letter: Callable[..., Letter], notice: Make, fields: dict[str, Any], mailoutbox: list[Any]
) -> None:
    letter = make_letter(extras=[notice(**fields)])

    tasks.deliver_letter(letter.pk)

    assert len(names_in(mailoutbox)) == 1
    assert letter.attachments.count() == 1


def test_one_that_cannot_be_read_is_left_out(
    make_letter: Callable[..., Letter], notice: Make, mailoutbox: list[Any]
) -> None:
    gone = notice()
    default_storage.delete(gone.key)

    tasks.deliver_letter(make_letter(extras=[gone]).pk)

    assert len(names_in(mailoutbox)) == 1
    assert ORDER_ALONE in text_of(mailoutbox[0])


def test_it_gives_way_to_a_large_order(
    make_letter: Callable[..., Letter], make_document: Make, notice: Make, mailoutbox: list[Any]
) -> None:
    order = make_document(b"%PDF" + bytes(ATTACHED_AT_MOST - 4))
    letter = make_letter(documents=[order], extras=[notice()])
    assert ORDER_ALONE.split(" —")[0] in render_letter(letter, live=False).text

    tasks.deliver_letter(letter.pk)

    assert len(names_in(mailoutbox)) == 1
    assert ORDER_ALONE in text_of(mailoutbox[0])


def test_a_letter_without_its_files_goes_without_the_notice_too(
    make_letter: Callable[..., Letter], author: Any, notice: Make, mailoutbox: list[Any]
) -> None:
    letter = make_letter(extras=[notice()])
    services.retry_letter(letter_id=letter.pk, actor=author, without_attachment=True)

    tasks.deliver_letter(letter.pk)

    assert names_in(mailoutbox) == []
    assert "во вложении" not in text_of(mailoutbox[0])


def test_an_order_that_does_not_come_is_waited_for_as_ever(
    make_letter: Callable[..., Letter], notice: Make, mailoutbox: list[Any]
) -> None:
    letter = make_letter(documents=[], extras=[notice()])

    tasks.deliver_letter(letter.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.waiting_for_files) == ("queued", True)
    assert mailoutbox == []

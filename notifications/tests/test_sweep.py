"""The sweeper finds whatever nobody was woken for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from documents.models import Document, DocumentState
from notifications import services, tasks
from notifications.models import Letter, LetterState, Notice, NoticeKind, NoticeMail
from outbox import services as outbox
from people.models import User

FACTS = {"number": 7, "company": "ООО «Канцверба»", "amount": "1.00", "currency": "RUB"}


@pytest.fixture
def _at_once() -> Iterator[None]:
    """Whoever is woken runs at once."""
    conf = tasks.sweep.app.conf
    conf.task_always_eager = True
    yield
    conf.task_always_eager = False


@pytest.mark.usefixtures("_at_once")
def test_sweep_sends_what_is_due_once(
    letter: Letter, author: User, accountant: User, django_capture_on_commit_callbacks: Any
) -> None:
    days_ago = timezone.now() - timedelta(days=20)
    services.notify(user=author, kind=NoticeKind.REFUSED, context=FACTS)
    for _number in range(2):
        services.notify(
            user=accountant, kind=NoticeKind.ACCEPTED, context=FACTS, now=days_ago, digest=True
        )

    for _run in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            tasks.sweep()

    assert sorted(message.to[0].partition("<")[2] for message in mail.outbox) == [
        "accountant@listbereg.example>",
        "author@listbereg.example>",
        "nosova@kancverba.example>",
    ]
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert set(Notice.objects.values_list("mail", flat=True)) == {NoticeMail.SENT}


@pytest.mark.usefixtures("_at_once")
def test_what_is_promised_is_sent_after_the_commit_and_not_before(
    make_letter: Callable[..., Letter], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        letter = make_letter()
        assert not mail.outbox

    assert len(mail.outbox) == 1
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT


@pytest.mark.usefixtures("_at_once")
def test_a_failure_wakes_its_notice(
    make_letter: Callable[..., Letter],
    make_document: Callable[..., Document],
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        make_letter(documents=[make_document(state=DocumentState.FAULT)])

    (message,) = mail.outbox
    assert message.subject.startswith("Письмо не доставлено: Носова Елена Юрьевна")


def test_a_waiting_letter_is_woken_again_soon(
    make_letter: Callable[..., Letter],
    make_document: Callable[..., Document],
    django_capture_on_commit_callbacks: Any,
) -> None:
    letter = make_letter(documents=[make_document(state=DocumentState.RECEIVED)])

    with django_capture_on_commit_callbacks() as woken:
        tasks.deliver_letter(letter.pk)

    assert len(woken) == 1
    letter.refresh_from_db()
    assert outbox.due(Letter, now=timezone.now() + timedelta(seconds=2)) == [letter.pk]

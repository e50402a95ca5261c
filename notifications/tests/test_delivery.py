"""Letters against a real mail server: it takes them, puts them off, refuses, is silent, hangs up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from documents.models import Document, DocumentState
from documents.services import revoke_link, token_for
from notifications import reasons, services, tasks
from notifications.models import Letter, LetterState, Notice, NoticeKind
from notifications.tests.conftest import PDF
from outbox import services as outbox
from people.models import User

# Clocks of the program and of the database differ in what they count: milliseconds in SQLite.
LONG_AGO = outbox.LEASE + timedelta(seconds=1)

LATER = timedelta(hours=3)


class Mailbox:
    """Keeps what it takes; answers as it is told to."""

    def __init__(self) -> None:
        self.messages: list[Envelope] = []
        self.to_recipient = "250 OK"
        self.to_data = "250 OK"
        self.to_sender = "250 OK"
        self.drops = False

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.to_sender

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.drops:
            server.transport.abort()
        elif self.to_data.startswith("250"):
            self.messages.append(envelope)
        return self.to_data


@pytest.fixture
def smtp(settings: Any) -> Iterator[Mailbox]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    settings.EMAIL_TIMEOUT = 5
    yield mailbox
    controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def state(letter: Letter) -> Letter:
    return Letter.objects.get(pk=letter.pk)


def wind_back(letter: Letter, by: timedelta) -> None:
    """Everything about the letter happened so much earlier (a travelling clock would not fit S3's)."""
    for row in letter.events.all():
        row.at -= by
        row.save()
    letter.refresh_from_db()
    for name in ("created_at", "next_try_at", "claimed_at"):
        if getattr(letter, name):
            setattr(letter, name, getattr(letter, name) - by)
    letter.save()


def events(letter: Letter) -> list[str]:
    return list(letter.events.values_list("kind", flat=True))


def test_a_letter_that_is_taken_is_sent(letter: Letter, smtp: Mailbox) -> None:
    tasks.deliver_letter(letter.pk)

    (envelope,) = smtp.messages
    assert envelope.rcpt_tos == ["nosova@kancverba.example"]
    after = state(letter)
    assert after.state == LetterState.SENT
    assert after.sent_at is not None
    assert after.next_try_at is None
    assert after.claim_id is None
    assert after.attempts == 1
    assert events(letter) == ["queued", "sent"]


def test_running_it_twice_sends_once(letter: Letter, smtp: Mailbox) -> None:
    tasks.deliver_letter(letter.pk)
    tasks.deliver_letter(letter.pk)

    assert len(smtp.messages) == 1
    assert events(letter) == ["queued", "sent"]


def test_whoever_comes_second_finds_it_claimed(letter: Letter, smtp: Mailbox) -> None:
    assert outbox.claim(Letter, letter.pk) is not None

    tasks.deliver_letter(letter.pk)

    assert not smtp.messages
    assert state(letter).state == LetterState.QUEUED


def test_a_worker_that_died_is_followed_by_another(letter: Letter, smtp: Mailbox) -> None:
    outbox.claim(Letter, letter.pk)

    Letter.objects.update(claimed_at=timezone.now() - LONG_AGO)

    assert outbox.due(Letter, now=timezone.now()) == [letter.pk]
    tasks.deliver_letter(letter.pk)

    assert len(smtp.messages) == 1
    assert state(letter).state == LetterState.SENT


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_eight_workers_send_once(letter: Letter, smtp: Mailbox) -> None:
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        try:
            tasks.deliver_letter(letter.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(smtp.messages) == 1
    assert events(letter) == ["queued", "sent"]


@pytest.mark.parametrize("which", ["to_recipient", "to_data", "to_sender"])
def test_not_now_is_tried_again_later(letter: Letter, smtp: Mailbox, which: str) -> None:
    setattr(smtp, which, "451 4.7.1 greylisted, try again later")

    tasks.deliver_letter(letter.pk)

    after = state(letter)
    assert after.state == LetterState.QUEUED
    assert after.last_error == "451 4.7.1 greylisted, try again later"
    assert after.next_try_at is not None
    assert timedelta(seconds=25) < after.next_try_at - timezone.now() <= timedelta(seconds=30)
    assert events(letter) == ["queued", "attempt_failed"]

    setattr(smtp, which, "250 OK")
    tasks.deliver_letter(letter.pk)
    assert not smtp.messages
    wind_back(letter, timedelta(seconds=30))
    tasks.deliver_letter(letter.pk)

    assert len(smtp.messages) == 1
    assert state(letter).last_error == ""
    assert smtp.messages[0].content is not None
    assert letter.message_id.encode() in smtp.messages[0].content


@pytest.mark.parametrize("which", ["to_recipient", "to_data"])
def test_no_such_address_fails_at_once_and_tells_the_author(
    letter: Letter, author: User, smtp: Mailbox, which: str
) -> None:
    setattr(smtp, which, "550 5.1.1 nosova@kancverba.example: user unknown")

    tasks.deliver_letter(letter.pk)

    after = state(letter)
    assert after.state == LetterState.FAILED
    assert after.attempts == 1
    assert after.next_try_at is None
    assert after.last_error == "550 5.1.1 nosova@kancverba.example: user unknown"
    assert events(letter) == ["queued", "failed"]
    notice = Notice.objects.get()
    assert notice.user == author
    assert notice.kind == NoticeKind.LETTER_FAILED
    assert notice.context["request_id"] == 7
    assert notice.context["url"] == "/requests/7/"
    assert notice.context["contact"] == "Носова Елена Юрьевна"
    assert "user unknown" in notice.context["reason"]
    assert "user_id" not in notice.context


def test_a_refused_sender_is_our_own_mistake_and_waits(letter: Letter, smtp: Mailbox) -> None:
    smtp.to_sender = "550 5.7.1 sender not allowed"

    tasks.deliver_letter(letter.pk)

    assert state(letter).state == LetterState.QUEUED


def test_too_big_for_the_server_fails_at_once(letter: Letter, smtp: Mailbox) -> None:
    smtp.to_sender = "552 5.3.4 message size exceeds fixed limit"

    tasks.deliver_letter(letter.pk)

    assert state(letter).state == LetterState.FAILED


def test_attempts_end(letter: Letter, author: User, smtp: Mailbox) -> None:
    smtp.to_recipient = "451 4.3.0 try later"
    now = timezone.now()

    for attempt in range(outbox.MAX_ATTEMPTS):
        with time_machine.travel(now + attempt * LATER):
            tasks.deliver_letter(letter.pk)

    after = state(letter)
    assert after.state == LetterState.FAILED
    assert after.attempts == outbox.MAX_ATTEMPTS
    assert events(letter).count("attempt_failed") == outbox.MAX_ATTEMPTS - 1
    assert events(letter)[-1] == "failed"
    assert Notice.objects.filter(user=author, kind=NoticeKind.LETTER_FAILED).count() == 1


def test_a_server_that_hangs_up(letter: Letter, smtp: Mailbox) -> None:
    smtp.drops = True

    tasks.deliver_letter(letter.pk)

    after = state(letter)
    assert after.state == LetterState.QUEUED
    assert after.last_error == reasons.NO_ANSWER


def test_a_server_that_is_not_there(letter: Letter, smtp: Mailbox, settings: Any) -> None:
    settings.EMAIL_PORT = free_port()

    tasks.deliver_letter(letter.pk)

    assert state(letter).last_error == reasons.NO_ANSWER


def test_a_server_that_says_nothing(letter: Letter, smtp: Mailbox, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = silent.getsockname()[1], 0.2
        tasks.deliver_letter(letter.pk)

    after = state(letter)
    assert after.state == LetterState.QUEUED
    assert after.last_error == reasons.NO_ANSWER


def test_server_that_fails_to_say_goodbye_has_the_letter(letter: Letter, smtp: Mailbox) -> None:
    async def handle_QUIT(server: SMTP, session: Session, envelope: Envelope) -> str:
        server.transport.abort()
        return "221 Bye"

    smtp.handle_QUIT = handle_QUIT  # type: ignore[attr-defined]

    tasks.deliver_letter(letter.pk)

    assert state(letter).state == LetterState.SENT
    assert len(smtp.messages) == 1


def test_the_mail_server_s_timeout_is_shorter_than_the_lease(settings: Any) -> None:
    assert 0 < settings.EMAIL_TIMEOUT < outbox.LEASE.total_seconds() / 5


def test_a_letter_waits_for_its_file(
    make_letter: Callable[..., Letter], make_document: Callable[..., Document], smtp: Mailbox
) -> None:
    document = make_document(state=DocumentState.RECEIVED)
    letter = make_letter(documents=[document])

    tasks.deliver_letter(letter.pk)

    after = state(letter)
    assert after.waiting_for_files
    assert after.state == LetterState.QUEUED
    assert after.attempts == 0
    assert after.last_error == ""
    assert after.next_try_at is not None
    assert after.next_try_at - timezone.now() <= timedelta(seconds=2)
    assert events(letter) == ["queued", "waiting"]

    wind_back(letter, timedelta(minutes=10))
    tasks.deliver_letter(letter.pk)
    assert events(letter) == ["queued", "waiting"]
    next_try_at = state(letter).next_try_at
    assert next_try_at is not None
    assert next_try_at - timezone.now() > timedelta(seconds=10)

    default_storage.save(document.key, ContentFile(PDF))
    Document.objects.filter(pk=document.pk).update(
        state=DocumentState.STORED, stored_at=timezone.now()
    )
    wind_back(letter, timedelta(minutes=1))
    tasks.deliver_letter(letter.pk)

    assert len(smtp.messages) == 1
    after = state(letter)
    assert after.state == LetterState.SENT
    assert not after.waiting_for_files


def test_a_letter_waits_an_hour_and_no_longer(
    make_letter: Callable[..., Letter],
    make_document: Callable[..., Document],
    author: User,
    smtp: Mailbox,
) -> None:
    letter = make_letter(documents=[make_document(state=DocumentState.RECEIVED)])
    now = timezone.now()

    with time_machine.travel(now + timedelta(minutes=59)):
        tasks.deliver_letter(letter.pk)
    assert state(letter).state == LetterState.QUEUED
    with time_machine.travel(now + timedelta(minutes=61)):
        tasks.deliver_letter(letter.pk)
    after = state(letter)
    assert after.state == LetterState.FAILED
    assert after.last_error == reasons.FILE_LATE
    assert not after.waiting_for_files
    assert Notice.objects.filter(user=author).count() == 1

    # Tried again by hand it has an hour more; without the file it goes.
    with time_machine.travel(now + timedelta(minutes=65)):
        services.retry_letter(letter_id=letter.pk, actor=author)
        tasks.deliver_letter(letter.pk)
        assert state(letter).waiting_for_files
        services.retry_letter(letter_id=letter.pk, actor=author, without_attachment=True)
        tasks.deliver_letter(letter.pk)
    assert state(letter).state == LetterState.SENT
    assert smtp.messages[0].content is not None
    assert b"Content-Disposition" not in smtp.messages[0].content


def test_a_file_that_comes_late_sends_the_letter_that_gave_up(
    make_letter: Callable[..., Letter],
    make_document: Callable[..., Document],
    smtp: Mailbox,
) -> None:
    letter = make_letter(documents=[])

    tasks.deliver_letter(letter.pk)
    assert state(letter).waiting_for_files
    wind_back(letter, timedelta(hours=2))
    tasks.deliver_letter(letter.pk)
    assert state(letter).last_error == reasons.FILE_LATE
    services.attach(letter=letter, document=make_document())
    tasks.deliver_letter(letter.pk)

    assert state(letter).state == LetterState.SENT
    assert smtp.messages[0].content is not None
    assert b"filename*=" in smtp.messages[0].content


def test_a_file_at_fault_fails_the_letter(
    make_letter: Callable[..., Letter], make_document: Callable[..., Document], smtp: Mailbox
) -> None:
    letter = make_letter(documents=[make_document(state=DocumentState.FAULT)])

    tasks.deliver_letter(letter.pk)

    after = state(letter)
    assert after.state == LetterState.FAILED
    assert after.last_error == reasons.FILE_FAULT


def test_a_file_that_was_changed_is_not_sent(
    make_letter: Callable[..., Letter], make_document: Callable[..., Document], smtp: Mailbox
) -> None:
    letter = make_letter(documents=[make_document(sha256="0" * 64)])

    tasks.deliver_letter(letter.pk)

    assert state(letter).last_error == reasons.FILE_CHANGED
    assert not smtp.messages


def test_a_storage_that_does_not_answer_is_tried_again(
    make_letter: Callable[..., Letter], make_document: Callable[..., Document], smtp: Mailbox
) -> None:
    document = make_document()
    default_storage.delete(document.key)
    letter = make_letter(documents=[document])

    tasks.deliver_letter(letter.pk)

    after = state(letter)
    assert after.state == LetterState.QUEUED
    assert after.last_error == reasons.STORAGE_NO_ANSWER


def test_a_letter_whose_link_was_revoked_does_not_go(
    letter: Letter, author: User, smtp: Mailbox
) -> None:
    revoke_link(link=letter.share_link, actor=author, now=timezone.now())

    tasks.deliver_letter(letter.pk)

    after = state(letter)
    assert after.state == LetterState.FAILED
    assert after.last_error == reasons.LINK_REVOKED
    assert not smtp.messages


def test_a_letter_whose_link_has_expired_does_not_go(
    make_letter: Callable[..., Letter], smtp: Mailbox
) -> None:
    letter = make_letter(now=timezone.now() - timedelta(days=91))

    tasks.deliver_letter(letter.pk)

    assert state(letter).last_error == reasons.LINK_EXPIRED
    assert not smtp.messages


def test_a_letter_keeps_its_link_when_the_key_is_changed(
    letter: Letter, smtp: Mailbox, settings: Any
) -> None:
    token = token_for(letter.share_link)
    settings.SHARE_LINK_KEY_FALLBACKS = [settings.SHARE_LINK_KEY]
    settings.SHARE_LINK_KEY = "another"

    tasks.deliver_letter(letter.pk)

    assert token.encode() in smtp.messages[0].content.replace(b"=\r\n", b"")


def test_a_letter_with_a_dead_link_does_not_go(
    letter: Letter, smtp: Mailbox, settings: Any
) -> None:
    settings.SHARE_LINK_KEY = "another"

    tasks.deliver_letter(letter.pk)

    assert (state(letter).state, state(letter).last_error) == ("failed", reasons.LINK_KEY_LOST)
    assert not smtp.messages


def test_an_unexpected_error_is_no_endless_loop(letter: Letter, smtp: Mailbox) -> None:
    Letter.objects.filter(pk=letter.pk).update(context={"currency": "RUB"})

    tasks.deliver_letter(letter.pk)

    after = state(letter)
    assert after.state == LetterState.QUEUED
    assert after.last_error == reasons.UNEXPECTED
    assert after.claim_id is None


def test_a_letter_that_kills_its_workers_is_given_up(letter: Letter, smtp: Mailbox) -> None:
    Letter.objects.filter(pk=letter.pk).update(attempts=outbox.MAX_ATTEMPTS)

    tasks.deliver_letter(letter.pk)

    assert state(letter).state == LetterState.FAILED
    assert not smtp.messages


def test_nobody_is_told_where_the_letter_names_nobody(letter: Letter, smtp: Mailbox) -> None:
    smtp.to_recipient = "550 no"
    context = {key: value for key, value in letter.context.items() if key != "on_failure"}
    Letter.objects.filter(pk=letter.pk).update(context=context)

    tasks.deliver_letter(letter.pk)

    assert state(letter).state == LetterState.FAILED
    assert not Notice.objects.exists()


def test_logs_tell_no_addresses(
    letter: Letter, smtp: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    smtp.to_recipient = "550 5.1.1 nosova@kancverba.example: user unknown"

    with caplog.at_level("INFO"):
        tasks.deliver_letter(letter.pk)

    assert "letter.failed" in caplog.text
    ours = [vars(record) for record in caplog.records if record.name.startswith("notifications")]
    assert "nosova" not in str(ours)

"""What people do about letters: send again, send without the file, revoke the link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from audit.refusals import Conflict
from counterparties.models import Contact
from documents.models import Document, LinkVisit
from documents.services import record_visit, token_for
from notifications import reasons, selectors, services, tasks
from notifications.models import Letter, LetterState, NoticeKind
from outbox import services as outbox
from people.models import User

# Clocks of the program and of the database differ in what they count: milliseconds in SQLite.
LONG_AGO = outbox.LEASE + timedelta(seconds=1)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def failed(letter: Letter, error: str = "550 user unknown") -> Letter:
    """The letter as it is after it was given up."""
    Letter.objects.filter(pk=letter.pk).update(
        state=LetterState.FAILED, attempts=8, last_error=error, next_try_at=None
    )
    letter.refresh_from_db()
    return letter


def test_queue_letter_keeps_the_contact_as_they_are(
    make_letter: Callable[..., Letter], contact: Contact, author: User
) -> None:
    letter = make_letter(now=NOW)
    contact.email, contact.full_name, contact.language = "new@x.example", "Другой", "en"
    contact.save()
    letter.refresh_from_db()

    assert (letter.to_email, letter.to_name, letter.language) == (
        "nosova@kancverba.example",
        "Носова Елена Юрьевна",
        "ru",
    )
    assert letter.state == LetterState.QUEUED
    assert letter.created_at == letter.next_try_at == NOW
    assert letter.share_link.expires_at == NOW + timedelta(days=90)
    assert letter.attachments.count() == 1
    event = letter.events.get()
    assert (event.kind, event.at, event.actor) == ("queued", NOW, author)


def test_no_column_holds_the_token(letter: Letter) -> None:
    token = token_for(letter.share_link)

    for row in (letter, letter.share_link):
        row.refresh_from_db()
        assert token not in str(vars(row))


def test_what_is_rolled_back_leaves_nothing(make_letter: Callable[..., Letter]) -> None:
    with transaction.atomic():
        make_letter()
        transaction.set_rollback(True)

    assert not Letter.objects.exists()


def test_a_broker_that_is_down_loses_no_letter(
    make_letter: Callable[..., Letter], settings, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        letter = make_letter()

    tasks.sweep()
    assert outbox.due(Letter, now=timezone.now()) == [letter.pk]


def test_retry_starts_anew(letter: Letter, author: User) -> None:
    failed(letter)

    services.retry_letter(letter_id=letter.pk, actor=author, now=NOW)

    letter.refresh_from_db()
    assert letter.state == LetterState.QUEUED
    assert letter.attempts == 0
    assert letter.last_error == ""
    assert letter.next_try_at == NOW
    assert not letter.without_attachment
    event = letter.events.get(kind="retried")
    assert (event.actor, event.at, event.detail) == (author, NOW, "")


def test_retry_keeps_the_message_id(letter: Letter, author: User) -> None:
    before = letter.message_id
    services.retry_letter(letter_id=failed(letter).pk, actor=author)
    tasks.deliver_letter(letter.pk)

    assert mail.outbox[0].extra_headers["Message-ID"] == before


def test_retry_without_the_file(letter: Letter, author: User) -> None:
    failed(letter, reasons.FILE_FAULT)

    services.retry_letter(letter_id=letter.pk, actor=author, without_attachment=True)
    tasks.deliver_letter(letter.pk)

    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert letter.without_attachment
    assert not mail.outbox[0].attachments
    assert letter.events.get(kind="retried").detail == "without_attachment"


def test_retry_of_a_sent_letter_is_refused(letter: Letter, author: User) -> None:
    tasks.deliver_letter(letter.pk)

    with pytest.raises(Conflict, match="Письмо уже отправлено"):
        services.retry_letter(letter_id=letter.pk, actor=author)

    assert letter.events.count() == 2


def test_retry_of_a_letter_being_sent_is_refused(letter: Letter, author: User) -> None:
    outbox.claim(Letter, letter.pk)

    with pytest.raises(Conflict, match="отправляется прямо сейчас"):
        services.retry_letter(letter_id=letter.pk, actor=author)


def test_retry_after_a_worker_died(letter: Letter, author: User) -> None:
    outbox.claim(Letter, letter.pk)
    Letter.objects.update(claimed_at=timezone.now() - LONG_AGO)

    services.retry_letter(letter_id=letter.pk, actor=author)

    letter.refresh_from_db()
    assert letter.claim_id is None


def test_retry_with_a_revoked_link_is_refused(letter: Letter, author: User) -> None:
    services.revoke_letter_link(letter_id=letter.pk, actor=author)

    with pytest.raises(Conflict, match="отозвана"):
        services.retry_letter(letter_id=letter.pk, actor=author)


def test_revoke_closes_the_door_and_stops_the_letter(letter: Letter, author: User) -> None:
    services.revoke_letter_link(letter_id=letter.pk, actor=author, now=NOW)
    services.revoke_letter_link(letter_id=letter.pk, actor=author)

    letter.refresh_from_db()
    assert letter.share_link.revoked_at == NOW
    assert letter.share_link.revoked_by == author
    assert letter.events.filter(kind="revoked").count() == 1
    tasks.deliver_letter(letter.pk)
    letter.refresh_from_db()
    assert letter.state == LetterState.FAILED
    assert letter.last_error == reasons.LINK_REVOKED
    assert not mail.outbox


def test_revoke_of_a_sent_letter_leaves_it_sent(letter: Letter, author: User) -> None:
    tasks.deliver_letter(letter.pk)

    services.revoke_letter_link(letter_id=letter.pk, actor=author)

    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert letter.share_link.revoked_at is not None


def test_attach_leaves_a_sent_letter_alone(
    letter: Letter, make_document: Callable[..., Document]
) -> None:
    tasks.deliver_letter(letter.pk)

    services.attach(letter=letter, document=make_document())

    assert letter.attachments.count() == 1


def test_attach_does_not_send_again_what_failed_for_another_reason(
    letter: Letter, make_document: Callable[..., Document]
) -> None:
    failed(letter)

    services.attach(letter=letter, document=make_document())

    letter.refresh_from_db()
    assert letter.state == LetterState.FAILED
    assert letter.attachments.count() == 2


def test_with_read(make_letter: Callable[..., Letter], django_assert_num_queries) -> None:
    unread, seen_by_staff, followed = make_letter(), make_letter(), make_letter()
    record_visit(link=seen_by_staff.share_link, what=LinkVisit.What.PAGE, by_staff=True, now=NOW)
    for minutes in (5, 0):
        record_visit(
            link=followed.share_link,
            what=LinkVisit.What.PAGE,
            now=NOW + timedelta(minutes=minutes),
        )

    with django_assert_num_queries(1):
        letters = {letter.pk: letter for letter in selectors.with_read(Letter.objects.all())}

    assert letters[unread.pk].read_state == "none"
    assert letters[unread.pk].followed_at is None
    assert letters[seen_by_staff.pk].read_state == "none"
    assert letters[followed.pk].read_state == "followed"
    assert letters[followed.pk].followed_at == NOW


def test_letter_events_with_their_people(letter: Letter, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        assert [(e.kind, str(e.actor)) for e in selectors.letter_events(letter)] == [
            ("queued", "Кравцова Алина Сергеевна")
        ]


def test_bell_counts_what_is_unread(author: User, accountant: User) -> None:
    for user in (author, author, accountant):
        services.notify(user=user, kind=NoticeKind.PAID, context={"number": 7}, now=NOW)

    assert selectors.unread_notices(author).count() == 2
    assert services.mark_notices_read(user=author, now=NOW) == 2
    assert selectors.unread_notices(author).count() == 0
    assert selectors.unread_notices(accountant).count() == 1
    assert [notice.read_at for notice in selectors.notices_of(author)] == [NOW, NOW]
    assert services.mark_notices_read(user=author) == 0

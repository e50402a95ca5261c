"""Keeping the promise of a row: claim it, hand it over with no transaction open, write how it went."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from documents.models import Document, DocumentState
from documents.selectors import link_state, may_come_soon
from documents.services import KeyLost, Unreadable, content_of
from notifications import mailer, messages, reasons
from notifications.models import (
    Letter,
    LetterAttachment,
    LetterState,
    Notice,
    NoticeMail,
    TestLetter,
)
from notifications.notice_mail import entry_link_id
from notifications.records import add_event, tell_of_failure
from notifications.rendering import files_carried
from outbox import services as outbox
from people import entry
from people.models import EntryLink, User

logger = logging.getLogger(__name__)

FILES_MAY_TAKE = timedelta(hours=1)
# A file is filed within a second or two; one that is not by then will not be by the next two seconds either.
FIRST_WAITS = timedelta(minutes=1)
SHORT_WAIT, LONG_WAIT = timedelta(seconds=2), timedelta(seconds=15)


class FilesNotStored(Exception):
    """An attachment is still on its way to its folder."""


class ExtrasNotStored(Exception):
    """So is one that the letter can do without, and its time is not over."""


@dataclass(frozen=True)
class Enclosed:
    """The documents that a letter tells of, and the bytes of those that it carries."""

    documents: list[Document]
    files: list[tuple[Document, bytes]]


@dataclass(frozen=True)
class Outcome:
    """What is to be woken after a letter was dealt with."""

    wait: timedelta | None = None
    notice_id: int | None = None


def deliver_letter(pk: int) -> Outcome:
    """Send one letter, unless somebody else has it or it is not due."""
    letter = outbox.claim(Letter, pk)
    if letter is None:
        return Outcome()
    try:
        enclosed = _enclosed_in(letter)
        message = messages.letter_message(letter, enclosed.files, enclosed.documents)
        if not outbox.still_mine(letter):
            return Outcome()  # reading the files took so long that another worker sends it
        mailer.hand_over(message)
    except FilesNotStored:
        return _wait_for_files(letter)
    except ExtrasNotStored:
        return _wait_for_extras(letter)
    except KeyLost:
        return _letter_not_sent(letter, mailer.NotSent(reasons.LINK_KEY_LOST, permanent=True))
    except mailer.NotSent as failure:
        return _letter_not_sent(letter, failure)
    except Exception:
        logger.exception("letter.unexpected_error", extra={"letter_id": pk})
        return _letter_not_sent(letter, mailer.NotSent(reasons.UNEXPECTED, permanent=False))
    _letter_sent(letter, enclosed)
    return Outcome()


def deliver_notice(pk: int) -> None:
    """Send one notice's e-mail, unless it is another one's turn or goes with a digest."""
    if not Notice.objects.filter(pk=pk, mail=NoticeMail.QUEUED).exists():
        return
    notice = outbox.claim(Notice, pk)
    if notice is not None:
        _deliver_notices([notice])


def send_digest(user_pk: int) -> None:
    """Send everything of one person's that waits for a digest and is due, in one e-mail."""
    notices = _claim_digest(user_pk)
    if notices:
        _deliver_notices(notices)


@transaction.atomic
def _claim_digest(user_pk: int) -> list[Notice]:
    """All of the person's due news or none: of two tasks that come together, one sends the whole."""
    User.objects.select_for_update(of=("self",), no_key=True).filter(pk=user_pk).first()
    due = Notice.objects.filter(
        user_id=user_pk, mail=NoticeMail.DIGEST, next_try_at__lte=timezone.now()
    ).order_by("pk")
    claimed = [outbox.claim(Notice, pk) for pk in due.values_list("pk", flat=True)]
    return [notice for notice in claimed if notice is not None]


def deliver_test_letter(pk: int) -> None:
    """Send it once: whoever asked looks on, and asks again when what was wrong is put right."""
    letter = outbox.claim(TestLetter, pk)
    if letter is None:
        return
    try:
        mailer.hand_over(messages.test_message(letter))
    except mailer.NotSent as failure:
        outbox.give_up(letter, error=failure.reason, state=LetterState.FAILED)
        logger.warning("test_letter.not_sent", extra={"test_letter_id": pk})
    except Exception:
        logger.exception("test_letter.unexpected_error", extra={"test_letter_id": pk})
        outbox.give_up(letter, error=reasons.UNEXPECTED, state=LetterState.FAILED)
    else:
        outbox.finish(letter, state=LetterState.SENT, sent_at=timezone.now())
        logger.info("test_letter.sent", extra={"test_letter_id": pk})


def users_with_digest() -> list[int]:
    """Primary keys of the people whose digest is due."""
    due = Notice.objects.filter(mail=NoticeMail.DIGEST, next_try_at__lte=timezone.now())
    return sorted(set(due.values_list("user_id", flat=True)))


def due_letters() -> list[int]:
    return outbox.due(Letter, now=timezone.now())


def due_test_letters() -> list[int]:
    return outbox.due(TestLetter, now=timezone.now())


def due_notices() -> list[int]:
    """Notices that go one by one; digests are `users_with_digest`."""
    pks = outbox.due(Notice, now=timezone.now())
    return list(
        Notice.objects.filter(pk__in=pks, mail=NoticeMail.QUEUED).values_list("pk", flat=True)
    )


def _enclosed_in(letter: Letter) -> Enclosed:
    """What goes with the letter; raises FilesNotStored, ExtrasNotStored or NotSent."""
    if letter.attempts > outbox.MAX_ATTEMPTS:
        # Every worker that took it died over it.
        raise mailer.NotSent(reasons.UNEXPECTED, permanent=True)
    state = link_state(letter.share_link)
    if state != "live":
        reason = reasons.LINK_REVOKED if state == "revoked" else reasons.LINK_EXPIRED
        raise mailer.NotSent(reason, permanent=True)
    if letter.without_attachment:
        return Enclosed([], [])
    attachments = list(letter.letter_attachments.select_related("document__folder"))
    attachments.sort(key=lambda attachment: attachment.document_id)
    needed = [it.document for it in attachments if it.expires_at is None]
    _be_stored(letter, needed)
    extras = _extras([it for it in attachments if it.expires_at is not None])
    files = [(document, _read(document)) for document in files_carried(needed)]
    for document in extras:
        # What cannot be read now holds nobody up.
        with suppress(mailer.NotSent):
            files.append((document, _read(document)))
    carried = files_carried([*needed, *(pair[0] for pair in files if pair[0] in extras)])
    files = [pair for pair in files if pair[0] in carried]
    return Enclosed([*needed, *(pair[0] for pair in files if pair[0] in extras)], files)


def _be_stored(letter: Letter, documents: list[Document]) -> None:
    """Whether all that the letter cannot do without is in its folder. Raises FilesNotStored, NotSent."""
    if any(document.state == DocumentState.FAULT for document in documents):
        raise mailer.NotSent(reasons.FILE_FAULT, permanent=True)
    stored = [document for document in documents if document.state == DocumentState.STORED]
    if len(stored) < max(len(documents), letter.context.get("files_expected", 0)):
        if timezone.now() - _waits_since(letter) > FILES_MAY_TAKE:
            raise mailer.NotSent(reasons.FILE_LATE, permanent=True)
        raise FilesNotStored


def _extras(attachments: list[LetterAttachment]) -> list[Document]:
    """What the letter can do without, as far as it is there. Raises ExtrasNotStored."""
    now = timezone.now()
    for it in attachments:
        is_stored = it.document.state == DocumentState.STORED
        if not is_stored and it.expires_at and now < it.expires_at and may_come_soon(it.document):
            raise ExtrasNotStored
    return [it.document for it in attachments if it.document.state == DocumentState.STORED]


def _read(document: Document) -> bytes:
    try:
        content = content_of(document)
    except Unreadable as error:
        raise mailer.NotSent(reasons.STORAGE_NO_ANSWER, permanent=False) from error
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise mailer.NotSent(reasons.FILE_CHANGED, permanent=True)
    return content


def _waits_since(letter: Letter) -> datetime:
    """When somebody last asked for the letter: its writing, or the newest try by hand."""
    asked = letter.events.filter(kind__in=["queued", "retried"]).order_by("-at").first()
    return asked.at if asked else letter.created_at


@transaction.atomic
def _wait_for_files(letter: Letter) -> Outcome:
    now = timezone.now()
    wait = SHORT_WAIT if now - _waits_since(letter) < FIRST_WAITS else LONG_WAIT
    waited_before = letter.waiting_for_files
    if not outbox.not_yet(letter, delay=wait, waiting_for_files=True):
        return Outcome()
    if not waited_before:
        add_event(letter, "waiting", at=now)
    return Outcome(wait=wait)


def _wait_for_extras(letter: Letter) -> Outcome:
    """For some seconds; nobody need be told."""
    mine = outbox.not_yet(letter, delay=SHORT_WAIT, waiting_for_files=False)
    return Outcome(wait=SHORT_WAIT) if mine else Outcome()


@transaction.atomic
def _letter_sent(letter: Letter, enclosed: Enclosed) -> None:
    now = timezone.now()
    if outbox.finish(letter, state=LetterState.SENT, sent_at=now, waiting_for_files=False):
        extras = letter.letter_attachments.filter(expires_at__isnull=False)
        extras.exclude(document__in=[document for document, _content in enclosed.files]).delete()
        add_event(letter, "sent", at=now)
        logger.info("letter.sent", extra={"letter_id": letter.pk, "attempts": letter.attempts})


@transaction.atomic
def _letter_not_sent(letter: Letter, failure: mailer.NotSent) -> Outcome:
    """Try again later, or give up and tell whoever asked for the letter."""
    now = timezone.now()
    if not failure.permanent and letter.attempts < outbox.MAX_ATTEMPTS:
        at = now + outbox.backoff(letter.attempts)
        if outbox.retry(letter, at=at, error=failure.reason, waiting_for_files=False):
            add_event(letter, "attempt_failed", at=now, detail=failure.reason)
            logger.warning("letter.attempt_failed", extra={"letter_id": letter.pk})
        return Outcome()
    gave_up = outbox.give_up(
        letter, error=failure.reason, state=LetterState.FAILED, waiting_for_files=False
    )
    if not gave_up:
        return Outcome()
    add_event(letter, "failed", at=now, detail=failure.reason)
    logger.warning("letter.failed", extra={"letter_id": letter.pk, "attempts": letter.attempts})
    notice = tell_of_failure(letter, failure.reason, now)
    return Outcome(notice_id=notice.pk if notice else None)


def _deliver_notices(notices: list[Notice]) -> None:
    """One e-mail for claimed notices of one person and one kind of mail (alone, or a digest)."""
    if _leads_nowhere(notices[0]):
        outbox.finish(notices[0], mail=NoticeMail.NONE)
        return
    try:
        mailer.hand_over(_notice_message(notices))
    except mailer.NotSent as failure:
        _notices_not_sent(notices, failure)
    except Exception:
        logger.exception("notice.unexpected_error", extra={"notice_id": notices[0].pk})
        _notices_not_sent(notices, mailer.NotSent(reasons.UNEXPECTED, permanent=False))
    else:
        for notice in notices:
            outbox.finish(notice, mail=NoticeMail.SENT)
        logger.info("notice.sent", extra={"notice_id": notices[0].pk, "count": len(notices)})


def _leads_nowhere(notice: Notice) -> bool:
    """Whether its e-mail would hold a link that lets nobody in any more: a newer one went, or it is late."""
    link_id = entry_link_id(notice)
    if link_id is None:
        return False
    link = EntryLink.objects.filter(pk=link_id).first()
    return link is None or entry.state_of(link) != "live"


def _notice_message(notices: list[Notice]) -> EmailMessage:
    user = User.objects.get(pk=notices[0].user_id)
    if not user.email or not user.is_active:
        raise mailer.NotSent(reasons.NO_ADDRESS, permanent=True)
    if notices[0].mail == NoticeMail.DIGEST:
        return messages.digest_message(user, notices)
    try:
        return messages.notice_message(user, notices[0])
    except entry.KeyLost as error:
        raise mailer.NotSent(reasons.ENTRY_KEY_LOST, permanent=True) from error


def _notices_not_sent(notices: list[Notice], failure: mailer.NotSent) -> None:
    now = timezone.now()
    for notice in notices:
        if failure.permanent or notice.attempts >= outbox.MAX_ATTEMPTS:
            outbox.give_up(notice, error=failure.reason, mail=NoticeMail.FAILED)
        else:
            outbox.retry(notice, at=now + outbox.backoff(notice.attempts), error=failure.reason)
    logger.warning("notice.not_sent", extra={"notice_id": notices[0].pk, "count": len(notices)})

"""Writing letters and notices. A row is the promise to send it; the tasks keep the promise."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.refusals import Conflict
from counterparties.models import Contact
from documents import services as document_services
from documents.models import Document, ShareLink
from notifications import reasons, tasks
from notifications.models import (
    Letter,
    LetterAttachment,
    LetterState,
    Notice,
    NoticeMail,
    TestLetter,
)
from notifications.records import add_event, add_notice, new_message_id, tell_of_failure
from outbox import services as outbox
from people.models import User

EXTRAS_MAY_TAKE = timedelta(seconds=20)


@transaction.atomic
def queue_letter(
    *,
    kind: str,
    contact: Contact,
    context: dict[str, Any],
    documents: Iterable[Document],
    extras: Iterable[Document] = (),
    reply_to: str,
    from_name: str,
    actor: User | None,
    now: datetime | None = None,
    link_days: int = 90,
) -> Letter:
    """Promise a letter to `contact`, in their language, with `documents` attached and a link of its own.

    Of `extras` go those that are there within EXTRAS_MAY_TAKE: the letter waits for them no longer.
    `context` holds JSON facts (money as decimal strings, dates as ISO); `context["page_path"]` is the path
    of the contact's page with `{token}` in it, and the token itself is kept nowhere.
    """
    now = now or timezone.now()
    link, _token = document_services.create_share_link(now=now, days=link_days)
    letter = Letter.objects.create(
        kind=kind,
        contact=contact,
        to_email=contact.email,
        to_name=contact.full_name,
        language=contact.language,
        reply_to=reply_to,
        from_name=from_name,
        context=context,
        share_link=link,
        message_id=new_message_id(),
        created_at=now,
        next_try_at=now,
    )
    LetterAttachment.objects.bulk_create(
        [
            *(LetterAttachment(letter=letter, document=document) for document in documents),
            *(
                LetterAttachment(letter=letter, document=document, expires_at=now + EXTRAS_MAY_TAKE)
                for document in extras
            ),
        ]
    )
    add_event(letter, "queued", at=now, actor=actor)
    outbox.wake(tasks.deliver_letter, letter.pk)
    return letter


@transaction.atomic
def retry_letter(
    *,
    letter_id: int,
    actor: User,
    now: datetime | None = None,
    without_attachment: bool = False,
    form_key: UUID | None = None,
) -> Letter:
    """Try again from the start, by hand, with or without the files. Raises Conflict: sent or being sent.

    The same form_key by the same person changes nothing the second time.
    """
    now = now or timezone.now()
    letter = _locked(letter_id)
    if form_key and letter.events.filter(actor=actor, form_key=form_key).exists():
        return letter
    if letter.state == LetterState.SENT:
        raise Conflict(_("The letter has been sent already."))
    if outbox.is_held(letter):
        raise Conflict(_("The letter is being sent at this moment."))
    if letter.share_link.revoked_at is not None:
        raise Conflict(_("The link of this letter was revoked, so it cannot be sent."))
    letter.without_attachment = letter.without_attachment or without_attachment
    detail = "without_attachment" if without_attachment else ""
    return _queue_again(letter, actor=actor, now=now, detail=detail, form_key=form_key)


@transaction.atomic
def attach(
    *,
    letter: Letter,
    document: Document,
    instead_of: Document | None = None,
    now: datetime | None = None,
) -> Letter:
    """A file that a letter waits for (`context["files_expected"]`) has come, or a better one than it has.

    A letter that was given up because the file did not come is tried again; a sent one stays as it went.
    """
    letter = _locked(letter.pk)
    if letter.state == LetterState.SENT or letter.without_attachment:
        return letter
    if instead_of is not None:
        letter.letter_attachments.filter(document=instead_of).delete()
    LetterAttachment.objects.get_or_create(letter=letter, document=document)
    if letter.state == LetterState.QUEUED:
        letter.next_try_at = now or timezone.now()
        letter.save(update_fields=["next_try_at"])
        outbox.wake(tasks.deliver_letter, letter.pk)
    elif letter.last_error == reasons.FILE_LATE:
        _queue_again(letter, actor=None, now=now or timezone.now())
    return letter


@transaction.atomic
def revoke_letter_link(*, letter_id: int, actor: User, now: datetime | None = None) -> Letter:
    """Close the door that the letter's link opens; a letter that has not gone yet will not go."""
    now = now or timezone.now()
    letter = _locked(letter_id)
    if letter.share_link.revoked_at is not None:
        return letter
    document_services.revoke_link(link=letter.share_link, actor=actor, now=now)
    add_event(letter, "revoked", at=now, actor=actor)
    if letter.state == LetterState.QUEUED:
        letter.next_try_at = now
        letter.save(update_fields=["next_try_at"])
        outbox.wake(tasks.deliver_letter, letter.pk)
    return letter


@transaction.atomic
def queue_test_letter(
    *,
    to_email: str,
    actor: User,
    now: datetime | None = None,
    form_key: UUID | None = None,
) -> TestLetter:
    """Promise a test letter, by the same way as all letters. The same form_key gets the first answer."""
    if form_key and (first := TestLetter.objects.filter(form_key=form_key).first()):
        return first
    now = now or timezone.now()
    letter = TestLetter.objects.create(
        to_email=to_email,
        language=actor.language,
        asked_by=actor,
        created_at=now,
        next_try_at=now,
        form_key=form_key,
    )
    outbox.wake(tasks.deliver_test_letter, letter.pk)
    return letter


# One row: within a decision it needs no savepoint of its own.
@transaction.atomic(savepoint=False)
def notify(
    *,
    user: User,
    kind: str,
    context: dict[str, Any],
    now: datetime | None = None,
    digest: bool = False,
    delay: timedelta = timedelta(0),
    by_mail: bool = True,
) -> Notice:
    """News for one person: in the bell at once, by e-mail after `delay` or with the next morning's digest.

    Without `by_mail` it stays in the bell.
    """
    notice = add_notice(
        user=user,
        kind=kind,
        context=context,
        now=now or timezone.now(),
        digest=digest,
        delay=delay,
        by_mail=by_mail,
    )
    if notice.mail == NoticeMail.QUEUED:
        outbox.wake(tasks.deliver_notice, notice.pk, countdown=delay.total_seconds() or None)
    return notice


@transaction.atomic
def hold_unsent(*, now: datetime | None = None) -> tuple[int, int]:
    """After a restore nobody knows what was sent since the back-up was made: nothing goes by itself.

    Letters become failed ones, which people can send again (under the same Message-ID), and whoever asked for
    one is told; e-mails of notices do not go at all, for the notices are in the bell. Returns how many
    letters and how many notices.
    """
    now = now or timezone.now()
    waiting = Notice.objects.filter(mail__in=[NoticeMail.QUEUED, NoticeMail.DIGEST])
    notices = waiting.update(
        mail=NoticeMail.NONE, next_try_at=None, claim_id=None, claimed_at=None, attempts=0
    )
    letters = list(Letter.objects.select_for_update(of=("self",)).filter(state=LetterState.QUEUED))
    for letter in letters:
        letter.state, letter.last_error = LetterState.FAILED, reasons.HELD
        letter.waiting_for_files = False
        letter.next_try_at = letter.claim_id = letter.claimed_at = None
        letter.save()
        add_event(letter, "failed", at=now, detail=reasons.HELD)
        tell_of_failure(letter, reasons.HELD, now)
    return len(letters), notices


@transaction.atomic
def take_back(*, user_ids: Iterable[int], since: datetime, **facts: Any) -> bool:
    """Unsay news of these people that is not mailed yet: `facts` are in its context, `since` is its start.

    False: some of it is being mailed or has been; the caller rolls back, since nothing may then be unsaid.
    """
    told = Notice.objects.filter(
        user_id__in=list(user_ids),
        created_at__gte=since,
        **{f"context__{name}": value for name, value in facts.items()},
    )
    told.filter(claim_id=None).exclude(mail__in=[NoticeMail.SENT, NoticeMail.FAILED]).delete()
    return not told.exists()


def leave_out_of_digest(*, kind: str, request_id: int) -> None:
    """What a digest that has not gone yet would tell is true no longer: it stays in the bell alone."""
    Notice.objects.filter(
        mail=NoticeMail.DIGEST, kind=kind, context__request_id=request_id, claim_id=None
    ).update(mail=NoticeMail.NONE, next_try_at=None)


def mark_notices_read(*, user: User, now: datetime | None = None) -> int:
    """Everything in the person's bell is read; returns how many were not."""
    return Notice.objects.filter(user=user, read_at__isnull=True).update(
        read_at=now or timezone.now()
    )


def _queue_again(
    letter: Letter,
    *,
    actor: User | None,
    now: datetime,
    detail: str = "",
    form_key: UUID | None = None,
) -> Letter:
    letter.state = LetterState.QUEUED
    letter.waiting_for_files = False
    letter.attempts = 0
    letter.last_error = ""
    letter.claim_id = letter.claimed_at = None
    letter.next_try_at = now
    letter.save(
        update_fields=[
            "state",
            "without_attachment",
            "waiting_for_files",
            "attempts",
            "last_error",
            "claim_id",
            "claimed_at",
            "next_try_at",
        ]
    )
    add_event(letter, "retried", at=now, actor=actor, detail=detail, form_key=form_key)
    outbox.wake(tasks.deliver_letter, letter.pk)
    return letter


def _locked(letter_id: int) -> Letter:
    letter = Letter.objects.select_for_update(of=("self",), no_key=True).get(pk=letter_id)
    letter.share_link = ShareLink.objects.get(pk=letter.share_link_id)
    return letter

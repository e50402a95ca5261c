"""The rows that a decision leaves behind, written without waking anybody."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from notifications.models import Letter, LetterEvent, Notice, NoticeKind, NoticeMail
from notifications.schedule import next_morning
from people.models import User


def mail_host() -> str:
    """What stands after the @ in our message ids: the host of PUBLIC_URL."""
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"


def new_message_id() -> str:
    """Made once, with the row: a letter that is handed over twice keeps it, so it is shown once."""
    return f"<letter-{uuid.uuid4()}@{mail_host()}>"


def add_event(
    letter: Letter,
    kind: str,
    *,
    at: datetime,
    actor: User | None = None,
    detail: str = "",
    form_key: uuid.UUID | None = None,
) -> LetterEvent:
    """Tell what happened to a letter; `detail` is cut to what the row holds."""
    return LetterEvent.objects.create(
        letter=letter, kind=kind, at=at, actor=actor, detail=detail[:500], form_key=form_key
    )


def tell_of_failure(letter: Letter, reason: str, now: datetime) -> Notice | None:
    """The letter's own context says whom to tell (`on_failure`); nobody where it says nothing."""
    on_failure = dict(letter.context.get("on_failure") or {})
    user = User.objects.filter(pk=on_failure.pop("user_id", None)).first()
    if user is None:
        return None
    facts = ("request_id", "number", "url", "company", "amount", "currency", "purpose", "pay_by")
    context = {fact: letter.context[fact] for fact in facts if fact in letter.context}
    context |= on_failure | {"contact": letter.to_name, "reason": reason, "letter_id": letter.pk}
    return add_notice(user=user, kind=NoticeKind.LETTER_FAILED, context=context, now=now)


def add_notice(
    *,
    user: User,
    kind: str,
    context: dict[str, Any],
    now: datetime,
    digest: bool = False,
    delay: timedelta = timedelta(0),
    by_mail: bool = True,
) -> Notice:
    """News for the bell, and an e-mail row where there is an address: due after `delay`, or with a digest."""
    mail = NoticeMail.DIGEST if digest else NoticeMail.QUEUED
    next_try_at: datetime | None = next_morning(now + delay) if digest else now + delay
    if not by_mail or not user.email or not user.is_active:
        mail, next_try_at = NoticeMail.NONE, None
    return Notice.objects.create(
        user=user, kind=kind, context=context, created_at=now, mail=mail, next_try_at=next_try_at
    )

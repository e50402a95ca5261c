"""Reading letters and notices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, CharField, Min, OuterRef, Q, QuerySet, Subquery, Value, When

from documents.models import LinkVisit
from notifications import reasons
from notifications.models import Letter, LetterEvent, LetterState, Notice, NoticeMail
from outbox.selectors import Backlog, backlog, codes_of
from people.models import User


def with_read(letters: QuerySet[Letter]) -> QuerySet[Letter, Any]:
    """Adds `followed_at` (first visit by somebody not logged in, or None) and `read_state`.

    `read_state` is `none`, `opened` or `followed`; nothing makes a letter `opened` yet.
    """
    first_visit = (
        LinkVisit.objects.filter(link=OuterRef("share_link"), by_staff=False)
        .order_by()
        .values("link")
        .annotate(first=Min("at"))
        .values("first")
    )
    return letters.annotate(followed_at=Subquery(first_visit)).annotate(
        read_state=Case(
            When(followed_at__isnull=False, then=Value("followed")),
            default=Value("none"),
            output_field=CharField(),
        )
    )


def letter_events(letter: Letter) -> QuerySet[LetterEvent]:
    """What happened to the letter, oldest first, with who did it."""
    return letter.events.select_related("actor")


def letters_of_contact(contact_id: int) -> QuerySet[Letter]:
    """Letters to one contact, newest first."""
    return Letter.objects.filter(contact_id=contact_id)


def backlogs() -> list[Backlog]:
    """What is still to be sent, and what could not be. A digest's age is reckoned from when it is due."""
    codes = codes_of(vars(reasons))
    notices = Notice.objects.all()
    return [
        backlog(
            "letter",
            Letter.objects.all(),
            written_at="created_at",
            gave_up=Q(state=LetterState.FAILED),
            codes=codes,
        ),
        backlog(
            "notice",
            notices.exclude(mail=NoticeMail.DIGEST),
            written_at="created_at",
            gave_up=Q(mail=NoticeMail.FAILED),
            codes=codes,
        ),
        backlog(
            "digest",
            notices.filter(mail=NoticeMail.DIGEST),
            written_at="next_try_at",
            gave_up=Q(mail=NoticeMail.FAILED),
            codes=codes,
        ),
    ]


def notices_of(user: User) -> QuerySet[Notice]:
    """A person's news, newest first."""
    return Notice.objects.filter(user=user)


def with_letters_as_they_are(notices: Iterable[Notice]) -> list[Notice]:
    """The notices, those that name a letter telling how far it is now: one query for all of them."""
    found = list(notices)
    named = {notice.context["letter_id"] for notice in found if notice.context.get("letter_id")}
    states = dict(Letter.objects.filter(pk__in=named).values_list("pk", "state")) if named else {}
    for notice in found:
        if state := states.get(notice.context.get("letter_id")):
            notice.context["letter_state"] = state
    return found


def unread_notices(user: User | int) -> QuerySet[Notice]:
    """What the bell counts."""
    return Notice.objects.filter(user=user, read_at__isnull=True)


def mail_of_entry_link(link_id: int, user: User) -> Notice | None:
    """The notice whose e-mail holds this link: its `mail` and `last_error` say how far the letter is."""
    return Notice.objects.filter(user=user, context__entry_link=link_id).order_by("-pk").first()

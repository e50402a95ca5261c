"""What people do with their ways of logging in: an event in their chain, and a notice to them.

Links that let somebody in go by e-mail alone: the notice in the bell has none, the row has no token.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import reverse

from notifications import services as notifications
from notifications.models import NoticeKind
from notifications.selectors import mail_of_entry_link
from outbox import services as outbox
from people import entry
from people import selectors as people_selectors
from people import services as people
from people.models import EntryLink, PasswordRequest, User

# The page that a link leads to.
_INVITED, _FORGOTTEN = "approvals:invitation", "approvals:password_new"


@transaction.atomic
def second_factor_added(*, actor: User, kind: str, session_key: str | None) -> None:
    """A factor of `kind` (totp, webauthn) was set up in the session of this key.

    The first one ends the person's other sessions: a password alone opened those.
    """
    if people_selectors.second_factor_count(actor) == 1:
        people.end_sessions(person=actor, but=session_key)
    people.tell(person=actor, kind="person.second_factor_added", actor=actor, factor=kind)
    _notify(actor, "second_factor_added")


@transaction.atomic
def second_factor_removed(*, actor: User, kind: str) -> None:
    """The person took a factor of their own away."""
    people.tell(person=actor, kind="person.second_factor_removed", actor=actor, factor=kind)
    _notify(actor, "second_factor_removed")


@transaction.atomic
def recovery_codes_made(*, actor: User) -> None:
    """New recovery codes; the old ones are worth nothing now."""
    people.tell(person=actor, kind="person.recovery_codes_made", actor=actor)
    _notify(actor, "recovery_codes_made")


@transaction.atomic
def update_own_settings(*, actor: User, email: str, **fields: Any) -> User:
    """Language, phone and e-mail; an address that is new is an event, and closes links to the old one."""
    was = actor.email
    person = people.update_own_settings(actor=actor, email=email, **fields)
    if email != was:
        people.shut_links(person=person)
        people.was_changed(person=person, actor=actor, changes={"email": [was, email]})
    return person


@transaction.atomic
def change_own_password(*, actor: User, password: str, session_key: str | None) -> User:
    """The person's new password; every session but this one ends."""
    person = people.change_own_password(actor=actor, password=password, session_key=session_key)
    _notify(person, "password_changed", url=reverse("approvals:me"))
    return person


@transaction.atomic
def reset_second_factor(*, person_id: int, actor: User) -> User:
    """An administrator takes all second factors of a person away. Raises Forbidden and Conflict."""
    person = people.reset_second_factor(person_id=person_id, actor=actor)
    _notify(person, "second_factor_reset", who=actor)
    return person


@transaction.atomic
def invite(*, actor: User, **fields: Any) -> User:
    """Add a person and send them a link to choose a password; as people.entry.invite takes and raises."""
    link = entry.invite(actor=actor, **fields)
    if mail_of_entry_link(link.pk, link.person) is None:
        _send(link, "invited", path=_INVITED, who=actor)
    return link.person


@transaction.atomic
def invite_again(*, person_id: int, actor: User) -> None:
    """Another letter with another link; the one before works no longer. Raises Forbidden and Conflict."""
    link = entry.invite_again(person_id=person_id, actor=actor)
    _send(link, "invited", path=_INVITED, who=actor)


def answer_password_request(pk: int) -> None:
    """Send a link to whoever the row is about, if it is anybody, and delete it with that."""
    row = outbox.claim(PasswordRequest, pk)
    if row is None:
        return
    with transaction.atomic():
        for person in entry.whose(row.typed):
            _send(entry.password_link(person=person), "password_forgotten", path=_FORGOTTEN)
        row.delete()


@transaction.atomic
def choose_password(*, link: EntryLink, password: str, full_name: str | None = None) -> User:
    """The link is used: a new password, and a notice that it is new. Raises Conflict."""
    person = entry.choose_password(link_id=link.pk, password=password, full_name=full_name)
    if link.purpose == EntryLink.Purpose.FORGOTTEN:
        _notify(person, "password_changed", url=reverse("approvals:me"))
    return person


def _send(link: EntryLink, what: str, *, path: str, who: User | None = None) -> None:
    """`path` names the page that the link leads to."""
    entry_path = reverse(path, args=["-"]).replace("-", "{token}")
    more = {"entry_link": link.pk, "entry_path": entry_path}
    _notify(link.person, what, url=reverse("approvals:me"), who=who, **more)


def _notify(
    person: User, what: str, *, url: str = "", who: User | None = None, **more: object
) -> None:
    context = {
        "what": what,
        "who": str(who) if who else "",
        "url": url or reverse("mfa_index"),
        "request_id": None,
        "purpose": "",
        **more,
    }
    notifications.notify(user=person, kind=NoticeKind.SECURITY, context=context)

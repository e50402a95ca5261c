"""What people do with their ways of logging in: an event in their chain, and a notice to them."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse

from notifications import services as notifications
from notifications.models import NoticeKind
from people import selectors as people_selectors
from people import services as people
from people.models import User


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


def _notify(person: User, what: str, *, url: str = "", who: User | None = None) -> None:
    context = {
        "what": what,
        "who": str(who) if who else "",
        "url": url or reverse("mfa_index"),
        "request_id": None,
        "purpose": "",
    }
    notifications.notify(user=person, kind=NoticeKind.SECURITY, context=context)

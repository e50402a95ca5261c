"""What people change about themselves, and what is written down about their rights and log-ins.

Everything else about a person is set in Django's admin (`people.admin`), which tells it here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import services as audit
from audit.refusals import Conflict, Forbidden
from people.models import EntryLink, PersonEvent, PersonRecord, Session, User
from people.sessions import hashed

logger = logging.getLogger(__name__)

# In a session: its log-in was proved twice, or by somebody who is trusted with that.
PROVED = "second_factor"


def update_own_settings(*, actor: User, language: str, email: str, phone: str) -> User:
    """Save the person's own language, e-mail and phone; the form has checked them."""
    actor.language = language
    actor.email = email
    actor.phone = phone
    actor.save(update_fields=["language", "email", "phone"])
    return actor


@transaction.atomic
def tell(
    *, person: User, kind: str, actor: User | None, now: datetime | None = None, **data: Any
) -> PersonEvent:
    """Append to the person's chain, and say so in the log (ids alone). `data` is JSON without floats."""
    PersonRecord.objects.get_or_create(person=person)
    record = PersonRecord.objects.select_for_update(no_key=True).get(person=person)
    event = audit.append(
        subject=record,
        event_model=PersonEvent,
        kind=kind,
        actor=actor,
        now=now or timezone.now(),
        data=data,
    )
    logger.info(
        kind, extra={"person_id": person.pk, "actor_id": actor.pk if actor is not None else None}
    )
    return event


@transaction.atomic
def change_own_password(*, actor: User, password: str, session_key: str | None) -> User:
    """Save the person's new password (checked by the form); every session but the one of this key ends."""
    person = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    person.set_password(password)
    person.must_change_password = False
    person.save(update_fields=["password", "must_change_password"])
    end_sessions(person=person, but=session_key)
    shut_links(person=person)
    tell(person=person, kind="person.password_changed", actor=person)
    return person


@transaction.atomic
def password_was_set(*, person: User, actor: User) -> None:
    """An administrator has given the person a password: it opens the door to choosing an own one.

    Their own password, set in the admin, is theirs already.
    """
    person.must_change_password = person.pk != actor.pk
    person.save(update_fields=["must_change_password"])
    if person.pk != actor.pk:
        end_sessions(person=person)
    shut_links(person=person)
    tell(person=person, kind="person.password_set", actor=actor)


def was_changed(*, person: User, actor: User | None, changes: Mapping[str, Any]) -> None:
    """Write down which rights and places changed: `changes` maps a field to [before, after]."""
    if changes:
        tell(person=person, kind="person.changed", actor=actor, changes=dict(changes))


@transaction.atomic
def take_roles(*, person: User, roles: Mapping[str, bool]) -> None:
    """The company's provider decides about these roles: field -> whether the person has it."""
    changes = {
        name: [getattr(person, name), held]
        for name, held in roles.items()
        if getattr(person, name) != held
    }
    for name, (_before, held) in changes.items():
        setattr(person, name, held)
    if changes:
        person.save(update_fields=list(changes))
    was_changed(person=person, actor=None, changes=changes)


@transaction.atomic
def reset_second_factor(*, person_id: int, actor: User | None) -> User:
    """Take away every second factor of a person who has lost theirs, and end their sessions.

    `actor` is an administrator, or None for somebody at the server's own console. Raises Forbidden,
    and Conflict where there is nothing to take away.
    """
    if actor is not None and not actor.is_administrator:
        raise Forbidden(_("Only an administrator can reset a second factor."))
    person = User.objects.select_for_update(no_key=True).get(pk=person_id)
    factors = Authenticator.objects.filter(user=person)
    kinds = sorted(set(factors.values_list("type", flat=True)))
    if not kinds:
        raise Conflict(_("There is no second factor to reset."))
    factors.delete()
    end_sessions(person=person)
    tell(person=person, kind="person.second_factor_reset", actor=actor, kinds=kinds)
    return person


@transaction.atomic
def forget_single_sign_on(*, person: User, actor: User) -> None:
    """Untie the person from the provider's mark of them: who it was may be somebody else there now."""
    forgotten, _by_model = SocialAccount.objects.filter(user=person).delete()
    if forgotten:
        end_sessions(person=person)
        tell(person=person, kind="person.sso_forgotten", actor=actor)


def end_sessions(*, person: User, but: str | None = None) -> int:
    """Log the person out everywhere, `but` in the session of this key; how many ended."""
    ended, _by_model = Session.objects.filter(user=person).exclude(session_key=hashed(but)).delete()
    return ended


@transaction.atomic
def end_session(*, actor: User, row_key: str) -> bool:
    """End one of one's own sessions by its row's key; False when there is no such session."""
    if not re.fullmatch("[0-9a-f]{64}", row_key):
        return False
    ended, _by_model = Session.objects.filter(user=actor, session_key=row_key).delete()
    return bool(ended)


def shut_links(*, person: User, now: datetime | None = None, **only: Any) -> int:
    """What still works of the links in letters that let this person in works no longer; how many did."""
    rows = EntryLink.objects.filter(person=person, used_at=None, revoked_at=None, **only)
    return rows.update(revoked_at=now or timezone.now())

"""Letters that let somebody in: an invitation, or a link instead of a forgotten password.

A link's token is made of the row's random salt and the installation's key when the letter is worded, and kept
nowhere; the row has its SHA-256. Whoever uses it has read mail at the person's address, and nothing more: a
second factor is asked for all the same.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from audit.refusals import Conflict, Invalid
from people import places, services
from people.models import Department, EntryLink, PasswordRequest, User
from people.places import ROLES, require_administrator

LASTS = {
    EntryLink.Purpose.INVITATION: timedelta(days=7),
    EntryLink.Purpose.FORGOTTEN: timedelta(hours=1),
}
# One mailbox may be several people's; a letter goes to each log-in.
MOST_OF_ONE_ADDRESS = 5
_NOT_IN_NAMES = re.compile(r"[^\w.+-]+")


class KeyLost(Exception):
    """No key of this installation made the link's token, so it cannot be made again."""


@transaction.atomic
def invite(
    *,
    actor: User,
    email: str,
    full_name: str,
    roles: Iterable[str],
    department: Department | None,
    supervisor: User | None,
    language: str,
    now: datetime | None = None,
    form_key: uuid.UUID | None = None,
) -> EntryLink:
    """Add a person without a password, and make the link by which they choose one.

    `roles` are names of role fields. Raises Forbidden; Invalid where somebody has this address already.
    The same `form_key` again gets the first answer.
    """
    require_administrator(actor)
    if form_key and (link := EntryLink.objects.filter(form_key=form_key).first()):
        return link
    person = add_person(
        actor=actor,
        kind="person.invited",
        email=email,
        full_name=full_name,
        language=language,
        department=department,
        supervisor=supervisor,
        **{name: name in set(roles) for name in ROLES},
    )
    return _made(person, EntryLink.Purpose.INVITATION, actor=actor, now=now, form_key=form_key)


@transaction.atomic
def add_person(*, actor: User, email: str, kind: str = "person.created", **fields: Any) -> User:
    """A person without a password, named by their address; `fields` are columns, checked by the caller.

    Raises Forbidden; Invalid where somebody has this address already.
    """
    require_administrator(actor)
    if known := User.objects.filter(email__iexact=email).first():
        raise Invalid({"email": [_("%(person)s has this address already.") % {"person": known}]})
    person = User(username=_free_name(email), email=email, **fields)
    person.set_unusable_password()
    person.save()
    services.tell(
        person=person,
        kind=kind,
        actor=actor,
        changes=places.changes_between(places.facts_of(User()), places.facts_of(person)),
    )
    return person


@transaction.atomic
def invite_again(*, person_id: int, actor: User, now: datetime | None = None) -> EntryLink:
    """A new link for somebody who has no password yet; the one before works no longer.

    Raises Forbidden and Conflict.
    """
    require_administrator(actor)
    person = User.objects.select_for_update(no_key=True).get(pk=person_id)
    if why_not := why_not_invite(person):
        raise Conflict(why_not)
    services.tell(person=person, kind="person.invited", actor=actor)
    return _made(person, EntryLink.Purpose.INVITATION, actor=actor, now=now)


@transaction.atomic
def revoke_invitation(*, person_id: int, actor: User, now: datetime | None = None) -> None:
    """The invitation's link opens nothing any more. Raises Forbidden and Conflict."""
    require_administrator(actor)
    person = User.objects.select_for_update(no_key=True).get(pk=person_id)
    if not services.shut_links(person=person, now=now, purpose=EntryLink.Purpose.INVITATION):
        raise Conflict(_("There is no invitation that could be revoked."))
    services.tell(person=person, kind="person.invitation_revoked", actor=actor)


def why_not_invite(person: User) -> str:
    """Why no invitation can go to this person; '' where one can."""
    if not person.is_active:
        return _("This log-in is closed.")
    if person.has_usable_password():
        return _("This person has a password already.")
    return "" if person.email else _("This person has no e-mail address.")


def whose(typed: str) -> list[User]:
    """Who may get a link instead of a forgotten password: found by address or log-in name.

    Only people who log in by password here: nobody who has not chosen one, or comes by the single sign-on.
    """
    people = User.objects.active().filter(Q(email__iexact=typed) | Q(username=typed))
    found = people.exclude(email="").order_by("pk")[:MOST_OF_ONE_ADDRESS]
    return [
        person
        for person in found
        if person.has_usable_password() and (settings.DEMO or not person.is_demo)
    ]


def ask_for_password(*, typed: str, now: datetime | None = None) -> PasswordRequest:
    """Write down that somebody asks; who that is, if anybody, is looked up by the task."""
    now = now or timezone.now()
    return PasswordRequest.objects.create(typed=typed, created_at=now, next_try_at=now)


@transaction.atomic
def password_link(*, person: User, now: datetime | None = None) -> EntryLink:
    """A link for somebody who has forgotten their password; the one before works no longer."""
    return _made(person, EntryLink.Purpose.FORGOTTEN, actor=None, now=now)


@transaction.atomic
def choose_password(
    *, link_id: int, password: str, full_name: str | None = None, now: datetime | None = None
) -> User:
    """Use the link: the person's new password (checked by the form), and their name where they were invited.

    Every session and every other link of theirs ends. Raises Conflict when the link was used meanwhile.
    """
    now = now or timezone.now()
    link = EntryLink.objects.select_for_update(of=("self",), no_key=True).get(pk=link_id)
    person = User.objects.select_for_update(no_key=True).get(pk=link.person_id)
    if state_of(link, now=now) != "live" or not person.is_active:
        raise Conflict(_("This link no longer works."))
    link.used_at = now
    link.save(update_fields=["used_at"])
    services.shut_links(person=person, now=now)
    person.set_password(password)
    person.must_change_password = False
    person.full_name = full_name or person.full_name
    person.save(update_fields=["password", "must_change_password", "full_name"])
    services.end_sessions(person=person)
    invited = link.purpose == EntryLink.Purpose.INVITATION
    kind = "person.invitation_accepted" if invited else "person.password_forgotten"
    services.tell(person=person, kind=kind, actor=person, now=now)
    return person


def find(token: str, purpose: str) -> EntryLink | None:
    """The link that this token opens, or would open: see `state_of`."""
    rows = EntryLink.objects.filter(token_sha256=_hashed(token), purpose=purpose)
    return rows.select_related("person").first()


def state_of(link: EntryLink, *, now: datetime | None = None) -> str:
    """'live', 'used', 'revoked' or 'expired'."""
    if link.used_at is not None:
        return "used"
    if link.revoked_at is not None:
        return "revoked"
    return "live" if (now or timezone.now()) < link.expires_at else "expired"


def newest_invitation(person: User) -> EntryLink | None:
    """The invitation that was sent last."""
    rows = person.entry_links.filter(purpose=EntryLink.Purpose.INVITATION)
    return rows.order_by("-pk").first()


def token_of(link: EntryLink) -> str:
    """The link's token, made again for the letter. Raises KeyLost."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = _token(link.salt, key)
        if _hashed(token) == link.token_sha256:
            return token
    raise KeyLost(f"entry link {link.pk}")


def _made(
    person: User,
    purpose: EntryLink.Purpose,
    *,
    actor: User | None,
    now: datetime | None,
    form_key: uuid.UUID | None = None,
) -> EntryLink:
    now = now or timezone.now()
    services.shut_links(person=person, now=now, purpose=purpose)
    salt = secrets.token_urlsafe(24)
    return EntryLink.objects.create(
        person=person,
        purpose=purpose,
        salt=salt,
        token_sha256=_hashed(_token(salt, settings.SECRET_KEY)),
        created_at=now,
        created_by=actor,
        expires_at=now + LASTS[purpose],
        form_key=form_key,
    )


def _token(salt: str, key: str) -> str:
    return salted_hmac("people.entry", salt, secret=key, algorithm="sha256").hexdigest()


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _free_name(email: str) -> str:
    """A log-in name of an address: 'anna.kim' of 'Anna.Kim@firm.example'; with a number where it is taken."""
    name = _NOT_IN_NAMES.sub("", email.partition("@")[0].casefold())[:100] or "person"
    taken = set(User.objects.filter(username__startswith=name).values_list("username", flat=True))
    numbered = (f"{name}{number}" for number in itertools.count(2))
    return next(free for free in itertools.chain([name], numbered) if free not in taken)

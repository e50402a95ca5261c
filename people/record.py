"""A person's events in words, in the language that is active when they are read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Department, PersonEvent, User

KINDS: dict[str, str | Promise] = {
    "person.first": gettext_lazy("Set this installation up, as its first administrator"),
    "person.created": gettext_lazy("Added"),
    "person.invited": gettext_lazy("Invited by e-mail"),
    "person.invitation_accepted": gettext_lazy("Came by the invitation and chose a password"),
    "person.invitation_revoked": gettext_lazy("Invitation revoked"),
    "person.password_forgotten": gettext_lazy("Chose a new password by a link in a letter"),
    "person.changed": gettext_lazy("Changed"),
    "person.password_changed": gettext_lazy("Changed their own password"),
    "person.password_set": gettext_lazy("Was given a password"),
    "person.second_factor_added": gettext_lazy("Second factor set up"),
    "person.second_factor_removed": gettext_lazy("Second factor removed"),
    "person.second_factor_reset": gettext_lazy("Second factors reset"),
    "person.recovery_codes_made": gettext_lazy("New recovery codes"),
    "person.heads": gettext_lazy("Answers for a department"),
    "person.heads_no_more": gettext_lazy("Answers for a department no longer"),
    "person.sso_linked": gettext_lazy("Known to the single sign-on"),
    "person.sso_forgotten": gettext_lazy("Forgotten by the single sign-on"),
}
FACTORS = {"totp": gettext_lazy("application"), "webauthn": gettext_lazy("passkey")}


class Line(NamedTuple):
    """One event as people read it; `actor` None is the system."""

    at: datetime
    text: str
    actor: User | None


def lines(events: Iterable[PersonEvent]) -> list[Line]:
    """A line each: what happened, and from what to what (two queries for the names of all)."""
    read = list(events)
    names = {
        "department": _names(Department, read, "department"),
        "supervisor": _names(User, read, "supervisor"),
    }
    return [Line(event.at, _text(event, names), event.actor) for event in read]


def _text(event: PersonEvent, names: dict[str, dict[int, str]]) -> str:
    said = str(KINDS.get(event.kind, event.kind))
    if factor := event.data.get("factor"):
        said += f": {FACTORS.get(factor, factor)}"
    if name := event.data.get("name"):
        said += f": {name}"
    details = [
        f"{_label(field)}: {_moved(*(names.get(field, {}).get(value, value) for value in pair))}"
        for field, pair in event.data.get("changes", {}).items()
    ]
    return f"{said}: {'; '.join(details)}" if details else said


def _names(model: type[Model], events: Iterable[PersonEvent], field: str) -> dict[int, str]:
    """What the rows are called now that the changes of this field name by number."""
    ids = {pk for event in events for pk in event.data.get("changes", {}).get(field, ()) if pk}
    return {row.pk: str(row) for row in model._default_manager.filter(pk__in=ids)}


def _label(name: str) -> str:
    return str(User._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _moved(was: object, now: object) -> str:
    if was in (None, ""):
        return _shown(now)
    return _("%(was)s, now %(now)s") % {"was": _shown(was), "now": _shown(now)}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if value not in (None, "") else "—"

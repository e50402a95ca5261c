"""A person's events in words, in the language that is active when they are read."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import PersonEvent, User

KINDS: dict[str, str | Promise] = {
    "person.created": gettext_lazy("Added"),
    "person.changed": gettext_lazy("Changed"),
    "person.password_changed": gettext_lazy("Changed their own password"),
    "person.password_set": gettext_lazy("Was given a password"),
    "person.second_factor_added": gettext_lazy("Second factor set up"),
    "person.second_factor_removed": gettext_lazy("Second factor removed"),
    "person.second_factor_reset": gettext_lazy("Second factors reset"),
    "person.recovery_codes_made": gettext_lazy("New recovery codes"),
    "person.sso_linked": gettext_lazy("Known to the single sign-on"),
    "person.sso_forgotten": gettext_lazy("Forgotten by the single sign-on"),
}
FACTORS = {"totp": gettext_lazy("application"), "webauthn": gettext_lazy("passkey")}


def text(event: PersonEvent) -> str:
    """One line: what happened, and from what to what."""
    said = str(KINDS.get(event.kind, event.kind))
    if factor := event.data.get("factor"):
        said += f": {FACTORS.get(factor, factor)}"
    changes = event.data.get("changes", {})
    details = [
        f"{_label(name)}: {_shown(was)} → {_shown(now)}" for name, (was, now) in changes.items()
    ]
    return f"{said}: {'; '.join(details)}" if details else said


def _label(name: str) -> str:
    return str(User._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if value not in (None, "") else "—"

"""What administrators changed in the settings, in the words of whoever reads it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import DataImport, OrganisationSettings, SettingsEvent
from notifications.models import NoticeKind
from people.models import User

KINDS: dict[str, str | Promise] = {
    "settings.changed": gettext_lazy("Changed"),
    "storage.checked": gettext_lazy("Storage checked"),
    "import.done": gettext_lazy("Imported"),
    "category.added": gettext_lazy("Budget item added"),
    "category.renamed": gettext_lazy("Budget item renamed"),
    "category.closed": gettext_lazy("Budget item closed"),
    "category.reopened": gettext_lazy("Budget item offered again"),
}


class Line(NamedTuple):
    """One event as people read it."""

    at: datetime
    text: str
    actor: User | None


def settings_history(most: int = 30) -> list[Line]:
    """The newest first: one query, and one for the approvers that they name."""
    events = list(SettingsEvent.objects.select_related("actor").order_by("-seq")[:most])
    ids = {pk for event in events for pk in _approvers(event)}
    people = {person.pk: str(person) for person in User.objects.filter(pk__in=ids)} if ids else {}
    return [Line(event.at, _text(event, people), event.actor) for event in events]


def _approvers(event: SettingsEvent) -> Iterable[int]:
    return filter(None, event.data.get("changes", {}).get("default_approver", ()))


def _text(event: SettingsEvent, people: dict[int, str]) -> str:
    said = str(KINDS.get(event.kind, event.kind))
    if name := event.data.get("name"):
        said += f": {name}"
    if "is_good" in event.data:
        said += f": {_('in order') if event.data['is_good'] else _('not in order')}"
    if what := event.data.get("what"):
        said += f": {DataImport.Kind(what).label} ({event.data['new']} + {event.data['changed']})"
    details = [
        f"{_label(field)}: {_shown(field, was, people)} → {_shown(field, now, people)}"
        for field, (was, now) in event.data.get("changes", {}).items()
    ]
    return f"{said}: {'; '.join(details)}" if details else said


def _label(name: str) -> str:
    return str(OrganisationSettings._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _shown(field: str, value: Any, people: dict[int, str]) -> str:
    if field == "default_approver":
        return people.get(value, "—")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if field == "pay_weekdays":
        return ", ".join(str(WEEKDAYS_ABBR[day]) for day in value) or "—"
    if field == "quiet_notices":
        return ", ".join(str(NoticeKind(kind).label) for kind in value) or "—"
    return str(value) if value not in (None, "") else "—"

"""A company's events told to people, in the language that is active when they are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from counterparties.models import Company, CompanyEvent, CompanyKind, Contact, RegisterState

LABELS: dict[str, str | Promise] = {
    "company.created": gettext_lazy("Counterparty created"),
    "company.edited": gettext_lazy("Requisites changed"),
    "company.account_added": gettext_lazy("Bank account added"),
    "company.account_replaced": gettext_lazy("Bank account replaced"),
    "company.contact_added": gettext_lazy("Contact added"),
    "company.contact_edited": gettext_lazy("Contact changed"),
    "company.state_changed": gettext_lazy("State in the register changed"),
}


@dataclass(frozen=True)
class CompanyLine:
    """An event as a line of the card's history."""

    event: CompanyEvent
    label: str
    who: str
    details: list[tuple[str, str]]


def lines_of(events: Iterable[CompanyEvent]) -> list[CompanyLine]:
    """The events (their actors loaded) as lines, in the order given."""
    return [
        CompanyLine(
            event,
            str(LABELS.get(event.kind, event.kind)),
            event.actor.short_name if event.actor else _("the system"),
            _details(event),
        )
        for event in events
    ]


def _details(event: CompanyEvent) -> list[tuple[str, str]]:
    data: dict[str, Any] = event.data
    if event.kind in ("company.account_added", "company.account_replaced"):
        return [(_("settlement account"), f"…{data['number'][-4:]}, {data['bank_name']}")]
    if event.kind == "company.state_changed":
        return _states(data)
    if event.kind == "company.contact_added":
        return [(_("full name"), data["full_name"])]
    details = (
        [(_("full name"), data["full_name"])] if event.kind == "company.contact_edited" else []
    )
    model = Contact if event.kind == "company.contact_edited" else Company
    for name, (before, after) in data.get("changes", {}).items():
        label = _label(model, name)
        details.append((label, f"{_shown(name, before)} → {_shown(name, after)}"))
    return details


def _states(data: dict[str, Any]) -> list[tuple[str, str]]:
    labels = dict(RegisterState.choices)
    before, after = (str(labels.get(code, code) or "—") for code in data["state"])
    details = [(_("state in the register"), f"{before} → {after}")] if before != after else []
    was, is_now = data["invalid"]
    if was != is_now:
        mark = _("Data unreliable, says the register")
        details.append((mark, _("yes") if is_now else _("no")))
    return details


def _label(model: type[Company] | type[Contact], name: str) -> str:
    if model is Company and name == "full_name":
        return _("Full name")  # a company's; a person's is worded otherwise
    return str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _shown(name: str, value: str) -> str:
    if name == "kind" and value in CompanyKind.values:
        return str(CompanyKind(value).label)
    return value or "—"

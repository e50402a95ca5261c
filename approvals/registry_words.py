"""The registry's filter in words: the chips over the list, and the line above an export's table."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from approvals.forms import RegistryForm
from approvals.states import Status
from people.formats import date_short


@dataclass(frozen=True)
class Condition:
    """A condition that is set: the field, its value where a field has several, and what it says."""

    name: str
    value: str | None
    text: str


def conditions_of(form: RegistryForm) -> list[Condition]:
    """Of a form that was validated, in the order of its fields."""
    conditions = []
    for name, value in form.given().items():
        if name == "status":
            conditions += [Condition(name, code, str(Status(code).label)) for code in value]
        else:
            label = form.fields[name].label
            conditions.append(Condition(name, None, f"{label}: {_shown(name, value)}"))
    return conditions


def _shown(name: str, value: Any) -> str:
    if name == "closing":
        return _("missing")
    return date_short(value) if isinstance(value, datetime.date) else str(value)

"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models

ROOT = Path(settings.BASE_DIR)
ROOMS = (
    "outbox",
    "audit",
    "people",
    "documents",
    "counterparties",
    "notifications",
    "approvals",
    "demo",
    "keeping",
    "config",
)


def production_code() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts):
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_every_room_goes_into_the_image() -> None:
    taken = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{room}" for room in ROOMS} <= set(taken)


def test_the_drawn_states_are_those_of_the_code() -> None:
    call_command("draw_states", "--check")


def test_no_code_writes_a_status_but_the_state_machine() -> None:
    """QuerySet.update and assignments bypass django-fsm; a transition is the only way."""
    faults = []
    for path, tree in production_code():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(t, ast.Attribute) and t.attr == "status" for t in targets):
                    faults.append(f"{path.relative_to(ROOT)}:{node.lineno}")
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"update", "bulk_update", "update_or_create"}
                and any(keyword.arg == "status" for keyword in node.keywords)
            ):
                faults.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    # An HTTP response's status code is not a request's status.
    assert [fault for fault in faults if not fault.startswith("config/")] == []


def test_every_text_is_translated_and_plurals_have_three_forms() -> None:
    catalogue = polib.pofile(str(ROOT / "locale/ru/LC_MESSAGES/django.po"))
    entries = [entry for entry in catalogue if not entry.obsolete]
    assert len(entries) > 300
    assert [entry.msgid for entry in entries if entry.fuzzy or not entry.translated()] == []
    for entry in entries:
        if entry.msgid_plural:
            assert len([text for text in entry.msgstr_plural.values() if text]) == 3, entry.msgid


@pytest.mark.parametrize(
    "model", [model for model in apps.get_models() if model.__module__.split(".")[0] in ROOMS]
)
def test_times_dates_and_money_are_named_for_what_they_are(model: type[models.Model]) -> None:
    """`_at` (or '_since') for moments, `_on` (or 'pay_by', '_date') for days, Decimal for money."""
    for field in model._meta.get_fields():
        if isinstance(field, models.DateTimeField):
            ends = ("_at", "_since", "last_login", "expire_date")  # the last two are Django's
            assert field.name == "at" or field.name.endswith(ends), field
        elif isinstance(field, models.DateField):
            assert field.name.endswith(("_on", "_by", "_date")), field
        assert not isinstance(field, models.FloatField), field


@pytest.mark.parametrize("sheet", sorted((ROOT / "static").glob("*.css")), ids=lambda it: it.name)
def test_a_style_sheet_closes_what_it_opens(sheet: Path) -> None:
    """An open brace, which a merge leaves easily, silences every rule after it."""
    depth = 0
    for number, line in enumerate(sheet.read_text(encoding="utf-8").splitlines(), start=1):
        assert not (line.startswith(".") and depth), f"line {number} stands inside another rule"
        depth += line.count("{") - line.count("}")
    assert depth == 0

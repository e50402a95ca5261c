"""Draws docs/states.md from the code, so that the picture cannot differ from what runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from approvals.models import PaymentRequest
from approvals.states import Status

PAGE = Path(settings.BASE_DIR) / "docs" / "states.md"
# Which services call a transition: django-fsm knows the arrow, not the deed.
DEEDS = {
    "submit": "submit",
    "approve": "accept, or approve where the acceptance step is off",
    "send_back": "return_for_changes, withdraw, return_to_author",
    "refuse": "refuse",
    "cancel": "cancel",
    "undo": "undo, by whoever decided, within seconds",
    "pay": "record_payment, when the payments add up to the amount",
}


def drawn() -> str:
    """The whole page: a Mermaid state diagram and a table of the transitions."""
    field = PaymentRequest._meta.get_field("status")
    transitions = [
        (arrow.source, arrow.target, arrow.name)
        for arrow in field.get_all_transitions(PaymentRequest)
    ]
    order: dict[object, int] = {value: place for place, value in enumerate(Status.values)}
    transitions.sort(key=lambda arrow: (order[arrow[0]], order[arrow[1]], arrow[2]))
    with override("ru"):
        russian = {status.value: str(status.label) for status in Status}
    with override("en"):
        english = {status.value: str(status.label) for status in Status}
    # What can be undone for seconds is an end all the same.
    left = {source for source, _target, name in transitions if name != "undo"}
    final = [status for status in Status.values if status not in left]
    lines = [
        "# The states of a payment request",
        "",
        "Drawn from the code by `manage.py draw_states`; a test fails when this page is stale.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {Status.DRAFT.value}",
        *(f"    {source} --> {target}: {name}" for source, target, name in transitions),
        *(f"    {status} --> [*]" for status in final),
        "```",
        "",
        "| code | Russian | English |",
        "| --- | --- | --- |",
        *(f"| `{value}` | {russian[value]} | {english[value]} |" for value in Status.values),
        "",
        "| from | to | transition | called by the services |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{source}` | `{target}` | `{name}` | {DEEDS[name]} |"
            for source, target, name in transitions
        ),
        "",
        "While `on_approval`, an open task says whose turn it is: kind `approve` (the approver decides),",
        "then kind `accept` (the author accepts; a setting switches this step off).",
        "",
    ]
    return "\n".join(lines)


class Command(BaseCommand):
    help = "Draw docs/states.md from the state machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether it is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        page = drawn()
        if options["check"]:
            if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
                raise CommandError("docs/states.md is stale: run manage.py draw_states")
            return
        PAGE.write_text(page, encoding="utf-8")
        self.stdout.write(f"{PAGE.name} drawn")

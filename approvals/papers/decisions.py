"""Every decision about a request, round by round, as its chain of events tells them."""

from __future__ import annotations

from typing import Any

from approvals.models import ApprovalTask, Event, PaymentRequest
from approvals.papers.facts import Values
from approvals.presenters import DECIDING, label_of
from approvals.states import Decision
from people.formats import moment

SENT = "request.submitted"
TOLD = tuple(kind for kind in DECIDING if kind != "payment.recorded")
# Who closes a task from outside does not decide on its assignee's behalf.
BY_ASSIGNEE = ("request.approved", "request.returned", "request.refused", "request.accepted")


def rounds_of(payment_request: PaymentRequest) -> list[Values]:
    """Rounds in their order, each with when it was sent and what was decided. Times in the active zone."""
    events = payment_request.events.filter(kind__in=TOLD).select_related("actor").order_by("seq")
    tasks = {task.pk: task for task in payment_request.tasks.select_related("assignee")}
    rounds: list[Values] = []
    for event in events:
        if event.kind == SENT or not rounds:
            rounds.append(_round(event, len(rounds) + 1))
        if event.kind != SENT:
            rounds[-1]["decisions"].append(_decision(event, tasks))
    return rounds


def _round(event: Event, number: int) -> Values:
    sent = event.kind == SENT
    return {
        "number": number,
        "sent_at": moment(event.at) if sent else "",
        "sent_by": _name(event) if sent else "",
        "decisions": [],
    }


def _decision(event: Event, tasks: dict[Any, ApprovalTask]) -> Values:
    task = tasks.get(event.data.get("task"))
    stands_in = (
        task is not None
        and event.kind in BY_ASSIGNEE
        and event.actor is not None
        and task.assignee_id != event.actor.pk
    )
    return {
        "decision": label_of(event),
        "who": _name(event),
        "position": event.actor.position if event.actor else "",
        "on_behalf_of": task.assignee.short_name if task is not None and stands_in else "",
        "at": moment(event.at),
        "reason": _reason(event),
    }


def _reason(event: Event) -> str:
    """Why, or of an undoing, what was undone."""
    if event.kind == "decision.undone":
        return str(Decision(event.data["decision"]).label)
    return str(event.data.get("reason", ""))


def _name(event: Event) -> str:
    return event.actor.short_name if event.actor else ""

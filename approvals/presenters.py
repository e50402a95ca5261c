"""Events told to people, in the language that is active when they are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import Event, PaymentRequest
from approvals.states import Decision, Status
from people.formats import date_short, moment, money

LABELS: dict[str, str | Promise] = {
    "request.created": gettext_lazy("Draft created"),
    "request.edited": gettext_lazy("Draft changed"),
    "request.submitted": gettext_lazy("Sent for approval"),
    "request.approved": gettext_lazy("Approved"),
    "request.returned": gettext_lazy("Returned for changes"),
    "request.refused": gettext_lazy("Rejected"),
    "request.accepted": gettext_lazy("Accepted and passed to payment"),
    "request.withdrawn": gettext_lazy("Withdrawn by the author"),
    "request.cancelled": gettext_lazy("Request cancelled"),
    "request.returned_to_author": gettext_lazy("Returned to the author by accounting"),
    "decision.undone": gettext_lazy("Decision undone"),
    "comment.added": gettext_lazy("Comment"),
    "request.planned": gettext_lazy("Planned pay day moved"),
    "payment.recorded": gettext_lazy("Payment recorded"),
    "document.added": gettext_lazy("Document added"),
    "paper.drawn_up": gettext_lazy("Document drawn up"),
    "order.drawn_up": gettext_lazy("Payment order drawn up"),
    "order.corrected": gettext_lazy("Payment order corrected"),
    "order.withdrawn": gettext_lazy("Payment order withdrawn"),
    "payment_order.attached": gettext_lazy("Payment order attached"),
}
# What changed the status: the newest of these is what a late decision is told of.
DECIDING = (
    "request.submitted",
    "request.approved",
    "request.returned",
    "request.refused",
    "request.accepted",
    "request.withdrawn",
    "request.cancelled",
    "request.returned_to_author",
    "decision.undone",
    "payment.recorded",
)


@dataclass(frozen=True)
class EventLine:
    """An event as a line of the history: what, by whom, when, and its particulars."""

    event: Event
    label: str
    who: str
    reason: str = ""
    details: list[tuple[str, str]] = field(default_factory=list)


RETURNS = ("request.returned", "request.returned_to_author")
ACCEPTING = gettext_lazy("Approved, waiting for the manager")


def stage_of(
    status: str, *, is_accepting: bool, last_step: str, is_part_paid: bool
) -> tuple[str, str]:
    """A status with its variants, as (code, words): `last_step` is the kind of the newest deciding event."""
    if status == Status.DRAFT and last_step in RETURNS:
        return "returned", _("Returned for changes")
    if status == Status.ON_APPROVAL and is_accepting:
        return "accepting", str(ACCEPTING)
    if status == Status.APPROVED and is_part_paid:
        return "partly_paid", _("Partly paid")
    return status, str(Status(status).label)


def label_of(event: Event) -> str:
    if event.kind == "payment.recorded" and event.data.get("to") == Status.PAID:
        return _("Paid")
    return str(LABELS.get(event.kind, event.kind))


def line_of(event: Event) -> EventLine:
    """One event with its actor, ready for a template (the actor must be loaded)."""
    data = event.data
    who = event.actor.short_name if event.actor else _("the system")
    if data.get("for_author"):
        who = _("%(who)s for the author") % {"who": who}
    details: list[tuple[str, str]] = []
    if event.kind == "payment.recorded":
        details = [
            (_("amount"), money(data["amount"], data["currency"])),
            (_("paid on"), date_short(data["paid_on"])),
            (_("payment order number"), data["number"]),
        ]
    elif event.kind.startswith("order."):
        details = [
            (_("payment order number"), data["number"]),
            (_("date of the order"), date_short(data["drawn_on"])),
            (_("amount"), money(data["amount"], data["currency"])),
        ]
    elif event.kind == "decision.undone":
        details = [(_("decision"), str(Decision(data["decision"]).label))]
    elif event.kind == "request.planned":
        old, new = (date_short(day) for day in data["planned_on"])
        details = [(_("planned pay day"), f"{old} → {new}")]
    elif "document" in data:
        details = [(_("document"), data["document"])]
    elif event.kind == "request.edited":
        details = [(_field_label(name), _change(pair)) for name, pair in data["changes"].items()]
    return EventLine(event, label_of(event), who, data.get("reason", ""), details)


def already_decided(payment_request: PaymentRequest) -> str:
    """'Already decided: …' for a decision that came late: it names what was decided, by whom and when."""
    event = (
        Event.objects.filter(subject=payment_request, kind__in=DECIDING)
        .select_related("actor")
        .order_by("-seq")
        .first()
    )
    if event is None:
        return _("The request is a draft: it has not been sent for approval.")
    sentence = _(
        "Already decided: %(decision)s, %(who)s, %(when)s. Below is the request as it is now."
    )
    return sentence % _facts(event)


def too_late(payment_request: PaymentRequest, *, event: Event | None = None) -> str:
    """Why a decision cannot be undone (any more): what was done last (or `event`), by whom and when."""
    event = event or newest_act(payment_request)
    if event is None:
        return _("There is no decision to undo.")
    return _("Too late to undo: %(decision)s, %(who)s, %(when)s.") % _facts(event)


def newest_act(payment_request: PaymentRequest) -> Event | None:
    """What a person did last to a request; a remark is no act."""
    return (
        Event.objects.filter(subject=payment_request, actor__isnull=False)
        .exclude(kind="comment.added")
        .select_related("actor")
        .order_by("-seq")
        .first()
    )


def _facts(event: Event) -> dict[str, str]:
    return {
        "decision": label_of(event),
        "who": event.actor.short_name if event.actor else _("the system"),
        "when": moment(event.at),
    }


def _field_label(name: str) -> str:
    return str(PaymentRequest._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _change(pair: list[Any]) -> str:
    old, new = ("—" if value in (None, "") else str(value) for value in pair)
    return f"{old} → {new}"

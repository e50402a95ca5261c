"""A request's state as people see it: the badge, the line under it, and its place among the stages."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from functools import lru_cache

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from approvals.models import ApprovalTask, Event, Payment, PaymentRequest
from approvals.presenters import ACCEPTING, RETURNS, stage_of
from approvals.states import Status, TaskKind
from people.formats import date_short, moment, money

ENDED = {Status.REFUSED, Status.CANCELLED}
# The stages of the picture, in the order in which a request passes them.
STAGES = (
    (Status.DRAFT, Status.DRAFT.label),
    (Status.ON_APPROVAL, Status.ON_APPROVAL.label),
    (Status.APPROVED, Status.APPROVED.label),
    (Status.PAID, Status.PAID.label),
)


@dataclass(frozen=True)
class Badge:
    """`code` colours the stamp; `stage` is 1 to 4, `shape` names the small bar's picture (CSS)."""

    code: str
    label: str
    stage: int
    shape: str
    stage_label: str
    overdue: str = ""


@dataclass(frozen=True)
class StageStep:
    """One stage of the bar on a card; `state` is done, now, todo, or bad (where a request ended badly)."""

    label: str
    state: str
    when: str = ""


def badge_of(
    payment_request: PaymentRequest,
    *,
    open_task: ApprovalTask | None,
    last_step: str,
    today: datetime.date | None = None,
) -> Badge:
    """The badge of words.md with its variants; `last_step` is the kind of the newest deciding event."""
    stamp = _stamp(
        get_language() or "",
        payment_request.status,
        _stage(payment_request),
        is_accepting=open_task is not None and open_task.kind == TaskKind.ACCEPT,
        last_step=last_step,
        is_part_paid=bool(payment_request.paid_amount),
    )
    overdue = overdue_of(payment_request, today=today)
    return replace(stamp, overdue=overdue) if overdue else stamp


@lru_cache(maxsize=500)
def _stamp(
    _language: str,
    status: str,
    stage: int,
    *,
    is_accepting: bool,
    last_step: str,
    is_part_paid: bool,
) -> Badge:
    """In the active language, by which it is kept."""
    code, label = stage_of(
        status, is_accepting=is_accepting, last_step=last_step, is_part_paid=is_part_paid
    )
    shape = f"s{stage}"
    if status in ENDED:
        shape = f"{shape}-{'bad' if status == Status.REFUSED else 'off'}"
    shape = {"accepting": "s2-done", "partly_paid": "s3-part"}.get(code, shape)
    return Badge(
        code=code,
        label=label,
        stage=stage,
        shape=shape,
        stage_label=_("Stage %(stage)s of 4: %(label)s") % {"stage": stage, "label": label},
    )


def overdue_of(payment_request: PaymentRequest, *, today: datetime.date | None = None) -> str:
    """'3 days overdue', or nothing."""
    days = payment_request.days_overdue(today or timezone.localdate())
    if not days:
        return ""
    return ngettext("%(n)s day overdue", "%(n)s days overdue", days) % {"n": days}


def line_under(
    payment_request: PaymentRequest,
    *,
    open_task: ApprovalTask | None,
    last_event: Event | None,
    last_payment: Payment | None,
) -> str:
    """The one line under the badge: what is awaited, or who decided, when and why."""
    it, currency = payment_request, payment_request.currency
    if it.status == Status.DRAFT:
        if last_event is not None and last_event.kind in RETURNS:
            return _decided(last_event)
        return _("Complete it and send it for approval")
    if it.status == Status.ON_APPROVAL and open_task is not None:
        if open_task.kind == TaskKind.ACCEPT:
            return _("%(author)s accepts it and passes it to payment") % {
                "author": it.author.short_name
            }
        return _("Waiting for %(assignee)s since %(since)s") % {
            "assignee": open_task.assignee.short_name,
            "since": moment(open_task.created_at),
        }
    if it.status == Status.APPROVED and it.paid_amount:
        return _("%(paid)s of %(amount)s paid") % {
            "paid": money(it.paid_amount, currency),
            "amount": money(it.amount, currency),
        }
    if it.status == Status.APPROVED:
        return _("Pay by %(pay_by)s · %(left)s left") % {
            "pay_by": date_short(it.pay_by),
            "left": money(it.amount_left, currency),
        }
    if it.status == Status.PAID and last_payment is not None:
        return _("%(paid_on)s, payment order %(number)s") % {
            "paid_on": date_short(last_payment.paid_on),
            "number": last_payment.number,
        }
    return _decided(last_event) if last_event is not None else ""


def stage_steps(
    payment_request: PaymentRequest, *, open_task: ApprovalTask | None
) -> list[StageStep]:
    """The bar of a card: every stage with when it was reached."""
    it, now = payment_request, _stage(payment_request)
    times = (
        it.created_at,
        it.submitted_at if it.status != Status.DRAFT else None,
        it.approved_at,
        it.closed_at if it.status == Status.PAID else None,
    )
    steps = []
    for number, ((_code, label), at) in enumerate(zip(STAGES, times, strict=True), start=1):
        state = "done" if number < now or it.status == Status.PAID else "todo"
        text = str(label)
        if number == now and it.status != Status.PAID:
            state = "now"
            if it.status in ENDED:
                state, text = "bad", str(Status(it.status).label)
            elif open_task is not None and open_task.kind == TaskKind.ACCEPT:
                text = str(ACCEPTING)
            elif it.paid_amount:
                text = _("Partly paid")
        steps.append(StageStep(text, state, date_short(at) if at and number <= now else ""))
    return steps


def _stage(payment_request: PaymentRequest) -> int:
    """How far it came, 1 to 4; what was refused or cancelled stays where it ended."""
    if payment_request.status in ENDED:
        return 2 if payment_request.submitted_at else 1
    return [code for code, _label in STAGES].index(Status(payment_request.status)) + 1


def _decided(event: Event) -> str:
    facts = {
        "who": event.actor.short_name if event.actor else _("the system"),
        "when": moment(event.at),
        "reason": event.data.get("reason", ""),
    }
    if facts["reason"]:
        return _("%(who)s, %(when)s: “%(reason)s”") % facts
    return _("%(who)s, %(when)s") % facts

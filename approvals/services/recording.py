"""The steps that every decision shares: tell the chain, close and open tasks, tell people."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from approvals.audience import watchers
from approvals.models import ApprovalTask, Event, OrganisationSettings, PaymentRequest
from approvals.services.facts import notice_facts
from approvals.states import UNDO_FOR, Decision, Status, TaskKind
from audit.refusals import Conflict
from audit.services import append
from counterparties.selectors import why_not_pay_to
from notifications.models import NoticeKind
from notifications.services import leave_out_of_digest, notify
from people.models import User
from people.prepared import prepared
from people.selectors import accountants

UNDONE = "decision.undone"
# Decisions about a task: whoever took one may take it back for a while.
UNDOABLE = {"request.approved", "request.returned", "request.refused", "request.accepted"}
# What moves a request and is no news for whoever watches it.
UNTOLD = {"request.submitted", UNDONE}
# Every column that a transition may set; 'status' among them, or the transition would be lost.
MOVING_FIELDS = [
    "status",
    "round",
    "submitted_at",
    "approved_at",
    "closed_at",
    "waiting_since",
    "paid_amount",
    "planned_on",
]


def is_repeat(
    payment_request: PaymentRequest, *, actor: User, kind: str, form_key: UUID | None
) -> bool:
    """Whether this is the double click of a decision that this person took already (and did not undo)."""
    if form_key is None:
        return False
    first = _made_by_form.first(payment_request.pk, actor.pk, kind, form_key)
    if first is None:
        return False
    events = Event.objects.filter(subject=payment_request)
    return not events.filter(kind=UNDONE, seq__gt=first.seq).exists()


@prepared
def _made_by_form(request: int, actor: int, kind: str, form_key: UUID) -> QuerySet[Event]:
    events = Event.objects.filter(subject=request, actor=actor, kind=kind, form_key=form_key)
    return events.order_by("-seq")[:1]


def record(
    payment_request: PaymentRequest,
    *,
    kind: str,
    actor: User,
    now: datetime.datetime,
    from_status: str | None = None,
    form_key: UUID | None = None,
    saved: Iterable[str] = (),
    **data: Any,
) -> Event:
    """Append the event of what was just done to a locked request (see audit.services.append)."""
    if from_status is not None:
        data = {"from": from_status, "to": payment_request.status, **data}
    event: Event = append(
        subject=payment_request,
        event_model=Event,
        kind=kind,
        actor=actor,
        now=now,
        data={"round": payment_request.round, **data},
        form_key=form_key,
        saved=saved,
    )
    return event


def save_move(
    payment_request: PaymentRequest,
    *,
    kind: str,
    actor: User,
    now: datetime.datetime,
    from_status: str,
    form_key: UUID | None = None,
    **data: Any,
) -> None:
    """Save what a transition set on a locked request, append its event, and tell whoever watches."""
    record(
        payment_request,
        kind=kind,
        actor=actor,
        now=now,
        from_status=from_status,
        form_key=form_key,
        saved=MOVING_FIELDS,
        **data,
    )
    if kind not in UNTOLD:
        _tell_watchers(payment_request, kind=kind, actor=actor, now=now, data=data)


def _tell_watchers(
    payment_request: PaymentRequest,
    *,
    kind: str,
    actor: User,
    now: datetime.datetime,
    data: dict[str, Any],
) -> None:
    """The decision, to whoever watches and may (still) see the request; its author is told otherwise."""
    decision = kind.removeprefix("request.")
    if kind == "payment.recorded":
        decision = "paid" if payment_request.status == Status.PAID else "partly_paid"
    people = watchers(payment_request).exclude(pk__in=[actor.pk, payment_request.author_id])
    for person in people:
        tell(
            person,
            NoticeKind.WATCHED,
            payment_request,
            actor=actor,
            now=now,
            undoable=data["task"] if kind in UNDOABLE else None,
            decision=decision,
            reason=data.get("reason", ""),
        )


def tell(
    user: User,
    kind: NoticeKind,
    payment_request: PaymentRequest,
    *,
    actor: User,
    now: datetime.datetime,
    undoable: int | None = None,
    **facts: Any,
) -> None:
    """Give a person the news of a request, with who did it.

    `undoable` is the key of the task whose decision this is news of: its e-mail waits as long as the
    decision may be undone.
    """
    if undoable is not None:
        facts["task"] = undoable
    notify(
        by_mail=goes_by_mail(kind),
        user=user,
        kind=kind,
        context=notice_facts(payment_request, who=actor.short_name, **facts),
        now=now,
        delay=UNDO_FOR if undoable is not None else datetime.timedelta(0),
    )


def goes_by_mail(kind: NoticeKind) -> bool:
    """Whether the organisation has news of this kind sent by e-mail as well (one small query)."""
    quiet = OrganisationSettings.objects.filter(pk=1).values_list("quiet_notices", flat=True)
    return kind not in (quiet.first() or ())


def open_task(
    payment_request: PaymentRequest,
    *,
    kind: TaskKind,
    assignee: User,
    now: datetime.datetime,
) -> ApprovalTask:
    return ApprovalTask.objects.create(
        payment_request=payment_request,
        round=payment_request.round,
        kind=kind,
        assignee=assignee,
        created_at=now,
        department_id=payment_request.author_department_id,
    )


def refuse_unpayable(
    payment_request: PaymentRequest, *, paid_on: datetime.date | None = None
) -> None:
    """Nobody passes on, or pays, what the payee's bank cannot receive. Raises Conflict.

    With `paid_on`: what left before the bank was closed is still recorded.
    """
    account = payment_request.bank_account
    if account is not None and (reason := why_not_pay_to(account, paid_on=paid_on)):
        raise Conflict(reason)


def close_task(
    task: ApprovalTask,
    *,
    decision: Decision,
    actor: User,
    now: datetime.datetime,
    comment: str = "",
) -> None:
    task.decision, task.comment = decision, comment
    task.decided_by, task.decided_at = actor, now
    task.save(update_fields=["decision", "comment", "decided_by", "decided_at"])


def locked_task(task_id: int) -> tuple[PaymentRequest, ApprovalTask]:
    """The request, then its task, both locked in that order. Raises ApprovalTask.DoesNotExist."""
    found = _request_of_task.first(task_id)
    if found is None:
        raise ApprovalTask.DoesNotExist
    payment_request = PaymentRequest.objects.locked(found[0])
    [task] = _task_locked(task_id)
    return payment_request, task


@prepared
def _request_of_task(task: int) -> QuerySet[ApprovalTask, Any]:
    return ApprovalTask.objects.filter(pk=task).values_list("payment_request_id")


@prepared
def _task_locked(task: int) -> QuerySet[ApprovalTask]:
    return ApprovalTask.objects.select_for_update(of=("self",)).filter(pk=task)


def close_open_task(
    payment_request: PaymentRequest,
    *,
    decision: Decision,
    actor: User,
    now: datetime.datetime,
    comment: str = "",
) -> None:
    """Close the task that a withdrawal or a cancellation makes needless, if there is one."""
    task = payment_request.tasks.select_for_update(of=("self",)).filter(decision="").first()
    if task is not None:
        close_task(task, decision=decision, actor=actor, now=now, comment=comment)


def nothing_to_pay(payment_request: PaymentRequest) -> None:
    """The morning's digest need not say 'to pay' of what was paid, cancelled or returned meanwhile."""
    leave_out_of_digest(kind=NoticeKind.ACCEPTED, request_id=payment_request.pk)


def tell_accountants(
    payment_request: PaymentRequest, *, task: ApprovalTask, now: datetime.datetime
) -> None:
    """'To pay': soon when it is urgent or due, else in the morning's digest; `task` is the one decided."""
    by_mail = goes_by_mail(NoticeKind.ACCEPTED)
    soon = payment_request.is_urgent or payment_request.planned_on <= timezone.localdate(now)
    for accountant in accountants():
        notify(
            user=accountant,
            kind=NoticeKind.ACCEPTED,
            context=notice_facts(payment_request, task=task.pk),
            now=now,
            digest=not soon,
            delay=UNDO_FOR,
            by_mail=by_mail,
        )

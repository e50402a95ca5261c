"""Taking a decision back in the seconds after it, while nothing of it has been mailed."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from approvals import policies
from approvals.audience import watchers
from approvals.models import ApprovalTask, PaymentRequest
from approvals.presenters import too_late
from approvals.services.recording import (
    UNDOABLE,
    UNDONE,
    close_open_task,
    is_repeat,
    locked_task,
    save_move,
)
from approvals.states import Decision
from audit.refusals import Conflict, refuse_if
from documents import papers
from notifications.services import take_back
from people.models import User
from people.selectors import accountants


@transaction.atomic
def undo(
    *,
    task_id: int,
    actor: User,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Take back one's own decision about a task: it is open again, and its news are unsaid.

    The history keeps the decision and says that it was undone. Raises Forbidden, and Conflict once
    anybody acted after it, its time is over, or its mail is on the way.
    """
    now = now or timezone.now()
    payment_request, task = locked_task(task_id)
    if is_repeat(payment_request, actor=actor, kind=UNDONE, form_key=form_key):
        return payment_request
    refuse_if(policies.why_not_undo(task, payment_request, actor, now=now))
    from_status, decision, decided_at = payment_request.status, task.decision, task.decided_at
    if decided_at is None or not _unsay(payment_request, task, since=decided_at):
        raise Conflict(too_late(payment_request))
    # Whose turn it became need not decide any more.
    close_open_task(payment_request, decision=Decision.UNDONE, actor=actor, now=now)
    _reopen(task)
    _plan_as_before(payment_request, at=decided_at)
    if payment_request.folder is not None:
        papers.take_back(folder=payment_request.folder, since=decided_at)
    payment_request.undo(back_to_round=task.round, since=task.created_at)
    save_move(
        payment_request,
        kind=UNDONE,
        actor=actor,
        now=now,
        from_status=from_status,
        form_key=form_key,
        task=task.pk,
        decision=decision,
    )
    return payment_request


def _reopen(task: ApprovalTask) -> None:
    """The row waits again; what had been decided stands in the event of the decision."""
    task.decision = task.comment = ""
    task.decided_by = task.decided_at = None
    task.save(update_fields=["decision", "comment", "decided_by", "decided_at"])


def _plan_as_before(payment_request: PaymentRequest, *, at: datetime.datetime) -> None:
    """An approval may have moved the planned pay day."""
    decision = payment_request.events.filter(kind__in=UNDOABLE, at=at).order_by("-seq").first()
    if decision is not None and "planned_before" in decision.data:
        payment_request.planned_on = datetime.date.fromisoformat(decision.data["planned_before"])


def _unsay(
    payment_request: PaymentRequest, task: ApprovalTask, *, since: datetime.datetime
) -> bool:
    told = {payment_request.author_id}
    told.update(accountants().values_list("pk", flat=True))
    told.update(watchers(payment_request).values_list("pk", flat=True))
    return take_back(user_ids=told, since=since, request_id=payment_request.pk, task=task.pk)

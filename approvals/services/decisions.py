"""Decisions about a request that was sent for approval, and the ways back from it."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import policies
from approvals.models import PaymentRequest
from approvals.selectors import organisation_settings
from approvals.services.orders import withdraw_open_orders
from approvals.services.papers import draw_up_sheet
from approvals.services.planning import keep_day_possible
from approvals.services.recording import (
    close_open_task,
    close_task,
    is_repeat,
    locked_task,
    nothing_to_pay,
    open_task,
    refuse_unpayable,
    save_move,
    tell,
    tell_accountants,
)
from approvals.states import Decision, TaskKind
from audit.refusals import Invalid, refuse_if
from notifications.models import NoticeKind
from people.models import User


@transaction.atomic
def approve(
    *,
    task_id: int,
    actor: User,
    comment: str = "",
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Approve: the author is asked to accept, or with that step off the request is approved for payment."""
    now = now or timezone.now()
    payment_request, task = locked_task(task_id)
    if is_repeat(payment_request, actor=actor, kind="request.approved", form_key=form_key):
        return payment_request
    refuse_if(policies.why_not_decide(task, payment_request, actor))
    refuse_unpayable(payment_request)
    from_status, planned_before = payment_request.status, payment_request.planned_on
    close_task(task, decision=Decision.APPROVED, actor=actor, now=now, comment=comment)
    with_acceptance = organisation_settings().acceptance_step
    if with_acceptance:
        payment_request.waiting_since = now
        open_task(
            payment_request,
            kind=TaskKind.ACCEPT,
            assignee=payment_request.author,
            now=now,
        )
    else:
        keep_day_possible(payment_request, now=now)
        payment_request.approve(at=now)
    save_move(
        payment_request,
        kind="request.approved",
        actor=actor,
        now=now,
        from_status=from_status,
        form_key=form_key,
        task=task.pk,
        planned_before=planned_before.isoformat(),
        reason=comment,
    )
    tell(
        payment_request.author,
        NoticeKind.APPROVED,
        payment_request,
        actor=actor,
        now=now,
        undoable=task.pk,
        acceptance=with_acceptance,
        reason=comment,
    )
    if not with_acceptance:
        draw_up_sheet(payment_request, actor=actor, now=now)
        tell_accountants(payment_request, task=task, now=now)
    return payment_request


@transaction.atomic
def return_for_changes(
    *,
    task_id: int,
    actor: User,
    reason: str,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Return to the author: the same number, the next round, every decision kept. The reason is required."""
    now = now or timezone.now()
    payment_request, task = locked_task(task_id)
    if is_repeat(payment_request, actor=actor, kind="request.returned", form_key=form_key):
        return payment_request
    refuse_if(policies.why_not_decide(task, payment_request, actor))
    reason = _required(reason)
    from_status = payment_request.status
    close_task(task, decision=Decision.RETURNED, actor=actor, now=now, comment=reason)
    payment_request.send_back(at=now)
    save_move(
        payment_request,
        kind="request.returned",
        actor=actor,
        now=now,
        from_status=from_status,
        form_key=form_key,
        task=task.pk,
        reason=reason,
    )
    tell(
        payment_request.author,
        NoticeKind.RETURNED,
        payment_request,
        actor=actor,
        now=now,
        undoable=task.pk,
        reason=reason,
    )
    return payment_request


@transaction.atomic
def refuse(
    *,
    task_id: int,
    actor: User,
    reason: str,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Refuse for good. The reason is required."""
    now = now or timezone.now()
    payment_request, task = locked_task(task_id)
    if is_repeat(payment_request, actor=actor, kind="request.refused", form_key=form_key):
        return payment_request
    refuse_if(policies.why_not_decide(task, payment_request, actor))
    reason = _required(reason)
    from_status = payment_request.status
    close_task(task, decision=Decision.REFUSED, actor=actor, now=now, comment=reason)
    payment_request.refuse(at=now)
    save_move(
        payment_request,
        kind="request.refused",
        actor=actor,
        now=now,
        from_status=from_status,
        form_key=form_key,
        task=task.pk,
        reason=reason,
    )
    tell(
        payment_request.author,
        NoticeKind.REFUSED,
        payment_request,
        actor=actor,
        now=now,
        undoable=task.pk,
        reason=reason,
    )
    return payment_request


@transaction.atomic
def accept(
    *,
    task_id: int,
    actor: User,
    comment: str = "",
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Accept what was approved: it goes to payment. By the author, or for the author (recorded as such)."""
    now = now or timezone.now()
    payment_request, task = locked_task(task_id)
    if is_repeat(payment_request, actor=actor, kind="request.accepted", form_key=form_key):
        return payment_request
    refuse_if(policies.why_not_accept(task, payment_request, actor))
    refuse_unpayable(payment_request)
    from_status, planned_before = payment_request.status, payment_request.planned_on
    close_task(task, decision=Decision.ACCEPTED, actor=actor, now=now, comment=comment)
    keep_day_possible(payment_request, now=now)
    payment_request.approve(at=now)
    save_move(
        payment_request,
        kind="request.accepted",
        actor=actor,
        now=now,
        from_status=from_status,
        form_key=form_key,
        task=task.pk,
        planned_before=planned_before.isoformat(),
        reason=comment,
        for_author=actor.pk != payment_request.author_id,
    )
    draw_up_sheet(payment_request, actor=actor, now=now)
    tell_accountants(payment_request, task=task, now=now)
    return payment_request


@transaction.atomic
def withdraw(
    *,
    payment_request_id: int,
    actor: User,
    reason: str = "",
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """The author takes a request back while it is on approval; a draft of the next round."""
    now = now or timezone.now()
    payment_request = PaymentRequest.objects.locked(payment_request_id)
    if is_repeat(payment_request, actor=actor, kind="request.withdrawn", form_key=form_key):
        return payment_request
    refuse_if(policies.why_not_withdraw(payment_request, actor))
    reason = reason.strip()
    from_status = payment_request.status
    close_open_task(
        payment_request,
        decision=Decision.WITHDRAWN,
        actor=actor,
        now=now,
        comment=reason,
    )
    payment_request.send_back(at=now)
    save_move(
        payment_request,
        kind="request.withdrawn",
        actor=actor,
        now=now,
        from_status=from_status,
        form_key=form_key,
        reason=reason,
    )
    return payment_request


@transaction.atomic
def cancel(
    *,
    payment_request_id: int,
    actor: User,
    reason: str,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Cancel for good, before any payment. The reason is required."""
    now = now or timezone.now()
    payment_request = PaymentRequest.objects.locked(payment_request_id)
    if is_repeat(payment_request, actor=actor, kind="request.cancelled", form_key=form_key):
        return payment_request
    refuse_if(policies.why_not_cancel(payment_request, actor))
    reason = _required(reason)
    from_status = payment_request.status
    close_open_task(
        payment_request,
        decision=Decision.CANCELLED,
        actor=actor,
        now=now,
        comment=reason,
    )
    payment_request.cancel(at=now)
    save_move(
        payment_request,
        kind="request.cancelled",
        actor=actor,
        now=now,
        from_status=from_status,
        form_key=form_key,
        reason=reason,
    )
    nothing_to_pay(payment_request)
    withdraw_open_orders(payment_request, actor=actor, now=now)
    return payment_request


@transaction.atomic
def return_to_author(
    *,
    payment_request_id: int,
    actor: User,
    reason: str,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """An accountant returns an approved, unpaid request; its approver is told too."""
    now = now or timezone.now()
    payment_request = PaymentRequest.objects.locked(payment_request_id)
    if is_repeat(
        payment_request,
        actor=actor,
        kind="request.returned_to_author",
        form_key=form_key,
    ):
        return payment_request
    refuse_if(policies.why_not_return_to_author(payment_request, actor))
    reason = _required(reason)
    from_status = payment_request.status
    approvals = payment_request.tasks.filter(
        round=payment_request.round, decision=Decision.APPROVED
    ).select_related("decided_by")
    told = {payment_request.author} | {task.decided_by for task in approvals if task.decided_by}
    payment_request.send_back(at=now)
    save_move(
        payment_request,
        kind="request.returned_to_author",
        actor=actor,
        now=now,
        from_status=from_status,
        form_key=form_key,
        reason=reason,
    )
    nothing_to_pay(payment_request)
    withdraw_open_orders(payment_request, actor=actor, now=now)
    for person in sorted(told, key=lambda user: user.pk):
        tell(person, NoticeKind.RETURNED, payment_request, actor=actor, now=now, reason=reason)
    return payment_request


def _required(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        message = _("Write a few words: without them the decision is not recorded.")
        raise Invalid({"reason": [message]})
    return reason

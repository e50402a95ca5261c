"""Who may do what, and when. One function a verb: it answers None, or how and why it is refused.

The same answer serves the button, its tooltip and the service's guard. Rights come before state, so that
nobody learns a request's state by trying.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from approvals.models import (
    ApprovalTask,
    Export,
    ExportState,
    OrganisationSettings,
    PaymentOrder,
    PaymentRequest,
    SavedView,
)
from approvals.presenters import already_decided, newest_act, too_late
from approvals.states import UNDO_FOR, Decision, Status, TaskKind
from audit.refusals import Conflict, Forbidden, Refused
from documents.models import DocumentKind
from people.models import User
from people.prepared import prepared
from people.selectors import is_approver

_ROLES = ("manager", "accountant", "auditor", "administrator")
_SECOND_FACTOR = ("second_factor_approvers", *(f"second_factor_{role}s" for role in _ROLES))
UNDOABLE = {Decision.APPROVED, Decision.RETURNED, Decision.REFUSED, Decision.ACCEPTED}

MOST_EXPORTS = 3


def is_only_auditor(user: User) -> bool:
    """Whether a person reads everything and decides nothing: no other role, nobody's approver."""
    if not user.is_auditor or user.is_manager or user.is_accountant or user.is_administrator:
        return False
    return not (
        is_approver(user)
        or OrganisationSettings.objects.filter(default_approver=user).exists()
        or ApprovalTask.objects.filter(assignee=user, decision="").exists()
    )


@prepared
def _second_factors_asked() -> QuerySet[OrganisationSettings, Any]:
    rows: Any = OrganisationSettings.objects.filter(pk=1)
    asked: QuerySet[OrganisationSettings, Any] = rows.values(*_SECOND_FACTOR, "default_approver")
    return asked


def needs_second_factor(user: User) -> bool:
    """Whether the organisation's settings ask a second factor of one of the person's roles."""
    asked = _second_factors_asked.first()
    if asked is None or not any(asked[name] for name in _SECOND_FACTOR):
        return False
    if any(asked[f"second_factor_{role}s"] and getattr(user, f"is_{role}") for role in _ROLES):
        return True
    if not asked["second_factor_approvers"]:
        return False
    return asked["default_approver"] == user.pk or is_approver(user)


def why_not_create(actor: User) -> Refused | None:
    if not actor.is_manager:
        return Forbidden(_("Only managers make payment requests."))
    return None


def why_not_edit(payment_request: PaymentRequest, actor: User) -> Refused | None:
    if payment_request.author_id != actor.pk:
        return Forbidden(_("Only the author can change a request."))
    if payment_request.status != Status.DRAFT:
        return _conflict(payment_request)
    return None


def why_not_submit(payment_request: PaymentRequest, actor: User) -> Refused | None:
    if payment_request.author_id != actor.pk:
        return Forbidden(_("Only the author can send a request for approval."))
    if payment_request.status != Status.DRAFT:
        return _conflict(payment_request)
    return None


def why_not_withdraw(payment_request: PaymentRequest, actor: User) -> Refused | None:
    if payment_request.author_id != actor.pk:
        return Forbidden(_("Only the author can withdraw a request."))
    if payment_request.status != Status.ON_APPROVAL:
        return _conflict(payment_request)
    return None


def why_not_cancel(payment_request: PaymentRequest, actor: User) -> Refused | None:
    if payment_request.author_id != actor.pk and not actor.is_administrator:
        return Forbidden(_("Only the author or an administrator can cancel a request."))
    if not payment_request.is_open:
        return _conflict(payment_request)
    if payment_request.paid_amount:
        return Conflict(_("A part is paid already: the request cannot be cancelled."))
    return None


def why_not_return_to_author(payment_request: PaymentRequest, actor: User) -> Refused | None:
    if not actor.is_accountant:
        return Forbidden(_("Only an accountant can return an approved request to its author."))
    if payment_request.status != Status.APPROVED:
        return _conflict(payment_request)
    if payment_request.paid_amount:
        return Conflict(_("A part is paid already: the request cannot be returned."))
    return None


def why_not_decide(
    task: ApprovalTask, payment_request: PaymentRequest, actor: User
) -> Refused | None:
    """Approve, return or refuse: the task's assignee, never about a request of their own."""
    if payment_request.author_id == actor.pk:
        return Forbidden(_("You cannot approve your own request."))
    if task.assignee_id != actor.pk:
        return Forbidden(_("This task waits for somebody else."))
    if not task.is_open or task.kind != TaskKind.APPROVE:
        return _conflict(payment_request)
    return None


def why_not_accept(
    task: ApprovalTask, payment_request: PaymentRequest, actor: User
) -> Refused | None:
    """The author; so that it holds nobody up, also the author's supervisor and any accountant."""
    author = payment_request.author
    if actor.pk not in (author.pk, author.supervisor_id) and not actor.is_accountant:
        return Forbidden(_("The author accepts, or their supervisor or an accountant for them."))
    if task.kind != TaskKind.ACCEPT:
        return Conflict(_("This task is not for acceptance."))
    if not task.is_open:
        return _conflict(payment_request)
    return None


def why_not_undo(
    task: ApprovalTask,
    payment_request: PaymentRequest,
    actor: User,
    *,
    now: datetime.datetime,
) -> Refused | None:
    """Whoever took the decision, for as long as UNDO_FOR, unless somebody has acted since."""
    if actor.pk != (task.decided_by_id or task.assignee_id):
        return Forbidden(_("Only whoever took a decision can undo it."))
    if task.decision not in UNDOABLE or task.decided_at is None:
        return Conflict(too_late(payment_request))
    newest = newest_act(payment_request)
    # What else belongs to the decision was written at its very moment.
    is_last = newest is not None and (newest.actor_id, newest.at) == (actor.pk, task.decided_at)
    if not is_last or now - task.decided_at > UNDO_FOR:
        return Conflict(too_late(payment_request, event=newest))
    return None


def why_not_comment(payment_request: PaymentRequest, actor: User) -> Refused | None:
    """Write a remark, or watch: whoever sees the request, but for those who read alone."""
    if is_only_auditor(actor):
        return Forbidden(_("Auditors see all and change nothing."))
    return None


def why_not_pay(payment_request: PaymentRequest, actor: User) -> Refused | None:
    if not actor.is_accountant:
        return Forbidden(_("Only an accountant records payments."))
    if payment_request.author_id == actor.pk:
        return Forbidden(_("You cannot pay your own request: another accountant records it."))
    if payment_request.status == Status.ON_APPROVAL:
        return Conflict(_("The request is not approved for payment yet."))
    if payment_request.status != Status.APPROVED:
        return _conflict(payment_request)
    return None


def why_not_draw_up_order(payment_request: PaymentRequest, actor: User) -> Refused | None:
    """A payment order, or its correction: whoever may pay; form 0401060 is for roubles."""
    if (refusal := why_not_pay(payment_request, actor)) is not None:
        return refusal
    if payment_request.currency != "RUB":
        return Conflict(_("Payment orders are drawn up for payments in roubles alone."))
    return None


def why_not_correct_order(order: PaymentOrder, actor: User) -> Refused | None:
    return why_not_draw_up_order(order.payment_request, actor) or _why_closed(order)


def why_not_withdraw_order(order: PaymentOrder, actor: User) -> Refused | None:
    return why_not_pay(order.payment_request, actor) or _why_closed(order)


def _why_closed(order: PaymentOrder) -> Refused | None:
    if order.state == "paid":
        return Conflict(_("A payment was made by this order: it stays as it is."))
    if order.state == "withdrawn":
        return Conflict(_("This order was withdrawn already."))
    return None


def why_not_plan(payment_request: PaymentRequest, actor: User) -> Refused | None:
    """Move the planned pay day of what is on its way to payment."""
    if not actor.is_accountant:
        return Forbidden(_("Only an accountant moves the planned pay day."))
    if payment_request.status not in (Status.ON_APPROVAL, Status.APPROVED):
        return _conflict(payment_request)
    return None


def why_not_add_document(
    payment_request: PaymentRequest, actor: User, *, kind: str = DocumentKind.OTHER
) -> Refused | None:
    """The author, whoever holds the open task, and accountants; payment orders by accountants alone."""
    if actor.is_accountant:
        return None
    if kind == DocumentKind.PAYMENT_ORDER:
        return Forbidden(_("Only an accountant files payment orders."))
    if payment_request.author_id == actor.pk:
        return None
    if payment_request.tasks.filter(assignee=actor, decision="").exists():
        return None
    return Forbidden(_("Only the author, the approver in turn and accountants add documents."))


def why_not_retry_paper(payment_request: PaymentRequest, actor: User) -> Refused | None:
    """Try again to make a paper: whoever sees to the request, and whoever sees to the templates."""
    if payment_request.author_id == actor.pk or actor.is_accountant or actor.is_administrator:
        return None
    return Forbidden(_("Only the author, accountants and administrators try again."))


def why_not_see_registers(actor: User) -> Refused | None:
    """A register names the payments of everybody's requests."""
    if not actor.sees_everything:
        return Forbidden(_("Registers of payments are for those who see every request."))
    return None


def why_not_draw_up_register(actor: User) -> Refused | None:
    if not actor.is_accountant:
        return Forbidden(_("Only accountants have registers of payments drawn up."))
    return None


def why_not_retry_register(actor: User) -> Refused | None:
    """Try again to make one: whoever has it drawn up, and whoever sees to the templates."""
    if actor.is_accountant or actor.is_administrator:
        return None
    return Forbidden(_("Only accountants and administrators try again."))


def why_not_handle_letters(payment_request: PaymentRequest, actor: User) -> Refused | None:
    """Send again, send without a file, revoke the link."""
    if payment_request.author_id == actor.pk or actor.is_accountant or actor.is_administrator:
        return None
    return Forbidden(_("Only the author, accountants and administrators handle letters."))


def _conflict(payment_request: PaymentRequest) -> Conflict:
    return Conflict(already_decided(payment_request))


def why_not_administer(actor: User) -> Refused | None:
    if not actor.is_administrator:
        return Forbidden(_("Only administrators change settings."))
    return None


def why_not_delete_view(view: SavedView, actor: User) -> Refused | None:
    """An administrator may take away what somebody shared with everybody."""
    if view.owner_id == actor.pk or (view.is_shared and actor.is_administrator):
        return None
    return Forbidden(_("Only whoever saved a view can delete it."))


def why_not_export(actor: User) -> Refused | None:
    """A few files at a time for each: everybody's work waits in one queue."""
    pending = Export.objects.filter(owner=actor, state__in=[ExportState.QUEUED, ExportState.MAKING])
    if pending.count() >= MOST_EXPORTS:
        return Conflict(_("Three of your files are being made already: wait for one of them."))
    return None

"""What somebody who decides asks: what was just decided, and what the company was paid before."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from statistics import median_low

from django.db.models import Count, Max, Min, Q, QuerySet

from approvals.models import ApprovalTask, Payment, PaymentRequest
from approvals.states import UNDO_FOR, Decision, Status, TaskKind
from people.models import User
from people.prepared import prepared

UNDOABLE = (Decision.APPROVED, Decision.RETURNED, Decision.REFUSED, Decision.ACCEPTED)
# 'Usual' is the middle of the last so many; fewer than three make no habit.
LAST, HABIT = 12, 3
# Of a company that is paid all the time, what was paid for so many requests is looked at.
LOOKED_AT = 1_000


@dataclass(frozen=True)
class PaidBefore:
    """What left for a company before: how often, since and until when, and to this very account.

    `usual` is the middle of the last sums in the request's currency, None where there is no habit. Where
    there were `more_than` so many (0 where not), the rest is of the last so many, without `first_on`.
    """

    times: int
    first_on: datetime.date | None
    last_on: datetime.date | None
    to_this_account: int
    usual: Decimal | None
    more_than: int


def paid_before(payment_request: PaymentRequest) -> PaidBefore:
    """Of the whole organisation, whoever had it paid: whoever approves must know it (three queries)."""
    same_account = Q(payment_request__bank_account_id=payment_request.bank_account_id)
    if payment_request.bank_account_id is None:
        same_account = Q(pk__in=[])
    theirs = PaymentRequest.objects.filter(company_id=payment_request.company_id)
    paid = theirs.filter(status=Status.PAID).exclude(pk=payment_request.pk)
    newest = paid.order_by("-closed_at", "-pk")
    is_more = paid.order_by()[: LOOKED_AT + 1].count() > LOOKED_AT
    looked_at = newest.values("pk")[:LOOKED_AT] if is_more else theirs.values("pk")
    payments = Payment.objects.exclude(payment_request=payment_request)
    found = payments.filter(payment_request__in=looked_at).aggregate(
        times=Count("pk"),
        first_on=Min("paid_on"),
        last_on=Max("paid_on"),
        to_this_account=Count("pk", filter=same_account),
    )
    alike = newest.filter(currency=payment_request.currency)
    last = list(alike.values_list("amount", flat=True)[:LAST])
    usual = median_low(last) if len(last) >= HABIT else None
    return PaidBefore(**found, usual=usual, more_than=LOOKED_AT if is_more else 0)


def just_decided(user: User, *, now: datetime.datetime) -> list[ApprovalTask]:
    """What this person decided so recently that it may be undone, newest first."""
    return _decided_since(user.pk, now - UNDO_FOR)


@prepared
def _decided_since(person: int, since: datetime.datetime) -> QuerySet[ApprovalTask]:
    return (
        ApprovalTask.objects.filter(decided_by=person, decided_at__gte=since, decision__in=UNDOABLE)
        .select_related("payment_request__company", "payment_request__author")
        .order_by("-decided_at", "-pk")
    )


def may_be_ticked(task: ApprovalTask) -> bool:
    """Approvals are given together; an acceptance is a promise of its own."""
    return task.kind == TaskKind.APPROVE and task.is_open

"""Requests as lines of a list: every cell made ready here, so that a page of fifty costs little."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from approvals.models import ApprovalTask, PaymentRequest
from approvals.states import Status
from approvals.views.status import Badge, badge_of
from people.formats import date_short, money


@dataclass(frozen=True)
class RequestRow:
    """A request in a list. `who` has it, since the day `since`; both empty when it is closed."""

    pk: int
    number: str
    url: str
    status: str
    badge: Badge
    company: str
    marks: list[tuple[str, str]]
    purpose: str
    author: str
    amount: str
    pay_by: str
    is_urgent: bool
    who: str
    since: str


def request_rows(
    requests: Iterable[PaymentRequest], *, today: datetime.date | None = None
) -> list[RequestRow]:
    """Rows of what `selectors.for_list` loads."""
    today = today or timezone.localdate()
    language = get_language()
    # Once for all rows: to look an address up takes as long as to format all the rest of a row.
    before, after = reverse("approvals:request", args=[0]).rsplit("0", 1)
    return [_row(it, today, language, f"{before}{it.pk}{after}") for it in requests]


def _row(payment_request: Any, today: datetime.date, language: str | None, url: str) -> RequestRow:
    it = payment_request
    task = it.open_tasks[0] if it.open_tasks else None
    who = _holder(it, task)
    return RequestRow(
        pk=it.pk,
        number=str(it),
        url=url,
        status=it.status,
        badge=badge_of(it, open_task=task, last_step=it.last_step, today=today),
        company=it.company.name,
        marks=it.company.register_marks,
        purpose=it.justification or it.purpose,
        author=it.author.short_name,
        amount=money(it.amount, it.currency, language),
        pay_by=date_short(it.pay_by, language),
        is_urgent=it.is_urgent,
        who=who,
        since=date_short(it.waiting_since, language) if who else "",
    )


def _holder(payment_request: PaymentRequest, task: ApprovalTask | None) -> str:
    """Who has the request now; accounting has what is approved."""
    if task is not None:
        return task.assignee.short_name
    if payment_request.status == Status.DRAFT:
        return payment_request.author.short_name
    return _("accounting") if payment_request.status == Status.APPROVED else ""

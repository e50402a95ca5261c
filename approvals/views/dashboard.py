"""The dashboard: where everything stands, what is to be paid and when, what waits for me."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import policies, selectors
from approvals.listed import with_open_tasks
from approvals.models import ApprovalTask, PaymentRequest, Stage
from approvals.models.access import Access
from approvals.pace import paces, stuck
from approvals.states import Status
from approvals.totals import Picture, StageTotal
from approvals.views.days import charts, day_groups, payer_totals
from approvals.views.http import require_safe
from approvals.views.inbox import task_rows
from approvals.views.rows import request_rows
from people.formats import duration, money
from people.prepared import prepared

SHOWN = 5
FULL = 100


@dataclass(frozen=True)
class StageCard:
    """A stage of the picture: `share` of the largest stage's number, out of FULL."""

    status: str
    label: str
    count: int
    sums: list[str]
    share: int
    url: str


@dataclass(frozen=True)
class PaceLine:
    """Half of a request's way: how long it takes this month, took the last, and the trend."""

    code: str
    label: str
    this_month: str
    last_month: str
    trend: str


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Everything by what the person may see."""
    user, now, today = request.user, timezone.now(), timezone.localdate()
    access = PaymentRequest.objects.access_of(user)
    picture = Picture(user, access=access)
    left, waiting, expected = (
        picture.left_by_day(stage) for stage in (Stage.APPROVED, Stage.ACCEPTING, Stage.ON_APPROVAL)
    )
    stages = _stages(picture.stages())
    return render(
        request,
        "approvals/dashboard.html",
        {
            "today": today,
            "stages": stages,
            "has_requests": any(stage.count for stage in stages),
            "groups": day_groups(left, waiting, expected, today=today),
            "payer_totals": payer_totals(left),
            "charts": charts(left, waiting, expected, today=today),
            "stuck": request_rows(stuck(user, now=now, most=SHOWN, access=access)),
            "paces": _paces(user, today, access),
            "sees_registers": policies.why_not_see_registers(user) is None,
            "may_create": policies.why_not_create(user) is None,
            **_mine(user),
        },
    )


def _mine(user: Any) -> dict[str, Any]:
    """The nearest of my tasks, how many there are, and my requests: open ones first, newest first."""
    return {
        "tasks": task_rows(_tasks(user.pk)),
        "task_count": selectors.tasks_waiting_for(user).count(),
        "rows": request_rows(with_open_tasks(_own(user.pk))),
    }


@prepared
def _tasks(person: int) -> QuerySet[ApprovalTask]:
    return selectors.tasks_waiting_for(person)[:SHOWN]


@prepared
def _own(person: int) -> QuerySet[PaymentRequest]:
    own = selectors.for_list(PaymentRequest.objects.filter(author=person)).prefetch_related(None)
    return own.order_by(F("closed_at").desc(nulls_first=True), "-created_at", "-pk")[:SHOWN]


def _paces(user: Any, today: datetime.date, access: Access) -> list[PaceLine]:
    """How long the way took this month and the last; nothing until something was paid."""
    this = today.replace(day=1)
    last = (this - datetime.timedelta(days=1)).replace(day=1)
    ahead = (this + datetime.timedelta(days=32)).replace(day=1)
    months = [_start_of(first) for first in (last, this, ahead)]
    before, now = paces(user, months, access=access)
    if not now.count and not before.count:
        return []
    return [
        PaceLine(
            "approve", _("from sending to approval"), *_compared(now.to_approve, before.to_approve)
        ),
        PaceLine("pay", _("from approval to payment"), *_compared(now.to_pay, before.to_pay)),
    ]


def _start_of(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))


def _compared(
    now: datetime.timedelta | None, before: datetime.timedelta | None
) -> tuple[str, str, str]:
    """This month's time, the last month's, and which way it went."""
    trend = ""
    if now is not None and before is not None and abs(now - before) * 10 > before:
        trend = "faster" if now < before else "slower"
    return _shown(now), _shown(before), trend


def _shown(time: datetime.timedelta | None) -> str:
    return duration(time) if time is not None else "—"


def _stages(stages: list[StageTotal]) -> list[StageCard]:
    largest = max((stage.count for stage in stages), default=0)
    return [
        StageCard(
            stage.status,
            str(Status(stage.status).label),
            stage.count,
            [money(total.amount, total.currency) for total in stage.totals],
            max(round(stage.count * FULL / largest), 2) if stage.count else 0,
            f"{reverse('approvals:requests')}?status={stage.status}",
        )
        for stage in stages
    ]

"""The dashboard: where everything stands, what is to be paid and when, what waits for me."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from approvals import policies, selectors
from approvals.models import PaymentRequest
from approvals.states import Status
from approvals.views.days import charts, day_groups, payer_totals
from approvals.views.http import require_safe
from approvals.views.inbox import task_rows
from approvals.views.rows import request_rows
from people.formats import money

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


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Everything by what the person may see."""
    user, today = request.user, timezone.localdate()
    left = selectors.left_to_pay_by_day(user)
    waiting = selectors.waiting_for_acceptance_by_day(user)
    stages = _stages(selectors.stages(user))
    return render(
        request,
        "approvals/dashboard.html",
        {
            "today": today,
            "stages": stages,
            "has_requests": any(stage.count for stage in stages),
            "groups": day_groups(left, waiting, today=today),
            "payer_totals": payer_totals(left),
            "charts": charts(left, waiting, today=today),
            "may_create": policies.why_not_create(user) is None,
            **_mine(user),
        },
    )


def _mine(user: Any) -> dict[str, Any]:
    """The nearest of my tasks, how many there are, and my requests: open ones first, newest first."""
    tasks = selectors.tasks_waiting_for(user)
    own = selectors.for_list(PaymentRequest.objects.filter(author=user)).order_by(
        F("closed_at").desc(nulls_first=True), "-created_at", "-pk"
    )
    return {
        "tasks": task_rows(tasks[:SHOWN]),
        "task_count": tasks.count(),
        "rows": request_rows(own[:SHOWN]),
    }


def _stages(stages: list[selectors.Stage]) -> list[StageCard]:
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

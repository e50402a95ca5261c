"""My tasks: what waits for me, what of mine waits for others, what I decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from approvals import selectors
from approvals.models import ApprovalTask
from approvals.views.http import require_safe
from approvals.views.paging import page_of, query_without_page
from approvals.views.status import overdue_of
from documents.models import Document
from people.models import User

TABS = ("mine", "others", "decided")


@dataclass(frozen=True)
class TaskRow:
    """A task with what one looks at before deciding: the invoices and how late it is."""

    task: ApprovalTask
    invoices: list[Document]
    overdue: str


@require_safe
def task_list(request: HttpRequest) -> HttpResponse:
    """`?tab=mine|others|decided`; decisions are made on the spot."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else TABS[0]
    page = page_of(request, _tasks(request.user, tab))
    return render(
        request,
        "approvals/tasks/list.html",
        {
            "tab": tab,
            "page": page,
            "query": query_without_page(request),
            "rows": task_rows(page),
            "accept_label": accept_label(),
        },
    )


def task_rows(tasks: Iterable[ApprovalTask]) -> list[TaskRow]:
    """Tasks with their requests' invoices: one query whatever their number."""
    tasks = list(tasks)
    invoices = selectors.invoices_by_folder(task.payment_request.folder_id for task in tasks)
    return [
        TaskRow(
            task,
            invoices.get(task.payment_request.folder_id, []),
            overdue_of(task.payment_request),
        )
        for task in tasks
    ]


def accept_label() -> str:
    """The acceptance button's wording, as this organisation has it."""
    return selectors.organisation_settings().accept_label(get_language() or "")


def _tasks(user: User, tab: str) -> QuerySet[ApprovalTask, Any]:
    if tab == "others":
        return selectors.waiting_for_others(user)
    if tab == "decided":
        return selectors.decided_by(user)
    return selectors.tasks_waiting_for(user)

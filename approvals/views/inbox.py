"""My tasks: the list, and beside it what one looks at before deciding."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from approvals import inbox, policies, presenters, selectors
from approvals.models import ApprovalTask, Event, PaymentRequest
from approvals.states import UNDO_FOR, Decision, TaskKind
from approvals.views.banks import account_rows
from approvals.views.http import BIGGEST_PK
from approvals.views.paging import page_of
from approvals.views.remarks import comment_context
from approvals.views.status import overdue_of
from approvals.views.wording import paid_before_lines, vat_text
from documents.models import Document, DocumentKind
from documents.sniffing import INLINE_TYPES
from people.formats import date_short, money
from people.models import User
from people.prepared import prepared

TABS = ("mine", "others", "decided")
# So many tasks are compared when a list looks again; of more, the number alone.
LOOKED_AT = 500


@dataclass(frozen=True)
class TaskRow:
    """A line of the list, ready for the template; `url` shows it beside the list."""

    task: ApprovalTask
    company: str
    marks: list[tuple[str, str]]
    what: str
    amount: str
    pay_by: str
    overdue: str
    is_urgent: bool
    url: str
    is_chosen: bool
    may_be_ticked: bool


@dataclass(frozen=True)
class Paper:
    """A document; `look` says how a page shows it itself: pdf, image or '' (for saving)."""

    document: Document
    look: str
    is_shown: bool


@dataclass(frozen=True)
class Undoable:
    """A decision that may be taken back for some `seconds` more."""

    task: ApprovalTask
    label: str
    number: str
    company: str
    seconds: int


def render_inbox(
    request: HttpRequest,
    *,
    chosen: int | None = None,
    status: int = 200,
    reason: str = "",
    at: str = "",
    form: Form | None = None,
) -> HttpResponse:
    """The tab that is asked for, with one task beside it: the one chosen, else the first.

    `reason` says above it why not (409, 403); `form` is the faulty one, named by `at` (422).
    """
    user, tab = request.user, tab_of(request)
    seen = seen_of(user) if tab == TABS[0] else ""
    tasks = _tasks(user, tab)
    page = page_of(request, tasks)
    task = _chosen(user, chosen) if chosen else None
    by_hand = task is not None
    if task is None and page.object_list:
        task = page.object_list[0]
    rows = task_rows(page, tab=tab, page_number=page.number, chosen=task)
    context = {
        "tab": tab,
        "page": page,
        "query": f"tab={tab}&" if tab != TABS[0] else "",
        "rows": rows,
        "by_hand": by_hand,
        "seen": seen,
        "reason": reason,
        "at": at,
        "faulty": form,
        "undoable": undoable_of(user),
        "accept_label": selectors.organisation_settings().accept_label(get_language() or ""),
        "card": _card(task, user, rows) if task else None,
        "list_url": inbox_url(tab=tab, page=page.number),
        "here": inbox_url(tab=tab, page=page.number, task=task.pk if by_hand and task else None),
    }
    response = render(request, "approvals/tasks/list.html", context, status=status)
    if request.method == "POST":
        # The address bar of a page that htmx fills never holds an address that is posted to.
        response["HX-Replace-Url"] = inbox_url(tab=tab, task=chosen)
    return response


def seen_of(user: User) -> str:
    """The entity tag of what waits for a person and of the menu's counts: changes when the list would.

    Two small queries, so that a list which looks again by itself mostly costs no more.
    """
    state = (
        user.pk,
        str(timezone.localdate()),
        get_language(),
        _waiting(user.pk),
        sorted(selectors.menu_counts(user).items()),
    )
    return f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:32]}"'


@prepared
def _waiting(person: int) -> QuerySet[ApprovalTask, Any]:
    tasks = selectors.tasks_waiting_for(person)
    return tasks.values_list("pk", "payment_request__audit_seq")[:LOOKED_AT]


def tab_of(request: HttpRequest) -> str:
    """The tab in the address, or in the form that was sent."""
    tab = request.GET.get("tab") or request.POST.get("tab") or ""
    return tab if tab in TABS else TABS[0]


def chosen_in(request: HttpRequest) -> int | None:
    """The task beside which a form of the inbox stood; None for a form of another page."""
    if request.POST.get("from") != "tasks":
        return None
    text = request.POST.get("task", "")
    return int(text) if text.isdecimal() and len(text) < 20 else None


def inbox_url(*, tab: str = "", task: int | None = None, page: int = 1) -> str:
    """'/tasks/?tab=decided&task=5'; what goes without saying is left out."""
    query = {
        "tab": tab if tab != TABS[0] else "",
        "page": page if page > 1 else "",
        "task": task or "",
    }
    text = urlencode({name: value for name, value in query.items() if value})
    return reverse("approvals:tasks") + (f"?{text}" if text else "")


def undoable_of(user: User, *, now: datetime.datetime | None = None) -> list[Undoable]:
    """What this person has just decided and may still undo (one query)."""
    now = now or timezone.now()
    return [
        Undoable(
            task,
            str(Decision(task.decision).label),
            str(task.payment_request),
            task.payment_request.company.name,
            max(1, round((task.decided_at + UNDO_FOR - now).total_seconds())),
        )
        for task in inbox.just_decided(user, now=now)
        if task.decided_at is not None
    ]


def _tasks(user: User, tab: str) -> QuerySet[ApprovalTask, Any]:
    if tab == "others":
        return selectors.waiting_for_others(user)
    if tab == "decided":
        return selectors.decided_by(user)
    return selectors.tasks_waiting_for(user)


def _chosen(user: User, pk: int) -> ApprovalTask | None:
    """The task of a request that the person may see, whoever's turn it is or was."""
    if pk > BIGGEST_PK:
        return None
    visible = PaymentRequest.objects.visible_to(user)
    return (
        ApprovalTask.objects.filter(pk=pk, payment_request__in=visible)
        .select_related("payment_request__company", "payment_request__author", "assignee")
        .first()
    )


def task_rows(
    tasks: Iterable[ApprovalTask],
    *,
    tab: str = TABS[0],
    page_number: int = 1,
    chosen: ApprovalTask | None = None,
) -> list[TaskRow]:
    """Tasks with their requests and companies loaded, as lines of the list (no query)."""
    return [
        TaskRow(
            task,
            task.payment_request.company.name,
            task.payment_request.company.register_marks,
            task.payment_request.justification or task.payment_request.purpose,
            money(task.payment_request.amount, task.payment_request.currency),
            date_short(task.payment_request.pay_by),
            overdue_of(task.payment_request),
            task.payment_request.is_urgent,
            inbox_url(tab=tab, task=task.pk, page=page_number),
            chosen is not None and task.pk == chosen.pk,
            tab == TABS[0] and inbox.may_be_ticked(task),
        )
        for task in tasks
    ]


def _card(task: ApprovalTask, user: User, rows: list[TaskRow]) -> dict[str, Any]:
    """What one looks at before deciding: a dozen queries, whatever there is."""
    it = selectors.card(user, task.payment_request_id)
    assert it is not None  # noqa: S101 - a task that one may see is of a request that one may see
    events = selectors.events_of(it)
    documents = selectors.documents_of(it)
    keys = [row.task.pk for row in rows]
    place = keys.index(task.pk) if task.pk in keys else None
    return {
        "task": task,
        "it": it,
        "may_decide": task.kind == TaskKind.APPROVE
        and policies.why_not_decide(task, it, user) is None,
        "may_accept": task.kind == TaskKind.ACCEPT
        and policies.why_not_accept(task, it, user) is None,
        "overdue": overdue_of(it),
        "vat_text": vat_text(it),
        "account_row": account_rows([it.bank_account])[0] if it.bank_account else None,
        "paid_before": paid_before_lines(it),
        "papers": papers_of(documents),
        **comment_context(it, events, user),
        "before": _last_word(events, task),
        "place": place + 1 if place is not None else None,
        "next": _next(keys, place),
    }


def papers_of(documents: list[Document]) -> list[Paper]:
    """The documents, invoices first; of those that a page can show, the newest invoice is shown."""
    ordered = sorted(documents, key=lambda it: (it.kind != DocumentKind.INVOICE, it.pk))
    looks = [_look(document) for document in ordered]
    invoices = [n for n, it in enumerate(ordered) if looks[n] and it.kind == DocumentKind.INVOICE]
    others = [n for n, look in enumerate(looks) if look]
    shown = invoices[-1] if invoices else (others[0] if others else None)
    return [
        Paper(document, look, n == shown)
        for n, (document, look) in enumerate(zip(ordered, looks, strict=True))
    ]


def _look(document: Document) -> str:
    if document.content_type not in INLINE_TYPES:
        return ""
    return "pdf" if document.content_type == "application/pdf" else "image"


def _last_word(events: list[Event], task: ApprovalTask) -> presenters.EventLine | None:
    """Why it came back the last time, or what the approver wrote: for whose turn it is now."""
    kinds = {"request.approved"} if task.kind == TaskKind.ACCEPT else {"request.returned"}
    said = (event for event in events if event.kind in kinds)
    event = next(said, None)
    return presenters.line_of(event) if event else None


def _next(keys: list[int], place: int | None) -> int | None:
    """What is shown after a decision: the one below, else the one above."""
    if place is None:
        return keys[0] if keys else None
    others = keys[place + 1 :] or keys[:place][-1:]
    return others[0] if others else None

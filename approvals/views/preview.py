"""A request at a glance, beside the registry's list."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from approvals import presenters, selectors
from approvals.models import PaymentRequest
from approvals.views.banks import account_rows
from approvals.views.http import BIGGEST_PK, require_safe
from approvals.views.status import badge_of, line_under, stage_steps
from people.models import User


@require_safe
def request_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of a page that shows one request, to whoever may see it."""
    facts = preview_of(request.user, str(pk))
    if facts is None:
        raise Http404
    return render(request, "approvals/requests/_preview.html", {"preview": facts})


def preview_of(user: User, pk: str) -> dict[str, Any] | None:
    """What the preview shows of the request of this number; None for what is no number, or not to be seen."""
    if not (pk.isascii() and pk.isdecimal()) or int(pk) > BIGGEST_PK:
        return None
    it = selectors.card(user, int(pk))
    return None if it is None else _facts(it)


def _facts(it: PaymentRequest) -> dict[str, Any]:
    tasks = selectors.tasks_of(it)
    events = selectors.events_of(it)
    payments = selectors.payments_of(it)
    open_task = next((task for task in tasks if task.is_open), None)
    deciding = next((event for event in events if event.kind in presenters.DECIDING), None)
    last_step = deciding.kind if deciding else ""
    return {
        "it": it,
        "badge": badge_of(it, open_task=open_task, last_step=last_step),
        "line": line_under(
            it,
            open_task=open_task,
            last_event=deciding,
            last_payment=payments[-1] if payments else None,
        ),
        "steps": stage_steps(it, open_task=open_task),
        "documents": selectors.documents_of(it),
        "account_row": account_rows([it.bank_account])[0] if it.bank_account else None,
        "history": [presenters.line_of(event) for event in events[:3]],
    }

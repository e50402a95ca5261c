"""A request's card: what it is, where it stands, what was decided, and what this person may do now."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from approvals import policies, presenters, selectors
from approvals.document_forms import DocumentForm
from approvals.forms import PaymentForm
from approvals.models import ApprovalTask, PaymentRequest
from approvals.orders import left_for_orders, orders_of
from approvals.states import Decision, Status, TaskKind
from approvals.views.banks import account_rows
from approvals.views.document_rows import DocumentRow, brought_and_drawn_up, is_pending
from approvals.views.http import BIGGEST_PK, require_safe
from approvals.views.inbox import undoable_of
from approvals.views.letters import letter_rows
from approvals.views.remarks import comment_context
from approvals.views.status import badge_of, line_under, stage_steps
from approvals.views.wording import vat_text
from documents.models import Document, DocumentKind
from documents.sniffing import INLINE_TYPES
from people.formats import money
from people.models import User


@require_safe
def request_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The card, to whoever may see the request."""
    payment_request = selectors.card(request.user, pk) if pk <= BIGGEST_PK else None
    if payment_request is None:
        raise Http404
    return render_card(request, payment_request)


def render_card(
    request: HttpRequest,
    payment_request: PaymentRequest,
    *,
    status: int = 200,
    reason: str = "",
    at: str = "",
    form: Form | None = None,
    document_form: DocumentForm | None = None,
    payment_form: PaymentForm | None = None,
) -> HttpResponse:
    """The card as it is now. `reason` says above it why not (409); `form` is the faulty one named by `at`."""
    user = request.user
    fresh = selectors.card(user, payment_request.pk)
    if fresh is None:
        raise Http404
    context = _facts(fresh, user)
    # The task of the facts: read once more, it may be another by now, and the page be of two minds.
    context |= _rights(fresh, user, context["open_task"])
    context |= {
        "reason": reason,
        "at": at,
        "faulty": form,
        "document_form": document_form,
        "payment_form": payment_form,
    }
    if context["may"]["add_document"] and document_form is None:
        context["document_form"] = DocumentForm(
            user=user, may_file_orders=False, initial=_likely_kind(context["documents"])
        )
    if context["may"]["pay"] and payment_form is None:
        asked = request.GET.get("order", "")
        context["payment_form"] = PaymentForm(user=user, payment_request=fresh, order_id=asked)
    return render(request, "approvals/requests/card.html", context, status=status)


def _facts(it: PaymentRequest, user: User) -> dict[str, Any]:
    """What the card says, the same to everybody who may see it (but for what they can try again)."""
    tasks = selectors.tasks_of(it)
    events = selectors.events_of(it)
    payments = selectors.payments_of(it)
    documents = selectors.documents_of(it)
    orders = orders_of(it)
    brought, drawn_up = brought_and_drawn_up(
        documents,
        may_retry=policies.why_not_retry_paper(it, user) is None,
        orders=[order.document_id for order in orders],
    )
    open_task = next((task for task in tasks if task.is_open), None)
    deciding = next((event for event in events if event.kind in presenters.DECIDING), None)
    return {
        "payment_request": it,
        "account_row": account_rows([it.bank_account])[0] if it.bank_account else None,
        "badge": badge_of(it, open_task=open_task, last_step=deciding.kind if deciding else ""),
        "line": line_under(
            it,
            open_task=open_task,
            last_event=deciding,
            last_payment=payments[-1] if payments else None,
        ),
        "steps": stage_steps(it, open_task=open_task),
        "open_task": open_task,
        "approval": _last_approval(tasks, it) if open_task else None,
        "rounds": [
            (number, list(decided))
            for number, decided in groupby(
                (task for task in tasks if not task.is_open), key=lambda task: task.round
            )
        ],
        "payments": payments,
        "orders": orders,
        "left_for_orders": left_for_orders(it),
        "documents": brought,
        "papers": drawn_up,
        "undoable": [u for u in undoable_of(user) if u.task.payment_request_id == it.pk],
        "has_pending_documents": is_pending(documents),
        "preview": _preview(documents),
        "left_text": money(it.amount_left, it.currency),
        "vat_text": vat_text(it),
        "letters": letter_rows(selectors.letters_of_request(it)),
        **comment_context(it, events, user),
        "history": [presenters.line_of(event) for event in events],
    }


def _rights(it: PaymentRequest, user: User, task: ApprovalTask | None) -> dict[str, Any]:
    """What this person may do with it and its open task now: the same answers that guard the services."""
    may = {
        "edit": policies.why_not_edit(it, user) is None,
        "repeat": it.status != Status.DRAFT and policies.why_not_create(user) is None,
        "submit": policies.why_not_submit(it, user) is None,
        "withdraw": policies.why_not_withdraw(it, user) is None,
        "cancel": policies.why_not_cancel(it, user) is None,
        "return_request": policies.why_not_return_to_author(it, user) is None,
        "pay": policies.why_not_pay(it, user) is None,
        "draw_up_order": policies.why_not_draw_up_order(it, user) is None,
        "add_document": policies.why_not_add_document(it, user) is None,
        "decide": task is not None
        and task.kind == TaskKind.APPROVE
        and policies.why_not_decide(task, it, user) is None,
        "accept": task is not None
        and task.kind == TaskKind.ACCEPT
        and policies.why_not_accept(task, it, user) is None,
    }
    settings = selectors.organisation_settings()
    return {
        "may": may,
        "accept_label": settings.accept_label(get_language() or ""),
        "order_required": settings.payment_order_required,
        "no_letter": user.is_accountant
        and it.status in (Status.ON_APPROVAL, Status.APPROVED)
        and not (it.contact and it.contact.email),
    }


def _likely_kind(documents: list[DocumentRow]) -> dict[str, str]:
    """What is added next: the invoice, as long as there is none."""
    has_invoice = any(row.document.kind == DocumentKind.INVOICE for row in documents)
    return {} if has_invoice else {"kind": DocumentKind.INVOICE}


def _preview(documents: list[Document]) -> Document | None:
    """The newest invoice that a browser shows by itself."""
    shown = [
        d for d in documents if d.kind == DocumentKind.INVOICE and d.content_type in INLINE_TYPES
    ]
    return shown[-1] if shown else None


def _last_approval(tasks: list[ApprovalTask], it: PaymentRequest) -> ApprovalTask | None:
    """Who approved this round, for the line above the acceptance button."""
    approvals = [t for t in tasks if t.round == it.round and t.decision == Decision.APPROVED]
    return approvals[-1] if approvals else None

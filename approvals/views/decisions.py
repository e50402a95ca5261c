"""Decisions about a request: each is one POST, and answers with the request's card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from approvals import selectors, services
from approvals.forms import BareForm, CommentForm, ReasonForm
from approvals.models import ApprovalTask, PaymentRequest
from approvals.views.board_moves import answer_on_board, is_from_board
from approvals.views.http import (
    BIGGEST_PK,
    add_errors,
    form_key_of,
    get_visible_or_404,
    redirect_303,
    require_POST,
)
from approvals.views.inbox import inbox_url, render_inbox
from approvals.views.request_card import render_card
from approvals.views.request_form import render_incomplete
from audit.refusals import Conflict, Forbidden, Invalid, Refused

Act = Callable[[Any], object]
TASK_FORMS: dict[str, type[Form]] = {
    "approve": CommentForm,
    "accept": CommentForm,
    "return": ReasonForm,
    "refuse": ReasonForm,
    "undo": BareForm,
}


@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a draft for approval; what is missing is told at its field, in the draft's form."""
    payment_request = _request_or_404(request, pk)
    if is_from_board(request):
        return _submit_on_board(request, payment_request)
    try:
        services.submit(payment_request_id=pk, actor=request.user, form_key=form_key_of(request))
    except Invalid as refusal:
        return render_incomplete(request, payment_request, refusal)
    except Conflict as refusal:
        return render_card(request, payment_request, status=409, reason=refusal.reason)
    messages.success(request, _("Sent for approval"))
    return redirect_303(payment_request)


def _submit_on_board(request: HttpRequest, payment_request: PaymentRequest) -> HttpResponse:
    def act(cleaned: dict[str, Any]) -> object:
        return services.submit(payment_request_id=payment_request.pk, actor=request.user, **cleaned)

    form, done = BareForm(request.POST), _("Sent for approval")
    return answer_on_board(request, payment_request, form, "submit", act, done)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The author takes it back."""
    return _with_reason(request, pk, "withdraw", services.withdraw, _("Withdrawn by the author"))


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """For good, before any payment."""
    return _with_reason(request, pk, "cancel", services.cancel, _("Request cancelled"))


@require_POST
def return_request(request: HttpRequest, pk: int) -> HttpResponse:
    """An accountant gives an approved request back to its author."""
    return _with_reason(
        request,
        pk,
        "return_request",
        services.return_to_author,
        _("Returned to the author by accounting"),
    )


@require_POST
def task_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, with a comment if one likes."""
    return _on_task(request, pk, "approve", services.approve)


@require_POST
def task_return(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to the author with what should be changed."""
    return _on_task(request, pk, "return", services.return_for_changes)


@require_POST
def task_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """No, and why."""
    return _on_task(request, pk, "refuse", services.refuse)


@require_POST
def task_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """The author, or somebody for them, passes what was approved to payment."""
    return _on_task(request, pk, "accept", services.accept)


@require_POST
def task_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever decided takes it back, within seconds."""
    return _on_task(request, pk, "undo", services.undo, _("Decision undone"))


def _with_reason(
    request: HttpRequest, pk: int, at: str, service: Callable[..., object], done: Any
) -> HttpResponse:
    payment_request = _request_or_404(request, pk)

    def act(cleaned: dict[str, Any]) -> object:
        return service(payment_request_id=pk, actor=request.user, **cleaned)

    return _answer(request, payment_request, ReasonForm(request.POST), at, act, done)


def _on_task(
    request: HttpRequest, pk: int, at: str, service: Callable[..., object], done: Any = ""
) -> HttpResponse:
    """A decision is told by the note that offers to undo it; `done` is said where there is none."""
    task = selectors.task_visible_to(request.user, pk) if pk <= BIGGEST_PK else None
    if task is None:
        raise Http404
    form = TASK_FORMS[at](request.POST)

    def act(cleaned: dict[str, Any]) -> object:
        return service(task_id=pk, actor=request.user, **cleaned)

    if request.POST.get("from") == "tasks":
        return _answer_in_inbox(request, task, form, at, act, done)
    return _answer(request, task.payment_request, form, at, act, done)


def _answer(
    request: HttpRequest,
    payment_request: PaymentRequest,
    form: Form,
    at: str,
    act: Act,
    done: Any,
) -> HttpResponse:
    """Do it, and 303 to the card; 422 with the fault at its form; 409: who was first."""
    if is_from_board(request):
        return answer_on_board(request, payment_request, form, at, act, done)
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except Invalid as refusal:
            add_errors(form, refusal)
        except Conflict as refusal:
            return render_card(request, payment_request, status=409, reason=refusal.reason)
        else:
            if done:
                messages.success(request, done)
            return redirect_303(payment_request)
    return render_card(request, payment_request, status=422, at=at, form=form)


def _answer_in_inbox(
    request: HttpRequest, task: ApprovalTask, form: Form, at: str, act: Act, done: Any
) -> HttpResponse:
    """Do it, and 303 to the next task; what was wrong is told above the request as it is now."""
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except Invalid as refusal:
            add_errors(form, refusal)
        except Refused as refusal:
            status = 403 if isinstance(refusal, Forbidden) else 409
            return render_inbox(request, chosen=task.pk, status=status, reason=refusal.reason)
        else:
            if done:
                messages.success(request, done)
            upcoming = request.POST.get("next", "")
            shown = task.pk if at == "undo" else int(upcoming) if upcoming.isdecimal() else None
            return redirect_303(inbox_url(task=shown))
    return render_inbox(request, chosen=task.pk, status=422, at=at, form=form)


def _request_or_404(request: HttpRequest, pk: int) -> PaymentRequest:
    return get_visible_or_404(PaymentRequest.objects.visible_to(request.user), pk)

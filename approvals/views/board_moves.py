"""Moving a card of the board: what may be done with it, and how that is answered.

To move a card is to do what leads there: the forms are posted to the same addresses as everywhere, with
`from=board`, and those views answer with the board (`answer_on_board`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from approvals import selectors
from approvals.board import Step, steps_of
from approvals.forms import PaymentForm
from approvals.models import ApprovalTask, PaymentRequest
from approvals.views.board import asked_by, back_of, render_board
from approvals.views.http import (
    BIGGEST_PK,
    add_errors,
    redirect_303,
    require_safe,
    vary_on_htmx,
)
from approvals.views.status import badge_of
from audit.refusals import Forbidden, Invalid, Refused
from people.models import User


@dataclass(frozen=True)
class Move:
    """A step as it is offered: what it says, where it is sent, the question that it asks, why not."""

    step: Step
    label: str
    question: str
    url: str
    icon: str
    css: str
    is_required: bool
    reason: str


@require_safe
@vary_on_htmx
def board_move(request: HttpRequest, pk: int) -> HttpResponse:
    """What may be done with a card; with `to`, what leads to that column alone."""
    it = selectors.card(request.user, pk) if pk <= BIGGEST_PK else None
    if it is None:
        raise Http404
    return render_move(request, it, to=request.GET.get("to", ""))


def is_from_board(request: HttpRequest) -> bool:
    """Whether a form was sent by the board."""
    return request.POST.get("from") == "board"


def answer_on_board(
    request: HttpRequest,
    payment_request: PaymentRequest,
    form: Form,
    at: str,
    act: Callable[[Any], object],
    done: Any = "",
) -> HttpResponse:
    """Do it, and 303 to the board; what was wrong with the form is told in it, a refusal above the board."""
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except Invalid as refusal:
            if at == "submit":  # what is missing cannot be typed here
                return render_board(
                    request,
                    status=422,
                    reason=refusal.reason,
                    about=payment_request,
                    is_incomplete=True,
                )
            add_errors(form, refusal)
        except Refused as refusal:
            return refused_on_board(request, payment_request, refusal)
        else:
            if done:
                messages.success(request, done)
            return redirect_303(board_url(request, moved=payment_request.pk))
    return render_move(request, payment_request, status=422, at=at, faulty=form)


def refused_on_board(
    request: HttpRequest, payment_request: PaymentRequest, refusal: Refused
) -> HttpResponse:
    """The board as it is now, and why not: 403 or 409."""
    status = 403 if isinstance(refusal, Forbidden) else 409
    return render_board(request, status=status, reason=refusal.reason, about=payment_request)


def board_url(request: HttpRequest, *, moved: int) -> str:
    """The board that a form was sent from, with what was moved on top of its column."""
    return f"{reverse('approvals:board')}?{asked_by(back_of(request)).query(moved=moved)}"


def render_move(
    request: HttpRequest,
    payment_request: PaymentRequest,
    *,
    to: str = "",
    status: int = 200,
    at: str = "",
    faulty: Form | None = None,
) -> HttpResponse:
    """The steps of a card: in the board's dialog by htmx, else a page; `faulty` is the form named by `at`."""
    it = selectors.card(request.user, payment_request.pk)
    if it is None:
        raise Http404
    task = next((task for task in selectors.tasks_of(it) if task.is_open), None)
    moves = _moves(it, task, request.user)
    if at:
        moves = [move for move in moves if move.step.code == at] or moves
    elif to:
        moves = [move for move in moves if move.step.to == to]
    may_pay = any(move.step.code == "pay" and not move.reason for move in moves)
    pay_form = faulty if at == "pay" else None
    if may_pay and pay_form is None:
        pay_form = PaymentForm(user=request.user, payment_request=it)
    is_dialog = "HX-Request" in request.headers
    context = {
        "payment_request": it,
        "badge": badge_of(it, open_task=task, last_step=""),
        "moves": moves,
        "is_one": bool(at or to),
        "at": at,
        "faulty": faulty,
        "payment_form": pay_form,
        "order_required": selectors.organisation_settings().payment_order_required,
        "is_dialog": is_dialog,
        "back": asked_by(back_of(request) if request.method == "POST" else request.GET).query(),
    }
    name = "_move" if is_dialog else "move"
    response = render(request, f"approvals/board/{name}.html", context, status=status)
    if is_dialog and request.method == "POST":
        response["HX-Retarget"], response["HX-Reselect"] = "#move-body", "#move"
        response["HX-Reswap"] = "innerHTML"
    return response


def _moves(it: PaymentRequest, task: ApprovalTask | None, user: User) -> list[Move]:
    """Every step from where the request stands: what may be done first."""
    settings = selectors.organisation_settings()
    texts = _texts(settings.accept_label(get_language() or ""))
    moves = []
    for step in steps_of(it, task, user, with_acceptance=settings.acceptance_step):
        label, question, icon, css = texts[step.code]
        moves.append(
            Move(
                step=step,
                label=label,
                question=question,
                url=_url(step.code, it, task),
                icon=icon,
                css=css,
                is_required=step.code not in ("submit", "approve", "accept", "withdraw"),
                reason=step.refusal.reason if step.refusal else "",
            )
        )
    return sorted(moves, key=lambda move: bool(move.reason))


def _url(code: str, it: PaymentRequest, task: ApprovalTask | None) -> str:
    if code in ("approve", "return", "refuse", "accept") and task is not None:
        return reverse(f"approvals:task_{code}", args=[task.pk])
    name = "payment_add" if code == "pay" else code
    return reverse(f"approvals:{name}", args=[it.pk])


def _texts(accept_label: str) -> dict[str, tuple[str, str, str, str]]:
    """Of each step: the button, the question that it asks, its icon and look."""
    return {
        "submit": (_("Send for approval"), "", "send", "btn-primary"),
        "approve": (_("Approve"), "", "check", "btn-primary"),
        "accept": (accept_label, "", "circle-check", "btn-primary"),
        "pay": (_("Record payment"), "", "cash", "btn-primary"),
        "return": (_("Return for changes"), _("What should be changed?"), "arrow-back-up", ""),
        "return_request": (
            _("Return to the author"),
            _("What should be changed?"),
            "arrow-back-up",
            "",
        ),
        "withdraw": (
            _("Withdraw"),
            _("Why is it withdrawn? (may be left empty)"),
            "arrow-back-up",
            "",
        ),
        "refuse": (_("Reject"), _("Why is it rejected?"), "ban", "btn-danger"),
        "cancel": (_("Cancel request"), _("Why is it cancelled?"), "x", "btn-danger"),
    }

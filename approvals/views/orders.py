"""Payment orders of a request: drawn up, corrected and withdrawn by whoever may pay."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import orders, policies, selectors, services
from approvals.forms import OrderForm
from approvals.models import PaymentOrder, PaymentRequest
from approvals.papers.order import order_of
from approvals.views.http import (
    BIGGEST_PK,
    add_errors,
    form_key_of,
    get_or_post,
    get_visible_or_404,
    redirect_303,
    render_form,
    require_POST,
)
from audit.refusals import Conflict, Invalid, refuse_if
from counterparties.selectors import why_not_pay_to


@get_or_post
def order_new(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, filled in as far as the request tells, and what is sent by it."""
    payment_request = get_visible_or_404(PaymentRequest.objects.visible_to(request.user), pk)
    if _is_done(request, payment_request):
        return redirect_303(payment_request)
    refuse_if(policies.why_not_draw_up_order(payment_request, request.user))
    _refuse_closed_bank(payment_request)
    if request.method != "POST":
        form = OrderForm(payment_request=payment_request, initial=_proposed(payment_request))
        return _render(request, payment_request, form)
    form = OrderForm(request.POST, payment_request=payment_request)
    if form.is_valid():
        try:
            services.draw_up_order(
                payment_request_id=pk,
                actor=request.user,
                order=form.order(),
                form_key=form_key_of(request),
            )
            messages.success(request, _("The payment order is being drawn up"))
            return redirect_303(payment_request)
        except Invalid as refusal:
            add_errors(form, refusal)
    return _render(request, payment_request, form)


@get_or_post
def order_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The order's own form; what differs makes a new version."""
    made = _visible_or_404(request, pk)
    payment_request = made.payment_request
    if _is_done(request, payment_request):
        return redirect_303(payment_request)
    refuse_if(policies.why_not_correct_order(made, request.user))
    _refuse_closed_bank(payment_request)
    if request.method != "POST":
        form = OrderForm(payment_request=payment_request, initial=vars(order_of(made)))
        return _render(request, payment_request, form, made)
    form = OrderForm(request.POST, payment_request=payment_request)
    if form.is_valid():
        try:
            services.correct_order(
                order_id=pk,
                actor=request.user,
                order=form.order(),
                form_key=form_key_of(request),
            )
            messages.success(request, _("The payment order is corrected"))
            return redirect_303(payment_request)
        except Invalid as refusal:
            add_errors(form, refusal)
    return _render(request, payment_request, form, made)


@require_POST
def order_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """It will not be carried out."""
    made = _visible_or_404(request, pk)
    services.withdraw_order(order_id=pk, actor=request.user, form_key=form_key_of(request))
    messages.success(request, _("The payment order is withdrawn"))
    return redirect_303(made.payment_request)


def _render(
    request: HttpRequest,
    payment_request: PaymentRequest,
    form: OrderForm,
    made: PaymentOrder | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "payment_request": payment_request,
        "made": made,
        "left": max(orders.left_for_orders(payment_request, corrected=made), 0),
        "no_accounts": not orders.payer_accounts(payment_request).exists(),
    }
    return render_form(request, "approvals/requests/order.html", context)


def _proposed(payment_request: PaymentRequest) -> dict[str, Any]:
    """What is left, by the next number, on the planned day, for the request's purpose."""
    left = orders.left_for_orders(payment_request)
    amount = left if left > 0 else payment_request.amount_left
    day = orders.proposed_day(timezone.localdate(), payment_request)
    account = orders.payer_accounts(payment_request).first()
    return {
        "number": orders.next_number(payment_request.payer, day.year),
        "drawn_on": day,
        "amount": amount,
        "payer_account": account.pk if account else None,
        "purpose": orders.proposed_purpose(payment_request, amount),
    }


def _is_done(request: HttpRequest, payment_request: PaymentRequest) -> bool:
    """Whether this very form was sent before."""
    return request.method == "POST" and selectors.was_done_by_form(
        payment_request, request.user, form_key_of(request)
    )


def _refuse_closed_bank(payment_request: PaymentRequest) -> None:
    """It is said before anything is typed. Raises Conflict."""
    account = payment_request.bank_account
    if account is not None and (reason := why_not_pay_to(account)):
        raise Conflict(reason)


def _visible_or_404(request: HttpRequest, pk: int) -> PaymentOrder:
    visible = PaymentRequest.objects.visible_to(request.user)
    made = (
        PaymentOrder.objects.filter(payment_request__in=visible, pk=pk)
        .select_related("payment_request__payer", "payer_account")
        .first()
        if pk <= BIGGEST_PK
        else None
    )
    if made is None:
        raise Http404
    return made

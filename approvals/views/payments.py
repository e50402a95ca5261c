"""Recording that money left."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from approvals import policies, selectors, services
from approvals.forms import PaymentForm
from approvals.models import PaymentRequest
from approvals.views.board_moves import (
    answer_on_board,
    board_url,
    is_from_board,
    refused_on_board,
)
from approvals.views.http import (
    add_errors,
    form_key_of,
    get_visible_or_404,
    redirect_303,
    require_POST,
)
from approvals.views.request_card import render_card
from audit.refusals import Conflict, Invalid, refuse_if


@require_POST
def payment_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a payment with its payment order; whoever may not is told before the file is kept."""
    payment_request = get_visible_or_404(PaymentRequest.objects.visible_to(request.user), pk)
    if selectors.was_done_by_form(payment_request, request.user, form_key_of(request)):
        return redirect_303(
            board_url(request, moved=pk) if is_from_board(request) else payment_request
        )
    if is_from_board(request):
        return _pay_on_board(request, payment_request)
    try:
        refuse_if(policies.why_not_pay(payment_request, request.user))
        form = PaymentForm(
            request.POST, request.FILES, user=request.user, payment_request=payment_request
        )
        if form.is_valid():
            services.record_payment(
                payment_request_id=pk, actor=request.user, **form.service_fields()
            )
            messages.success(request, _("Payment recorded"))
            return redirect_303(payment_request)
    except Invalid as refusal:
        add_errors(form, refusal)
    except Conflict as refusal:
        return render_card(request, payment_request, status=409, reason=refusal.reason)
    return render_card(request, payment_request, status=422, payment_form=form)


def _pay_on_board(request: HttpRequest, payment_request: PaymentRequest) -> HttpResponse:
    user = request.user
    if (refusal := policies.why_not_pay(payment_request, user)) is not None:
        return refused_on_board(request, payment_request, refusal)
    form = PaymentForm(request.POST, request.FILES, user=user, payment_request=payment_request)

    def act(_cleaned: dict[str, Any]) -> object:
        return services.record_payment(
            payment_request_id=payment_request.pk, actor=user, **form.service_fields()
        )

    return answer_on_board(request, payment_request, form, "pay", act, _("Payment recorded"))

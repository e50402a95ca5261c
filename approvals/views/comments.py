"""Writing a remark about a request, and watching it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from approvals import services
from approvals.forms import RemarkForm
from approvals.models import PaymentRequest
from approvals.views.http import add_errors, get_visible_or_404, redirect_303, require_POST
from approvals.views.inbox import chosen_in, inbox_url, render_inbox, tab_of
from approvals.views.request_card import render_card
from audit.refusals import Invalid


@require_POST
def comment_add(request: HttpRequest, pk: int) -> HttpResponse:
    """One more remark; what is wrong with it is told where it was typed."""
    payment_request = _visible(request, pk)
    form = RemarkForm(request.POST)
    if form.is_valid():
        try:
            services.add_comment(payment_request_id=pk, actor=request.user, **form.cleaned_data)
            return _back(request, payment_request, "#comments")
        except Invalid as refusal:
            add_errors(form, refusal)
    return _again(request, payment_request, form)


@require_POST
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """Be told of each decision."""
    payment_request = _visible(request, pk)
    services.watch(payment_request_id=pk, actor=request.user)
    messages.success(request, _("You will be told of each decision about this request."))
    return _back(request, payment_request)


@require_POST
def unwatch(request: HttpRequest, pk: int) -> HttpResponse:
    """Be told no more."""
    payment_request = _visible(request, pk)
    services.unwatch(payment_request_id=pk, actor=request.user)
    messages.success(request, _("You are not told of this request any more."))
    return _back(request, payment_request)


def _visible(request: HttpRequest, pk: int) -> PaymentRequest:
    return get_visible_or_404(PaymentRequest.objects.visible_to(request.user), pk)


def _back(request: HttpRequest, payment_request: PaymentRequest, anchor: str = "") -> HttpResponse:
    """Where it was sent from: the task's place in the inbox, or the request's card."""
    if task := chosen_in(request):
        return redirect_303(inbox_url(tab=tab_of(request), task=task))
    return redirect_303(payment_request.get_absolute_url() + anchor)


def _again(request: HttpRequest, payment_request: PaymentRequest, form: RemarkForm) -> HttpResponse:
    if task := chosen_in(request):
        return render_inbox(request, chosen=task, status=422, at="comment", form=form)
    return render_card(request, payment_request, status=422, at="comment", form=form)

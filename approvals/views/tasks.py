"""My tasks: looking at them, and approving several at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext as _

from approvals import services
from approvals.models import ApprovalTask, PaymentRequest
from approvals.services import Outcome
from approvals.views.http import (
    BIGGEST_PK,
    form_key_of,
    redirect_303,
    require_POST,
    require_safe,
)
from approvals.views.inbox import TABS, inbox_url, render_inbox, seen_of, tab_of
from audit.refusals import Forbidden

# No page of the list holds more.
MOST = 50


@require_safe
def task_list(request: HttpRequest) -> HttpResponse:
    """`?tab=mine|others|decided`, `?task=<pk>` beside the list; decisions are made on the spot.

    304 to a list that looks again and has seen all there is.
    """
    seen = request.headers.get("If-None-Match")
    if seen and tab_of(request) == TABS[0] and seen == seen_of(request.user):
        return HttpResponseNotModified()
    chosen = _keys(request.GET.getlist("task"))
    return render_inbox(request, chosen=chosen[0] if chosen else None)


@require_POST
def tasks_approve(request: HttpRequest) -> HttpResponse:
    """Approve the ticked ones, each by itself; whatever was not approved is told with its reason.

    303 when any was approved; 409 (403 when none is this person's to decide) when none; 422 without a tick.
    """
    ticked = _ticked(request)
    if not ticked:
        return render_inbox(request, status=422, reason=_("Tick the tasks to approve first."))
    outcomes = services.approve_together(
        tasks=ticked, actor=request.user, form_key=form_key_of(request)
    )
    refused = [outcome for outcome in outcomes if outcome.refusal is not None]
    for outcome in refused:
        messages.warning(request, _why_not(outcome))
    if len(refused) == len(outcomes):
        all_forbidden = all(isinstance(outcome.refusal, Forbidden) for outcome in refused)
        return render_inbox(request, status=403 if all_forbidden else 409)
    done = {outcome.task.pk for outcome in outcomes if outcome.refusal is None}
    upcoming = [key for key in _keys(request.POST.getlist("next")) if key not in done]
    return redirect_303(inbox_url(task=upcoming[0] if upcoming else None))


def _ticked(request: HttpRequest) -> list[ApprovalTask]:
    """The ticked tasks of requests that the person may see; whatever else was sent does not exist."""
    keys = _keys(request.POST.getlist("task"))[:MOST]
    visible = PaymentRequest.objects.visible_to(request.user)
    return list(
        ApprovalTask.objects.filter(pk__in=keys, payment_request__in=visible).select_related(
            "payment_request__company"
        )
    )


def _why_not(outcome: Outcome) -> str:
    payment_request = outcome.task.payment_request
    reason = outcome.refusal.reason if outcome.refusal else ""
    return _("Not approved: %(number)s · %(company)s. %(reason)s") % {
        "number": payment_request,
        "company": payment_request.company.name,
        "reason": reason,
    }


def _keys(texts: list[str]) -> list[int]:
    return [
        int(text)
        for text in texts
        if text.isdecimal() and len(text) < 20 and int(text) <= BIGGEST_PK
    ]

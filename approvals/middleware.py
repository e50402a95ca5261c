"""What holds for every page: how a refusal is answered, and that auditors change nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from approvals import policies
from approvals.views.http import render_refusal
from audit.refusals import Forbidden, Refused
from outbox.faults import Fault, fault_of

logger = logging.getLogger(__name__)

# How often a view runs again after a transaction that was undone for another one's sake.
MORE_TRIES = 3
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
# What a person keeps for themselves changes nothing that auditors look at.
OWN_BUSINESS = {
    "approvals:login",
    "approvals:logout",
    "approvals:me",
    "approvals:registry_look",
    "approvals:view_save",
    "approvals:view_delete",
    "approvals:export_new",
}


class RefusalMiddleware:
    """Turns a refusal that a view let go up into its page; runs a view again whose transaction lost a race.

    To run it again is safe: what it did is one transaction, which the database has undone, and a form that
    comes twice is known by its key.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing to do before the view."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The view's answer at a later try; 403, 409 or 422; anything else is a fault and stays one."""
        met, tries = exception, 0
        match = request.resolver_match
        while match and fault_of(met) is Fault.LOST_A_RACE and tries < MORE_TRIES:
            tries += 1
            logger.warning("http.again", extra={"route": match.route, "tries": tries})
            try:
                response: HttpResponse = match.func(request, *match.args, **match.kwargs)
            except Exception as again:
                met = again
            else:
                return response
        if isinstance(met, Refused):
            return render_refusal(request, met)
        if met is not exception:
            raise met
        return None


class ReadOnlyAuditorMiddleware:
    """An auditor who is nothing else reads all and posts log-in, log-out and what is their own alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing to do before the address is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse before the view, so that no page needs to think of it."""
        if request.method in SAFE_METHODS or not request.user.is_authenticated:
            return None
        if request.resolver_match and request.resolver_match.view_name in OWN_BUSINESS:
            return None
        if policies.is_only_auditor(request.user):
            return render_refusal(request, Forbidden(_("Auditors see all and change nothing.")))
        return None

"""What holds for every page: how a refusal is answered, that auditors change nothing, what comes first."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from approvals import policies
from approvals.views.http import redirect_303, render_refusal
from audit.refusals import Forbidden, Refused
from outbox.faults import Fault, fault_of
from people.selectors import second_factor_count
from people.services import PROVED

logger = logging.getLogger(__name__)

# How often a view runs again after a transaction that was undone for another one's sake.
MORE_TRIES = 3
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
# What has to do with one's own log-in alone: for auditors too, and before a second factor is set up.
OWN_BUSINESS = {
    "approvals:login",
    "account_login",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "approvals:logout",
    "approvals:invitation",
    "approvals:password_forgotten",
    "approvals:password_new",
    "approvals:me",
    "approvals:registry_look",
    "approvals:view_save",
    "approvals:view_delete",
    "approvals:export_new",
    "approvals:session_end",
    "approvals:sessions_end",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
}
# What a person keeps for themselves changes nothing that auditors look at.
OWN_THINGS = {"approvals:registry_look", "approvals:view_save", "approvals:view_delete"}


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
        if request.resolver_match and request.resolver_match.view_name in OWN_BUSINESS | OWN_THINGS:
            return None
        if policies.is_only_auditor(request.user):
            return render_refusal(request, Forbidden(_("Auditors see all and change nothing.")))
        return None


class FirstThingsFirstMiddleware:
    """Leads to what somebody must do before anything else: a password of their own, a second factor.

    Each page asks, until the session says that its log-in was proved twice: a setting that an administrator
    has just changed holds at once.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing to do before the address is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """303 to the page where it is done; pages that need no log-in are for everybody."""
        if not request.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        if request.resolver_match and request.resolver_match.view_name in OWN_BUSINESS:
            return None
        if request.user.must_change_password:
            return redirect_303("approvals:me")
        if request.session.get(PROVED) or not policies.needs_second_factor(request.user):
            return None
        if second_factor_count(request.user):
            # Set up, and not asked for: this session is older than the factor. Log in anew.
            logout(request)
        return redirect_303("mfa_index")

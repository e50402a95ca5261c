"""To the company's OpenID Connect provider and back. Who comes back, as whom: `people.single_sign_on`."""

from __future__ import annotations

import logging

import requests
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from approvals.views.http import redirect_303, require_safe

logger = logging.getLogger(__name__)

# What a provider that is away, or not one at all, makes the library raise.
FAULTS = (requests.RequestException, OAuth2Error, ValueError, LookupError, TypeError)


@login_not_required
@never_cache
@require_safe
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Off to the provider, from a link of our own page alone: nobody is logged in by a picture elsewhere."""
    _exists_or_404(provider_id)
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        return redirect_303("approvals:login")
    try:
        return views.login(request, provider_id)
    except FAULTS as fault:
        return _away(request, fault)


@login_not_required
@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider, with a code or with an error."""
    _exists_or_404(provider_id)
    try:
        return views.callback(request, provider_id)
    except FAULTS as fault:
        return _away(request, fault)


def _exists_or_404(provider_id: str) -> None:
    if not settings.OIDC.issuer or provider_id != settings.OIDC.provider_id:
        raise Http404


def _away(request: HttpRequest, fault: Exception) -> HttpResponse:
    logger.warning("login.sso_failed", extra={"reason": type(fault).__name__})
    messages.error(
        request, _("The company's log-in does not answer. Try again, or use your password.")
    )
    return redirect_303("approvals:login")

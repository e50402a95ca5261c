"""Log-in, log-out, and what one may change about oneself."""

from __future__ import annotations

import logging

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_ratelimit.core import is_ratelimited

from approvals.services import identity
from approvals.views.errors import locked_out
from approvals.views.http import (
    get_or_post,
    get_visible_or_404,
    redirect_303,
    require_POST,
    require_safe,
)
from audit.refusals import Forbidden
from people import selectors, services, start
from people.forms import LoginForm, OwnSettingsForm
from people.models import User
from people.sessions import hashed

logger = logging.getLogger(__name__)

# Wrong passwords altogether, beside django-axes' ten for one name from one address: one address that tries
# many names, many addresses that try one name. Loose, so that no office and nobody's name is shut by them.
FROM_ONE_ADDRESS = "100/15m"
FOR_ONE_NAME = "100/h"


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@get_or_post
def log_in(request: HttpRequest) -> HttpResponse:
    """Name and password, then the second factor where there is one; too many wrong ones wait (429)."""
    if request.user.is_authenticated and request.method != "POST":
        return redirect_303(_next_of(request))
    if request.method != "POST" and not start.somebody_exists():
        return redirect_303("approvals:start")
    if request.method == "POST" and _tried_too_often(request):
        return locked_out(request)
    form = LoginForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _log_in(request, form)
    if request.method == "POST":
        _tried_too_often(request, again=True)
        logger.info("login.failed")
    people = User.objects.active().filter(is_demo=True).order_by("pk") if settings.DEMO else []
    return render(
        request,
        "approvals/account/log_in.html",
        {
            "form": form,
            "next": _next_of(request),
            "demo_people": people,
            "single_sign_on": settings.OIDC if settings.OIDC.issuer else None,
        },
        status=422 if form.errors else 200,
    )


def _log_in(request: HttpRequest, form: LoginForm) -> HttpResponse:
    user, next_url = form.get_user(), _next_of(request)
    if request.user.is_authenticated:
        logout(request)  # whoever was logged in here, and what that log-in had proved
    # The public perform_login does not write down that a password was given.
    credentials = {"username": user.username}
    response = perform_password_login(request, credentials, Login(user=user, redirect_url=next_url))
    response.status_code = 303
    return response


def _tried_too_often(request: HttpRequest, *, again: bool = False) -> bool:
    """Whether this address, or this name, has been wrong too often; `again` counts one more."""
    name = request.POST.get("username", "")[:150].casefold()
    limits = [
        {"group": "login-address", "key": "ip", "rate": FROM_ONE_ADDRESS},
        {"group": "login-name", "key": lambda *_: name, "rate": FOR_ONE_NAME},
    ]
    # Both are counted, whatever the first says.
    found = [is_ratelimited(request, increment=again, **limit) for limit in limits]
    return any(found)


@login_not_required
@require_safe
def admin_log_in(request: HttpRequest) -> HttpResponse:
    """The admin sends visitors here: there is one log-in, and whoever is in already may not see the admin."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise Forbidden(_("Only administrators come in here."))
    query = {"next": request.GET.get("next") or reverse("admin:index")}
    return redirect_303(f"{settings.LOGIN_URL}?{urlencode(query)}")


@require_safe
def admin_password(request: HttpRequest) -> HttpResponse:
    """One place to change one's password."""
    return redirect_303("approvals:me")


@login_not_required
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session; somebody who is not logged in loses nothing."""
    logout(request)
    return redirect_303("approvals:login")


@never_cache
@sensitive_post_parameters()
@get_or_post
def me(request: HttpRequest) -> HttpResponse:
    """Own language, e-mail and phone, and own password: two forms, told apart by `action`."""
    action = request.POST.get("action", "settings") if request.method == "POST" else ""
    is_settings = action == "settings"
    form = OwnSettingsForm(request.POST) if is_settings else OwnSettingsForm.of(request.user)
    password_form = PasswordChangeForm(request.user, request.POST if action == "password" else None)
    password_form.fields["old_password"].widget.attrs.pop("autofocus", None)
    if is_settings and form.is_valid():
        if form.cleaned_data["email"] != request.user.email:
            # Links instead of forgotten passwords go there: whoever only sits at the screen changes it not.
            raise_if_reauthentication_required(request, app="account")
        identity.update_own_settings(actor=request.user, **form.cleaned_data)
        with translation.override(request.user.language):
            messages.success(request, _("Saved."))
        return redirect_303("approvals:me")
    if action == "password" and password_form.is_valid():
        person = identity.change_own_password(
            actor=request.user,
            password=password_form.cleaned_data["new_password1"],
            session_key=request.session.session_key,
        )
        update_session_auth_hash(request, person)
        messages.success(request, _("The password is changed."))
        return redirect_303("approvals:me")
    return render(
        request,
        "approvals/account/me.html",
        {
            "form": form,
            "password_form": password_form,
            "second_factors": selectors.second_factor_count(request.user),
            "sessions": [
                (row, row.session_key == hashed(request.session.session_key))
                for row in selectors.sessions_of(request.user)
            ],
        },
        status=422 if action else 200,
    )


@require_POST
def session_end(request: HttpRequest) -> HttpResponse:
    """Log out of one browser, this one or another."""
    if services.end_session(actor=request.user, row_key=request.POST.get("session", "")):
        messages.success(request, _("Logged out there."))
    return redirect_303("approvals:me")


@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Log out of every other browser."""
    services.end_sessions(person=request.user, but=request.session.session_key)
    messages.success(request, _("Logged out everywhere else."))
    return redirect_303("approvals:me")


@get_or_post
def second_factor_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """An administrator helps somebody who has lost their second factor."""
    if not request.user.is_administrator:
        raise Forbidden(_("Only an administrator can reset a second factor."))
    person = get_visible_or_404(User.objects.all(), pk)
    if request.method == "POST":
        identity.reset_second_factor(person_id=person.pk, actor=request.user)
        messages.success(request, _("The second factor is reset."))
        return redirect_303("approvals:person", person.pk)
    return render(
        request,
        "approvals/account/second_factor_reset.html",
        {"person": person, "count": selectors.second_factor_count(person)},
    )


def _next_of(request: HttpRequest) -> str:
    """Where the person was going, when that is a page of ours."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else settings.LOGIN_REDIRECT_URL

"""Log-in, log-out, and what one may change about oneself."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from approvals.views.http import get_or_post, redirect_303, require_POST
from people import services
from people.forms import LoginForm, OwnSettingsForm
from people.models import User


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@get_or_post
def log_in(request: HttpRequest) -> HttpResponse:
    """Name and password; too many wrong ones are stopped by django-axes (429)."""
    if request.user.is_authenticated and request.method != "POST":
        return redirect_303(_next_of(request))
    form = LoginForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return redirect_303(_next_of(request))
    people = User.objects.active().filter(is_demo=True).order_by("pk") if settings.DEMO else []
    return render(
        request,
        "approvals/account/log_in.html",
        {"form": form, "next": _next_of(request), "demo_people": people},
        status=422 if form.errors else 200,
    )


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
        services.update_own_settings(actor=request.user, **form.cleaned_data)
        with translation.override(request.user.language):
            messages.success(request, _("Saved."))
        return redirect_303("approvals:me")
    if action == "password" and password_form.is_valid():
        update_session_auth_hash(request, password_form.save())
        messages.success(request, _("The password is changed."))
        return redirect_303("approvals:me")
    return render(
        request,
        "approvals/account/me.html",
        {"form": form, "password_form": password_form},
        status=422 if action else 200,
    )


def _next_of(request: HttpRequest) -> str:
    """Where the person was going, when that is a page of ours."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else settings.LOGIN_REDIRECT_URL

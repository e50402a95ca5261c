"""Links of letters that let somebody in: an invitation, or a new password instead of a forgotten one.

None of these pages says whether a person exists: what was typed is answered alike, and looked up later.
"""

from __future__ import annotations

import logging

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_ratelimit.core import is_ratelimited

from approvals.services import identity
from approvals.tasks import answer_password_request
from approvals.views.errors import too_many
from approvals.views.http import get_or_post, redirect_303, render_form, require_safe
from outbox import services as outbox
from people import entry
from people.forms import EntryForm, ForgottenForm
from people.models import EntryLink

logger = logging.getLogger(__name__)

# Guesses at a token; an office behind one address asks for less.
LINKS = "60/m"
# Letters to one mailbox, and asking from one address.
FOR_ONE_NAME, FROM_ONE_ADDRESS = "3/h", "30/h"


@login_not_required
@never_cache
@sensitive_post_parameters()
@get_or_post
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever was invited chooses a password, and is in."""
    return _enter(request, token, EntryLink.Purpose.INVITATION)


@login_not_required
@never_cache
@sensitive_post_parameters()
@get_or_post
def password_new(request: HttpRequest, token: str) -> HttpResponse:
    """A new password instead of the forgotten one; a second factor is asked for all the same."""
    return _enter(request, token, EntryLink.Purpose.FORGOTTEN)


@login_not_required
@never_cache
@get_or_post
def password_forgotten(request: HttpRequest) -> HttpResponse:
    """Asks for an address or a log-in name, and answers every one alike."""
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data["typed"]
        if _asked_too_often(request, typed):
            return too_many(request)
        row = entry.ask_for_password(typed=typed)
        outbox.wake(answer_password_request, row.pk)
        logger.info("password.forgotten")
        return redirect_303("approvals:password_sent")
    return render_form(request, "approvals/account/password_forgotten.html", {"form": form})


@login_not_required
@require_safe
def password_sent(request: HttpRequest) -> HttpResponse:
    """What happens now, whoever was typed."""
    return render(request, "approvals/account/password_sent.html")


def _enter(request: HttpRequest, token: str, purpose: str) -> HttpResponse:
    if is_ratelimited(request, group="entry", key="ip", rate=LINKS, increment=True):
        return too_many(request)
    link = entry.find(token, purpose)
    if link is None:
        return _shut(request, 404, "unknown")
    state = entry.state_of(link)
    if state != "live" or not link.person.is_active:
        return _shut(request, 410, state)
    invited = purpose == EntryLink.Purpose.INVITATION
    data = request.POST if request.method == "POST" else None
    form = EntryForm(link.person, data, with_name=invited)
    if request.method == "POST" and form.is_valid():
        password = form.cleaned_data["new_password1"]
        name = form.cleaned_data.get("full_name")
        person = identity.choose_password(link=link, password=password, full_name=name)
        if request.user.is_authenticated:
            logout(request)  # whoever was logged in here
        done = Login(user=person, redirect_url=settings.LOGIN_REDIRECT_URL)
        response = perform_password_login(request, {"username": person.username}, done)
        response.status_code = 303
        return response
    context = {"form": form, "person": link.person, "invited": invited}
    return render_form(request, "approvals/account/entry.html", context)


def _shut(request: HttpRequest, status: int, state: str) -> HttpResponse:
    context = {"code": status, "state": state}
    return render(request, "approvals/account/entry_shut.html", context, status=status)


def _asked_too_often(request: HttpRequest, typed: str) -> bool:
    name = typed.strip().casefold()
    limits = [
        {"group": "forgotten-address", "key": "ip", "rate": FROM_ONE_ADDRESS},
        {"group": "forgotten-name", "key": lambda *_: name, "rate": FOR_ONE_NAME},
    ]
    # Both are counted, whatever the first says.
    found = [is_ratelimited(request, increment=True, **limit) for limit in limits]
    return any(found)

"""Whoever comes from the company's OpenID Connect provider: as whom, and with which roles.

A person is found by the provider's own mark (`sub`), kept at their first log-in; before it, by the log-in
name that one claim holds (OIDC_USERNAME_CLAIM). E-mail addresses find nobody: people change theirs.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _

from people import services
from people.auth import PeopleBackend
from people.models import User

logger = logging.getLogger(__name__)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """django-allauth's questions about single sign-on, answered."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the person, take over their roles; or turn the visitor away with a reason."""
        if sociallogin.state.get("process", "login") != "login":
            _turn_away(request, _("This link does not work."), "process")
        claims = _claims(sociallogin)
        if not _is_of_one(sociallogin):
            _turn_away(request, _("The company's log-in did not succeed. Try again."), "subjects")
        username = str(claims.get(settings.OIDC.username_claim) or "")
        with transaction.atomic():
            if not sociallogin.is_existing:
                self._find_or_make(request, sociallogin, username)
            if not PeopleBackend().user_can_authenticate(sociallogin.user):
                _turn_away(request, _("This log-in is closed."), "closed")
            services.take_roles(person=sociallogin.user, roles=roles_of(claims))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """The provider said no, or what came back does not fit what was sent."""
        reason = type(exception).__name__ if exception else str(error)
        _turn_away(request, _("The company's log-in did not succeed. Try again."), reason)

    def _find_or_make(self, request: HttpRequest, sociallogin: SocialLogin, username: str) -> None:
        person = User.objects.filter(username=username).first() if username else None
        if person is None:
            if not settings.OIDC.may_sign_up or not username:
                _turn_away(
                    request,
                    _("Nobody here has this log-in name. The administrator adds people."),
                    "unknown",
                )
            person = _new_person(request, _claims(sociallogin), username)
        elif SocialAccount.objects.filter(user=person).exists():
            # A name that was given to somebody else at the provider opens nobody's door here.
            _turn_away(request, _("This log-in name belongs to somebody else here."), "taken")
        sociallogin.user = person
        sociallogin.account.user = person
        sociallogin.account.save()
        services.tell(person=person, kind="person.sso_linked", actor=None)


def roles_of(claims: Mapping[str, Any]) -> dict[str, bool]:
    """The roles that the provider decides about -> whether it gives them. Empty: it decides about none.

    The claim is a list of texts, or one text with spaces or commas between.
    """
    said = claims.get(settings.OIDC.roles_claim)
    if isinstance(said, str):
        held = {said, *said.replace(",", " ").split()}
    else:
        held = {str(group) for group in said} if isinstance(said, list) else set()
    decided: dict[str, bool] = {}
    for group, role in settings.OIDC.roles:
        decided[f"is_{role}"] = decided.get(f"is_{role}", False) or group in held
    return decided


def _claims(sociallogin: SocialLogin) -> dict[str, Any]:
    """What the ID token and the user-info answer say together."""
    data = sociallogin.account.extra_data
    if "id_token" in data or "userinfo" in data:
        return {**(data.get("id_token") or {}), **(data.get("userinfo") or {})}
    return dict(data)


def _is_of_one(sociallogin: SocialLogin) -> bool:
    """Whether ID token and user-info answer speak of the same person (OpenID Connect Core 5.3.2)."""
    data = sociallogin.account.extra_data
    subjects = {part["sub"] for name in ("id_token", "userinfo") if (part := data.get(name))}
    return len(subjects) <= 1


def _new_person(request: HttpRequest, claims: Mapping[str, Any], username: str) -> User:
    email = str(claims.get("email") or "")
    try:
        validate_email(email)
    except ValidationError:
        email = ""
    person = User(
        username=User.normalize_username(username),
        full_name=str(claims.get("name") or username)[:200],
        email=email,
    )
    person.set_unusable_password()
    try:
        person.full_clean(exclude=["password"])
    except ValidationError:
        _turn_away(
            request, _("The log-in name that the provider sent cannot be used here."), "name"
        )
    person.save()
    services.tell(person=person, kind="person.created", actor=None)
    return person


def _turn_away(request: HttpRequest, text: str, reason: str) -> NoReturn:
    logger.info("login.sso_refused", extra={"reason": reason})
    messages.error(request, text)
    raise ImmediateHttpResponse(HttpResponseRedirect(settings.LOGIN_URL))

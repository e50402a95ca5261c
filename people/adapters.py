"""Where django-allauth asks how log-in, second factors and secrets are done here.

The library brings TOTP, passkeys, recovery codes and OpenID Connect; its pages are ours
(`approvals/views/second_factor.py`), its words and its storing of secrets are here.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people import sessions
from people.auth import PeopleBackend
from people.models import User
from people.services import PROVED

logger = logging.getLogger(__name__)

# Whoever proved this lately who they are is not asked again before a second factor is changed.
LATELY = 10 * 60


class AccountAdapter(DefaultAccountAdapter):
    """Log-in: who may, through which backend, and what is written down of it."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_password": gettext_lazy("The password is wrong."),
        "too_many_login_attempts": gettext_lazy("Too many wrong codes. Wait five minutes."),
        "rate_limited": gettext_lazy("Too many attempts. Wait a minute."),
    }

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Turn away whoever may not log in before anything more is asked."""
        return _closed(request, user)

    def login(self, request: HttpRequest, user: User) -> None:
        """The session becomes the person's; it may have been closed to them since the first step."""
        if turned_away := _closed(request, user):
            raise ImmediateHttpResponse(turned_away)
        login(request, user, backend="people.auth.PeopleBackend")
        sessions.begin(request, now=timezone.now())
        methods = [str(record["method"]) for record in get_authentication_records(request, user)]
        trusted = settings.OIDC_SECOND_FACTOR and "socialaccount" in methods
        if "mfa" in methods or trusted:
            request.session[PROVED] = True
        logger.info("login.done", extra={"person_id": user.pk, "methods": " ".join(methods)})

    def is_safe_url(self, url: str) -> bool:
        """This very host alone; the library would take every host that the server answers to."""
        return url_has_allowed_host_and_scheme(
            url,
            allowed_hosts={self.request.get_host()},
            require_https=self.request.is_secure(),
        )

    def get_login_stages(self) -> list[str]:
        """One: the second factor. E-mail and phone are the administrator's business."""
        return ["people.stages.SecondFactorStage"]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within minutes of a log-in: whoever has just come in would type it all twice."""
        records = get_authentication_records(self.request, self.request.user)
        return not any(time.time() - record["at"] < LATELY for record in records)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Password, code, passkey: in our words."""
        words = {
            "reauthenticate": _("With the password"),
            "mfa_reauthenticate": _("With a code"),
            "mfa_reauthenticate:webauthn": _("With a passkey"),
        }
        found = super().get_reauthentication_methods(user)
        return [{**method, "description": words[method["id"]]} for method in found]

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """The library's own 'signed in as …' says nothing that the page does not."""
        if message_template is None or not message_template.startswith("account/"):
            super().add_message(request, level, message_template, *args, **kwargs)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Not the library's letters: `approvals.services.identity` writes notices of ours."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors: their words, and their secrets encrypted with a key that the database has not."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy(
            "The code does not fit. Wait for the next one, and check the clock of the phone."
        ),
        "cannot_generate_recovery_codes": gettext_lazy(
            "First set up an application or a passkey: recovery codes stand in for it."
        ),
    }

    def encrypt(self, text: str) -> str:
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises InvalidToken: written under another key."""
        return _vault().decrypt(encrypted_text.encode()).decode()

    def get_totp_label(self, user: User) -> str:
        return user.username

    def get_totp_issuer(self) -> str:
        return f"Signoff ({self.request.get_host().partition(':')[0]})"

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Signoff"}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return {**entity, "name": user.username, "display_name": str(user)}


def _closed(request: HttpRequest, user: User) -> HttpResponse | None:
    if PeopleBackend().user_can_authenticate(user):
        return None
    request.session.flush()
    logger.info("login.closed", extra={"person_id": user.pk})
    messages.error(request, _("This log-in is closed."))
    return HttpResponseRedirect(settings.LOGIN_URL)


def _vault() -> MultiFernet:
    """Writes with the key in force, reads with those before it as well."""
    keys = [settings.SECOND_FACTOR_KEY, *settings.SECOND_FACTOR_KEY_FALLBACKS]
    digests = [hashlib.sha256(key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])

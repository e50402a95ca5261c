"""The pages of second factors: django-allauth's views with our pages, events and notices.

The library does the cryptography and the order of steps. Here each change is one transaction with its
event in the person's chain, a good POST answers 303, and a form that is not good answers 422.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as CodeAgainView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from approvals import policies
from approvals.services import identity
from approvals.views.http import get_or_post, require_safe
from people.services import PROVED

FOLDER = "approvals/account/second_factor"


def in_our_manner(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """303 after a good POST, 422 for a form that is shown again; never kept by a browser or a proxy."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method == "POST" and response.status_code == 302:
            response.status_code = 303
        if isinstance(response, TemplateResponse) and request.method == "POST":
            shown = (response.context_data or {}).values()
            if any(isinstance(form, forms.BaseForm) and form.errors for form in shown):
                response.status_code = 422
        return response

    return get_or_post(never_cache(sensitive_post_parameters()(answer)))


class _Changing:
    """A view whose good form is an event: all of it in one transaction."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        request: HttpRequest = self.request  # type: ignore[attr-defined]
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            self.changed(request)
        return response

    def changed(self, request: HttpRequest) -> None:
        """Write down what happened."""
        raise NotImplementedError


class _Adding(_Changing):
    """The first factor ends every other session: those were proved by a password alone."""

    kind = ""

    def changed(self, request: HttpRequest) -> None:
        request.session[PROVED] = True
        identity.second_factor_added(
            actor=request.user, kind=self.kind, session_key=request.session.session_key
        )


class _Removing(_Changing):
    kind = ""

    def changed(self, request: HttpRequest) -> None:
        if not Authenticator.objects.filter(user=request.user).exists():
            request.session.pop(PROVED, None)
        identity.second_factor_removed(actor=request.user, kind=self.kind)


class Index(IndexView):
    template_name = f"{FOLDER}/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        has = context["authenticators"]
        return {
            **context,
            "application": has.get(Authenticator.Type.TOTP),
            "passkeys": has.get(Authenticator.Type.WEBAUTHN, []),
            "recovery_codes": has.get(Authenticator.Type.RECOVERY_CODES),
            "is_required": policies.needs_second_factor(self.request.user),
        }


class AddApplication(_Adding, ActivateTOTPView):
    template_name = f"{FOLDER}/application.html"
    kind = "totp"


class RemoveApplication(_Removing, DeactivateTOTPView):
    template_name = f"{FOLDER}/application_remove.html"
    kind = "totp"


class AddPasskey(_Adding, AddWebAuthnView):
    template_name = f"{FOLDER}/passkey.html"
    kind = "webauthn"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # The library begins anew without the form that has its errors.
        return {**super().get_context_data(**kwargs), **kwargs}


class RemovePasskey(_Removing, RemoveWebAuthnView):
    template_name = f"{FOLDER}/passkey_remove.html"
    success_url = reverse_lazy("mfa_index")
    kind = "webauthn"


class NamePasskey(EditWebAuthnView):
    template_name = f"{FOLDER}/passkey_name.html"
    success_url = reverse_lazy("mfa_index")


class NewRecoveryCodes(_Changing, GenerateRecoveryCodesView):
    template_name = f"{FOLDER}/recovery_codes_new.html"

    def changed(self, request: HttpRequest) -> None:
        identity.recovery_codes_made(actor=request.user)


class RecoveryCodes(ViewRecoveryCodesView):
    template_name = f"{FOLDER}/recovery_codes.html"


class SecondStep(AuthenticateView):
    template_name = f"{FOLDER}/second_step.html"


class PasswordAgain(ReauthenticateView):
    template_name = f"{FOLDER}/again_password.html"


class CodeAgain(CodeAgainView):
    template_name = f"{FOLDER}/again_code.html"


class PasskeyAgain(ReauthenticateWebAuthnView):
    template_name = f"{FOLDER}/again_passkey.html"


index = require_safe(never_cache(Index.as_view()))
application_add = in_our_manner(AddApplication.as_view())
application_remove = in_our_manner(RemoveApplication.as_view())
passkey_add = in_our_manner(AddPasskey.as_view())
passkey_remove = in_our_manner(RemovePasskey.as_view())
passkey_name = in_our_manner(NamePasskey.as_view())
recovery_codes = require_safe(never_cache(RecoveryCodes.as_view()))
recovery_codes_new = in_our_manner(NewRecoveryCodes.as_view())
second_step = login_not_required(in_our_manner(SecondStep.as_view()))
passkey_login = login_not_required(in_our_manner(LoginWebAuthnView.as_view()))
password_again = in_our_manner(PasswordAgain.as_view())
code_again = in_our_manner(CodeAgain.as_view())
passkey_again = in_our_manner(PasskeyAgain.as_view())

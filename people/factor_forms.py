"""django-allauth's forms of second factors in our words, and with codes that are taken once."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

# A code of the next half minute is taken already, one of the last half minute still.
LIFE_OF_A_CODE = 90
LONGEST_NAME = 100


def _code_field(label: Any, help_text: Any = "") -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
    return forms.CharField(
        label=label, help_text=help_text, max_length=20, widget=forms.TextInput(attrs=attrs)
    )


class _TakenOnce:
    """A code that somebody has read over a shoulder is worth nothing: it was used."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:  # type: ignore[attr-defined]
            digits = "".join(filter(str.isalnum, code))
            key = f"second-factor-code:{self.user.pk}:{digits}"  # type: ignore[attr-defined]
            if not cache.add(key, 1, LIFE_OF_A_CODE):
                raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_TakenOnce, AuthenticateForm):
    """The second step of a log-in: a code of the application, or a recovery code."""

    code = _code_field(
        _("code"), _("Six digits from the application, or one of your recovery codes.")
    )


class CodeAgainForm(_TakenOnce, ReauthenticateForm):
    """The same before a second factor is changed."""

    code = _code_field(
        _("code"), _("Six digits from the application, or one of your recovery codes.")
    )


class ActivateApplicationForm(ActivateTOTPForm):
    """The first code shows that the application has the secret."""

    code = _code_field(_("code that the application shows"))


class _Named(forms.Form):
    name = forms.CharField(
        label=_("name of the passkey"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=_("So that you know it again: “Work laptop”, “Key on my keys”."),
    )


class PasskeyForm(_Named, AddWebAuthnForm):
    """A new passkey; unless told otherwise one that needs no password beside it."""

    passwordless = forms.BooleanField(
        label=_("log in with it alone, without the password"),
        required=False,
        initial=True,
        help_text=_("The device then asks for a finger, a face or a PIN each time."),
    )


class PasskeyNameForm(_Named, EditWebAuthnForm):
    """Another name for it."""

    name = forms.CharField(label=_("name of the passkey"), max_length=LONGEST_NAME)

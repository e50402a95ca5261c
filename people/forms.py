"""Log-in, own settings and own password."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from people.models import User

LONGEST_NAME = User._meta.get_field("username").max_length or 0


class LoginForm(AuthenticationForm):
    """Django's own, in words that look alike for a wrong name or password and a closed log-in.

    A name that is longer than any name is wrong before anybody writes it down as an attempt.
    """

    error_messages = {
        "invalid_login": _(
            "The log-in name or the password is wrong. Check the keyboard layout and Caps Lock."
        ),
        "inactive": _("This log-in is closed."),
    }

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if len(username) > LONGEST_NAME:
            raise self.get_invalid_login_error()
        return username


class OwnSettingsForm(forms.Form):
    """What a person may change about themselves; `people.services.update_own_settings` saves it."""

    language = forms.ChoiceField(label=_("language"), choices=settings.LANGUAGES)
    email = forms.EmailField(
        label=_("e-mail"),
        required=False,
        help_text=_("Notices come here. Left empty, they only show on the site."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("phone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )

    @classmethod
    def of(cls, user: User) -> OwnSettingsForm:
        """The form as it is first shown to the person."""
        return cls(
            initial={
                "language": user.language,
                "email": user.email,
                "phone": user.phone,
            }
        )

"""Log-in, own settings and own password; and, for administrators, people and departments."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people import start
from people.fields import FormKeyField
from people.models import Department, User
from people.places import CHANGEABLE, ROLES

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


class PersonForm(forms.ModelForm):
    """A person's name, roles and place; `people.places.change_person` saves `service_fields()`."""

    class Meta:
        model = User
        fields = CHANGEABLE
        help_texts = {
            "supervisor": _("Approves this person's payment requests."),
            "email": _("Notices and letters about the log-in go here."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        supervisor = cast(forms.ModelChoiceField, self.fields["supervisor"])
        supervisor.queryset = _who_can_act(self.instance.supervisor_id).exclude(pk=self.instance.pk)
        supervisor.empty_label = str(_("nobody"))
        cast(forms.ModelChoiceField, self.fields["department"]).empty_label = str(_("none"))
        self.fields["full_name"].widget.attrs["autocomplete"] = "off"
        self.fields["username"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "none"}

    @property
    def roles(self) -> list[forms.BoundField]:
        """The boxes to tick; they add up."""
        return [self[name] for name in ROLES]

    def _post_clean(self) -> None:
        """The service saves, so the row that is shown stays as it is until then."""

    def service_fields(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class InvitationForm(forms.ModelForm):
    """Whom to invite; `approvals.services.identity.invite` takes `service_fields()`."""

    form_key = FormKeyField()

    class Meta:
        model = User
        fields = ("email", "full_name", "language", *ROLES, "department", "supervisor")
        help_texts = {"supervisor": _("Approves this person's payment requests.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        email.required, email.help_text = True, _("The link to choose a password goes here.")
        email.widget.attrs["autocomplete"] = self.fields["full_name"].widget.attrs[
            "autocomplete"
        ] = "off"
        supervisor = cast(forms.ModelChoiceField, self.fields["supervisor"])
        supervisor.queryset, supervisor.empty_label = _who_can_act(None), str(_("nobody"))
        cast(forms.ModelChoiceField, self.fields["department"]).empty_label = str(_("none"))

    @property
    def roles(self) -> list[forms.BoundField]:
        """The boxes to tick; they add up."""
        return [self[name] for name in ROLES]

    def _post_clean(self) -> None:
        """The service makes the row."""

    def service_fields(self) -> dict[str, Any]:
        plain = ("email", "full_name", "language", "department", "supervisor", "form_key")
        ticked = [name for name in ROLES if self.cleaned_data[name]]
        return {"roles": ticked, **{name: self.cleaned_data[name] for name in plain}}


class EntryForm(SetPasswordForm):
    """A password behind a link from a letter; whoever was invited may correct their name as well."""

    full_name = forms.CharField(
        label=pgettext_lazy("person", "full name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("full_name", "new_password1", "new_password2")

    def __init__(self, user: User, *args: Any, with_name: bool, **kwargs: Any) -> None:
        super().__init__(user, *args, initial={"full_name": user.full_name}, **kwargs)
        if not with_name:
            del self.fields["full_name"]
        self.fields["new_password1"].widget.attrs.pop("autofocus", None)


class FirstPersonForm(SetPasswordForm):
    """Whoever sets the installation up: `service_fields()` is what `people.start.make_first` takes."""

    code = forms.CharField(
        label=_("setup code"),
        max_length=60,
        help_text=_(
            "The program printed it when it started, and `manage.py welcome` prints it again."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    full_name = forms.CharField(
        label=pgettext_lazy("person", "full name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    username = forms.CharField(
        label=_("log-in name"),
        max_length=LONGEST_NAME,
        validators=User._meta.get_field("username").validators,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    language = forms.ChoiceField(label=_("language"), choices=settings.LANGUAGES)
    field_order = ("code", "full_name", "email", "language", "username")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(User(), *args, **kwargs)
        self.fields["new_password1"].widget.attrs.pop("autofocus", None)

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not start.is_setup_code(code):
            raise ValidationError(_("This is not the code that the program printed."))
        return code

    def clean(self) -> dict[str, Any]:
        # What a password must not resemble.
        for name in ("username", "full_name", "email"):
            setattr(self.user, name, self.cleaned_data.get(name, ""))
        super().clean()
        return self.cleaned_data

    def service_fields(self) -> dict[str, Any]:
        plain = ("username", "full_name", "email", "language")
        return {
            "password": self.cleaned_data["new_password1"],
            **{name: self.cleaned_data[name] for name in plain},
        }


class ForgottenForm(forms.Form):
    """Who has forgotten a password: the address that letters come to, or the log-in name."""

    typed = forms.CharField(
        label=_("e-mail or log-in name"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )


class DepartmentForm(forms.Form):
    """A department's name and place; `people.places.save_department` saves `service_fields()`."""

    name = forms.CharField(label=pgettext_lazy("department", "name"), max_length=200)
    parent = forms.ModelChoiceField(
        label=_("part of"), queryset=Department.objects.all(), required=False, empty_label=_("none")
    )
    head = forms.ModelChoiceField(
        label=_("head of department"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("nobody"),
        help_text=_(
            "Approves where a person has no supervisor, and sees the department's requests."
        ),
    )

    def __init__(self, *args: Any, department: Department | None, **kwargs: Any) -> None:
        if department is not None:
            names = ("name", "parent", "head")
            kwargs["initial"] = {name: getattr(department, name) for name in names}
        super().__init__(*args, **kwargs)
        head = cast(forms.ModelChoiceField, self.fields["head"])
        head.queryset = _who_can_act(department.head_id if department else None)
        if department is not None:
            parent = cast(forms.ModelChoiceField, self.fields["parent"])
            parent.queryset = Department.objects.exclude(pk=department.pk)

    def service_fields(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


def _who_can_act(and_id: int | None) -> Any:
    """Whose log-in is open, and whoever holds the place now."""
    return User.objects.filter(Q(is_active=True) | Q(pk=and_id)).order_by("full_name", "pk")

"""Forms of the templates of papers: what is edited, and which request it is tried on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from approvals.models import PaymentRequest
from approvals.papers.trial import Trial
from documents.press import Template
from people.fields import FormKeyField
from people.models import User

# A filled form must stay below Django's limit of what a body without files may hold.
MOST_CHARACTERS = 100_000


def code_field(*, rows: int, **kwargs: Any) -> forms.CharField:
    """A text whose lines are numbered and not broken."""
    attrs = {"rows": rows, "wrap": "off", "spellcheck": "false", "class": "code-text"}
    return forms.CharField(
        strip=False,
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={**attrs, "autocapitalize": "off", "data-code": ""}),
        **kwargs,
    )


class TrialForm(forms.Form):
    """The request that a template is tried on (the newest when none is named), and in which language.

    After validation `trial` is what was asked for; None while there are no requests at all.
    """

    request = forms.IntegerField(
        label=_("request No."),
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        widget=forms.NumberInput(attrs={"list": "requests-to-try", "autocomplete": "off"}),
    )
    language = forms.ChoiceField(label=_("language"), choices=settings.LANGUAGES, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.requests = PaymentRequest.objects.visible_to(user).order_by("-pk")
        self.fields["request"].widget.attrs["placeholder"] = _("newest")
        self.initial.setdefault("language", get_language() or settings.LANGUAGE_CODE)
        self.trial: Trial | None = None

    def clean(self) -> dict[str, Any]:
        """Find the request."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        number = cleaned.get("request")
        found = self.requests.filter(pk=number) if number else self.requests
        payment_request = found.first()
        if number and payment_request is None:
            raise ValidationError({"request": _("There is no such request.")}, code="unknown")
        language = cleaned.get("language") or str(self.initial["language"])
        self.trial = Trial(payment_request, language) if payment_request else None
        return cleaned


class TemplateForm(TrialForm):
    """services.save_template: HTML and CSS, and what was changed in them."""

    form_key = FormKeyField()
    based_on = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, widget=forms.HiddenInput
    )
    source = code_field(rows=28, label="HTML")
    css = code_field(rows=14, label="CSS", required=False)
    note = forms.CharField(label=_("what was changed"), required=False, max_length=200)

    def clean_source(self) -> str:
        return _lines(self.cleaned_data["source"])

    def clean_css(self) -> str:
        return _lines(self.cleaned_data["css"])

    def template(self, kind: str) -> Template:
        """What was typed, as a template."""
        return Template(kind, self.cleaned_data["source"], self.cleaned_data["css"])


class DocxTemplateForm(TrialForm):
    """services.save_docx_template: a file written in Word. It stands on one page with the other form."""

    form_key = FormKeyField()
    file = forms.FileField(
        label=_("DOCX template"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".docx"}),
    )
    note = forms.CharField(label=_("what was changed"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="docx_%s", **kwargs)


class PictureForm(forms.Form):
    """services.save_picture: a logo or a stamp."""

    file = forms.FileField(
        label=_("picture"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg"}),
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"{name}_%s", **kwargs)
        self.name = name


def _lines(text: str) -> str:
    """Browsers send CRLF; lines are counted and compared without."""
    return text.replace("\r\n", "\n").replace("\r", "\n")

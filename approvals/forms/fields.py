"""Fields that the forms of requests share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class DayField(forms.DateField):
    """A day: '2026-11-24' as browsers and programs send it, or '24.11.2026' as people type it."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    default_error_messages = {"invalid": _("A day, e.g. 24.11.2026.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d", "%d.%m.%Y"], **kwargs)


def text_field(*, rows: int = 2, max_length: int | None = None, **kwargs: Any) -> forms.CharField:
    """Some lines of text; the browser is told the limit too."""
    return forms.CharField(
        widget=forms.Textarea(attrs={"rows": rows}), max_length=max_length, **kwargs
    )

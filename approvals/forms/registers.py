"""Which day's register to show."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.forms.fields import DayField


class RegisterDayForm(forms.Form):
    """By GET."""

    day = DayField(label=_("Pay day"))

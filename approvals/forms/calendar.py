"""What the payment calendar shows, and where a request's planned day is moved."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from approvals.forms.fields import DayField
from counterparties.models import Company
from people.fields import FormKeyField


class MonthField(forms.CharField):
    """'2026-11' -> the first day of that month."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return datetime.date.fromisoformat(f"{text}-01")
        except ValueError as error:
            raise ValidationError(_("A month, e.g. 2026-11."), code="invalid") from error


class CalendarForm(forms.Form):
    """All by GET; what cannot be read is as if it were not there."""

    month = MonthField(required=False)
    week = DayField(required=False)
    day = DayField(required=False)
    payer = forms.ModelChoiceField(
        label=_("payer"),
        queryset=Company.objects.filter(is_own=True).order_by("name", "pk"),
        required=False,
        empty_label=_("All our organisations"),
    )


class PlanForm(forms.Form):
    """services.plan_day; `back` is the calendar's own query."""

    form_key = FormKeyField()
    day = DayField(label=_("planned pay day"))
    back = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

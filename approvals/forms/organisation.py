"""The organisation's settings, as administrators edit them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from approvals.models import OrganisationSettings


class OrganisationSettingsForm(forms.ModelForm):
    """Pay days are ticked by their names; they are kept as numbers, Monday being 0."""

    pay_weekdays = forms.TypedMultipleChoiceField(
        label=_("pay days"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: every request is planned for the day by which it is to be paid."),
    )

    class Meta:
        model = OrganisationSettings
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets choose

    def clean_pay_weekdays(self) -> list[Any]:
        return sorted(self.cleaned_data["pay_weekdays"])

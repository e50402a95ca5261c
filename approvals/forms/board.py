"""What the board is narrowed to."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.board import Asked
from counterparties.models import Company


class BoardForm(forms.Form):
    """All by GET; what cannot be read is as if it were not there."""

    mine = forms.BooleanField(required=False, widget=forms.HiddenInput)
    payer = forms.ModelChoiceField(
        label=_("payer"),
        queryset=Company.objects.filter(is_own=True).order_by("name", "pk"),
        required=False,
        empty_label=_("All our organisations"),
    )

    def asked(self) -> Asked:
        """The form must have been validated."""
        return Asked(self.cleaned_data.get("mine", False), self.cleaned_data.get("payer"))

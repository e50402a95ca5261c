"""An amount while it is typed: what can be read of it is said in words, the rest is not."""

from __future__ import annotations

from django import forms

from approvals.vat import RATES
from counterparties.models import CURRENCIES
from people.fields import MoneyField


class WordsForm(forms.Form):
    """By GET, of the fields of a request's form."""

    amount = MoneyField()
    currency = forms.ChoiceField(choices=CURRENCIES, required=False)
    vat_rate = forms.ChoiceField(choices=[(it.code, it.code) for it in RATES], required=False)
    vat_amount = MoneyField(required=False, allow_zero=True)

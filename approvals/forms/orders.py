"""The form of a payment order."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.forms.fields import DayField, text_field
from approvals.models import PaymentRequest
from approvals.orders import payer_accounts
from approvals.papers.order import INCOME_CODES, PAYMENT_KINDS, USUAL_PRIORITY, Order
from approvals.purpose import MAX_LENGTH
from counterparties.models import BankAccount
from people.fields import FormKeyField, MoneyField

# Civil Code, article 855.
PRIORITIES = (
    ("5", _("5 — suppliers and everybody else")),
    ("4", _("4 — other executive papers")),
    ("3", _("3 — wages, demands of the tax service")),
    ("2", _("2 — wages by executive papers")),
    ("1", _("1 — harm to life and health, alimony")),
)
# What the order says is Russian in any language.
PAYMENT_KIND_LABELS = (
    pgettext_lazy("kind of payment", "urgent"),
    pgettext_lazy("kind of payment", "electronic"),
)


class OrderForm(forms.Form):
    """services.draw_up_order, services.correct_order; what a bank takes is judged there."""

    form_key = FormKeyField()
    number = forms.CharField(
        label=_("payment order number"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Once a year for each payer."),
    )
    drawn_on = DayField(
        label=_("date of the order"), help_text=_("A bank takes it for ten days after this day.")
    )
    amount = MoneyField(label=_("amount"))
    payer_account = forms.ModelChoiceField(
        label=_("payer's account"), queryset=BankAccount.objects.none()
    )
    purpose = text_field(
        label=_("payment purpose"),
        required=False,
        rows=3,
        help_text=_("210 characters at most, VAT included; one line, no emoji."),
    )
    priority = forms.ChoiceField(label=_("priority"), choices=PRIORITIES, initial=USUAL_PRIORITY)
    payment_kind = forms.ChoiceField(
        label=_("kind of payment"),
        required=False,
        choices=[
            ("", pgettext_lazy("kind of payment", "none")),
            *zip(PAYMENT_KINDS[1:], PAYMENT_KIND_LABELS, strict=True),
        ],
    )
    income_code = forms.ChoiceField(
        label=_("code of income"),
        required=False,
        choices=[
            ("", pgettext_lazy("code of income", "none")),
            *((c, c) for c in INCOME_CODES[1:]),
        ],
        help_text=_("For payments to individuals alone."),
    )
    uin = forms.CharField(
        label=_("UIN"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("20 or 25 digits, where the payee names one; else empty."),
    )

    def __init__(self, *args: Any, payment_request: PaymentRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = cast(forms.ModelChoiceField, self.fields["payer_account"])
        accounts.queryset = payer_accounts(payment_request)
        accounts.empty_label = None
        self.fields["purpose"].widget.attrs["maxlength"] = MAX_LENGTH

    def order(self) -> Order:
        """What was typed, as services take it."""
        cleaned = self.cleaned_data
        names = ("number", "drawn_on", "amount", "payer_account", "purpose", "priority")
        more = ("payment_kind", "income_code", "uin")
        return Order(**{name: cleaned[name] for name in (*names, *more)})

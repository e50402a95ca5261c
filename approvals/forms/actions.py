"""The small forms of a card: a comment, a reason, a payment."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.forms.fields import DayField, text_field
from approvals.models import PaymentRequest
from counterparties.models import BankAccount
from counterparties.selectors import current_accounts
from documents.forms import DocumentField, UploadMixin
from people.fields import FormKeyField, MoneyField
from people.models import User

TEXT_LENGTH = 2000


class BareForm(forms.Form):
    """A button and nothing else."""

    form_key = FormKeyField()


class CommentForm(forms.Form):
    """Approve or accept, with a word if one likes."""

    form_key = FormKeyField()
    comment = text_field(label=_("comment"), required=False, max_length=TEXT_LENGTH)


class RemarkForm(forms.Form):
    """services.add_comment."""

    form_key = FormKeyField()
    text = text_field(label=_("comment"), required=False, max_length=TEXT_LENGTH)


class ReasonForm(forms.Form):
    """Whatever needs a reason, or may have one: the service says which."""

    form_key = FormKeyField()
    reason = text_field(label=_("reason"), required=False, max_length=TEXT_LENGTH)


class PaymentForm(UploadMixin, forms.Form):
    """services.record_payment: what is left, today, from the payer's main account, unless told otherwise."""

    form_key = FormKeyField()
    amount = MoneyField(label=_("amount"), required=False)
    paid_on = DayField(label=_("paid on"), required=False)
    number = forms.CharField(
        label=_("payment order number"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    payer_account = forms.ModelChoiceField(
        label=_("payer's account"), queryset=BankAccount.objects.none(), required=False
    )
    payment_order = DocumentField(label=_("payment order"))

    def __init__(
        self, *args: Any, user: User, payment_request: PaymentRequest, **kwargs: Any
    ) -> None:
        self.payment_request = payment_request
        accounts = current_accounts().filter(
            company_id=payment_request.payer_id, currency=payment_request.currency
        )
        kwargs["initial"] = {
            "amount": payment_request.amount_left,
            "paid_on": timezone.localdate(),
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, user=user, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["payer_account"])
        field.queryset = accounts
        field.empty_label = str(_("the payer's main account"))

    def service_fields(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "amount": cleaned["amount"],
            "paid_on": cleaned["paid_on"] or timezone.localdate(),
            "number": cleaned["number"],
            "payer_account": cleaned["payer_account"],
            "payment_order": self.uploads["payment_order"],
            "form_key": cleaned["form_key"],
        }

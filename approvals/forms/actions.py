"""The small forms of a card: a comment, a reason, a payment."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.forms.fields import DayField, text_field
from approvals.models import PaymentOrder, PaymentRequest
from approvals.orders import open_orders_of
from counterparties.models import BankAccount
from counterparties.selectors import current_accounts
from documents.forms import DocumentField, UploadMixin
from people.fields import FormKeyField, MoneyField
from people.formats import date_short, money
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


class OrderChoiceField(forms.ModelChoiceField):
    """A payment order by its number, day and sum."""

    def label_from_instance(self, order: PaymentOrder) -> str:
        return _("No. %(number)s of %(day)s, %(amount)s") % {
            "number": order.number,
            "day": date_short(order.drawn_on),
            "amount": money(order.amount, "RUB"),
        }


class PaymentForm(UploadMixin, forms.Form):
    """services.record_payment: what is left, today, from the payer's main account, unless told otherwise.

    Where payment orders are drawn up here, `order` (the first of them, or the one asked for) fills it in.
    """

    form_key = FormKeyField()
    order = OrderChoiceField(
        label=_("paid by the order"),
        queryset=PaymentOrder.objects.none(),
        required=False,
        empty_label=_("another payment order"),
    )
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
    own_order = forms.BooleanField(
        label=_("there is no bank's copy: the payment order drawn up here is the proof"),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        user: User,
        payment_request: PaymentRequest,
        order_id: str = "",
        **kwargs: Any,
    ) -> None:
        self.payment_request = payment_request
        orders = open_orders_of(payment_request)
        accounts = current_accounts().filter(
            company_id=payment_request.payer_id, currency=payment_request.currency
        )
        kwargs["initial"] = {
            "amount": payment_request.amount_left,
            "paid_on": timezone.localdate(),
            **_by_order(list(orders), order_id),
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, user=user, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["payer_account"])
        field.queryset = accounts
        field.empty_label = str(_("the payer's main account"))
        cast(forms.ModelChoiceField, self.fields["order"]).queryset = orders
        if not orders:
            del self.fields["order"], self.fields["own_order"]

    def service_fields(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "amount": cleaned["amount"],
            "paid_on": cleaned["paid_on"] or timezone.localdate(),
            "number": cleaned["number"],
            "payer_account": cleaned["payer_account"],
            "payment_order": self.uploads["payment_order"],
            "order_id": order.pk if (order := cleaned.get("order")) else None,
            "own_order": cleaned.get("own_order", False),
            "form_key": cleaned["form_key"],
        }


def _by_order(orders: list[PaymentOrder], order_id: str) -> dict[str, Any]:
    """What a payment by one of these orders would be: by the one asked for, else by the first."""
    if not orders or order_id == "none":
        return {}
    order = next((it for it in orders if str(it.pk) == order_id), orders[0])
    return {
        "order": order.pk,
        "number": order.number,
        "amount": order.amount,
        "paid_on": min(order.drawn_on, timezone.localdate()),
        "payer_account": order.payer_account_id,
    }

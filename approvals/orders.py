"""Payment orders read: what there is of a request, the next number, and what a new order would say."""

from __future__ import annotations

import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import IntegerField, Max, QuerySet, Sum
from django.db.models.functions import Cast

from approvals.models import Payment, PaymentOrder, PaymentRequest
from approvals.papers.order import Order
from approvals.purpose import has_vat, vat_phrase, with_vat
from approvals.vat import vat_inside
from counterparties.models import BankAccount, Company
from counterparties.selectors import current_accounts
from people.models import User
from people.prepared import prepared

HIGHEST_NUMBER = 999_999


def orders_of(payment_request: PaymentRequest) -> list[PaymentOrder]:
    """All of a request's, oldest first, with their papers."""
    orders = _orders_of(payment_request.pk)
    for order in orders:
        order.payment_request = payment_request
    return orders


@prepared
def _orders_of(request: int) -> QuerySet[PaymentOrder]:
    orders = PaymentOrder.objects.filter(payment_request=request)
    return orders.select_related("document__paper", "payer_account", "drawn_by").order_by("pk")


def open_orders_of(payment_request: PaymentRequest) -> QuerySet[PaymentOrder]:
    return PaymentOrder.objects.open().filter(payment_request=payment_request).order_by("pk")


def order_made_by_form(user: User, form_key: UUID) -> PaymentOrder | None:
    """The order that this very form has made already."""
    return PaymentOrder.objects.filter(drawn_by=user, form_key=form_key).first()


def next_number(payer: Company | None, year: int) -> str:
    """One more than the highest of the payer's year, of orders drawn up here and of payments recorded.

    Empty where there is none left.
    """
    orders = PaymentOrder.objects.filter(payer=payer, year=year)
    payments = Payment.objects.filter(payment_request__payer=payer, paid_on__year=year)
    highest = max(_highest(orders), _highest(payments))
    return str(highest + 1) if highest < HIGHEST_NUMBER else ""


def is_number_taken(
    payer: Company | None, order: Order, *, corrected: PaymentOrder | None = None
) -> bool:
    """Whether another order of the payer's year has the number."""
    same = PaymentOrder.objects.filter(payer=payer, year=order.drawn_on.year, number=order.number)
    return _without(same, corrected).exists()


def left_for_orders(
    payment_request: PaymentRequest, *, corrected: PaymentOrder | None = None
) -> Decimal:
    """What is left to pay and in no open order yet; negative where something else was paid meanwhile."""
    others = _without(open_orders_of(payment_request), corrected)
    ordered = others.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return payment_request.amount_left - ordered


def payer_accounts(payment_request: PaymentRequest) -> QuerySet[BankAccount]:
    """The payer's accounts in roubles, the main one first."""
    return current_accounts().filter(company=payment_request.payer, currency="RUB")


def proposed_purpose(payment_request: PaymentRequest, amount: Decimal) -> str:
    """The request's own purpose with the VAT inside `amount` at its end."""
    rate, whole = payment_request.vat_rate, amount == payment_request.amount
    if whole and has_vat(payment_request.purpose):
        return payment_request.purpose
    vat = payment_request.vat_amount if whole else vat_inside(amount, rate)
    return with_vat(payment_request.purpose, vat_phrase(rate, vat))


def proposed_day(today: datetime.date, payment_request: PaymentRequest) -> datetime.date:
    """The planned pay day, unless that is over."""
    return max(today, payment_request.planned_on)


def _without(
    orders: QuerySet[PaymentOrder], corrected: PaymentOrder | None
) -> QuerySet[PaymentOrder]:
    return orders if corrected is None else orders.exclude(pk=corrected.pk)


def _highest(rows: QuerySet[PaymentOrder] | QuerySet[Payment]) -> int:
    found = rows.aggregate(highest=Max(Cast("number", IntegerField())))["highest"]
    return found or 0

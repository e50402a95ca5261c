"""What a bank takes of a payment order (762-P, appendices 1 and 11), field by field."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from approvals.models import PaymentOrder, PaymentRequest
from approvals.orders import is_number_taken, left_for_orders, next_number, payer_accounts
from approvals.papers.order import INCOME_CODES, PAYMENT_KINDS, PRIORITIES, Order
from approvals.pay_days import LAST
from approvals.purpose import MAX_LENGTH, foreign_characters, stated_vat, tidy
from approvals.vat import NO_VAT, vat_inside
from audit.refusals import Invalid
from counterparties.models import Company, CompanyKind
from counterparties.selectors import why_not_pay_to
from people.formats import date_short, money

# One to six digits, not all zeros (field 3).
NUMBER = re.compile(r"(?=.*[1-9])[0-9]{1,6}")
UIN = re.compile(r"0|(?=.*[1-9])([0-9]{20}|[0-9]{25})")
TAKEN_FOR_DAYS = 10  # beside the day of drawing up

Errors = dict[str, list[str]]


def checked(
    it: PaymentRequest,
    order: Order,
    *,
    today: datetime.date,
    corrected: PaymentOrder | None = None,
) -> Order:
    """The order as it is kept: an empty number is the next one. `corrected` is what it takes the place of.

    Raises Invalid, each reason at its field.
    """
    number = order.number.strip().lstrip("0") if NUMBER.fullmatch(order.number.strip()) else ""
    order = replace(
        order,
        number=number or order.number.strip() or next_number(it.payer, order.drawn_on.year),
        purpose=tidy(order.purpose),
        uin="".join(order.uin.split()),
    )
    errors: Errors = {}
    for name, reason in (
        ("number", _number_fault(it, order, corrected)),
        ("drawn_on", _day_fault(order, today)),
        ("amount", _amount_fault(it, order, corrected)),
        ("payer_account", _account_fault(it, order)),
        ("purpose", _purpose_fault(it, order)),
        ("priority", _choice_fault(order.priority, PRIORITIES)),
        ("payment_kind", _choice_fault(order.payment_kind, PAYMENT_KINDS)),
        ("income_code", _income_fault(it, order)),
        ("uin", _uin_fault(order)),
        ("__all__", _names_fault(it)),
    ):
        if reason:
            errors[name] = [reason]
    if errors:
        raise Invalid(errors)
    return order


def number_taken(it: PaymentRequest, order: Order) -> str:
    """The words for a number that another order of the payer's year has."""
    return _(
        "Payment order %(number)s of %(year)s is drawn up already; the next number is %(next)s."
    ) % {
        "number": order.number,
        "year": order.drawn_on.year,
        "next": next_number(it.payer, order.drawn_on.year),
    }


def _number_fault(it: PaymentRequest, order: Order, corrected: PaymentOrder | None) -> str:
    if not NUMBER.fullmatch(order.number):
        return _("A payment order's number has 1 to 6 digits, not all of them zeros.")
    if is_number_taken(it.payer, order, corrected=corrected):
        return number_taken(it, order)
    return ""


def _day_fault(order: Order, today: datetime.date) -> str:
    if (today - order.drawn_on).days > TAKEN_FOR_DAYS:
        return _("A bank takes an order for ten days after its date, and these are over.")
    if order.drawn_on > LAST:
        return _("A day until %(last)s.") % {"last": date_short(LAST)}
    return ""


def _amount_fault(it: PaymentRequest, order: Order, corrected: PaymentOrder | None) -> str:
    if order.amount <= 0:
        return _("An amount above zero, e.g. 1,234.56.")
    left = max(left_for_orders(it, corrected=corrected), Decimal(0))
    if order.amount > left:
        return _("%(left)s is left to pay that no other payment order is drawn up for.") % {
            "left": money(left, it.currency)
        }
    return ""


def _account_fault(it: PaymentRequest, order: Order) -> str:
    account = order.payer_account
    if account is None:
        return _("Choose the payer's account.")
    if account.company_id != it.payer_id:
        return _("This account is not the payer's.")
    if not payer_accounts(it).filter(pk=account.pk).exists():
        return _("This account is replaced by another, or is not in roubles.")
    if len(account.number) != 20 or len(account.bik) != 9:
        return _("A payment order needs a Russian account: 20 digits, and a BIK of 9.")
    if why_not_pay_to(account):
        return _(
            "The bank of this account is closed or has lost its licence: it carries out no orders."
        )
    return ""


def _purpose_fault(it: PaymentRequest, order: Order) -> str:
    purpose = order.purpose
    if not purpose:
        return _("Write the payment purpose.")
    if foreign := foreign_characters(purpose):
        return _("Banks do not take these characters: %(it)s") % {"it": foreign}
    if len(purpose) > MAX_LENGTH:
        return _("210 characters at most, now %(n)s: banks take no more.") % {"n": len(purpose)}
    stated = stated_vat(purpose)
    if it.vat_rate == NO_VAT or stated is None or order.amount <= 0:
        return ""
    is_whole = order.amount == it.amount
    inside = it.vat_amount if is_whole else vat_inside(order.amount, it.vat_rate)
    if inside is None or stated == inside:
        return ""
    return _("VAT in the purpose is not that of the amount: %(vat)s.") % {
        "vat": money(inside, it.currency)
    }


def _choice_fault(code: str, choices: tuple[str, ...]) -> str:
    return "" if code in choices else _("Choose one of the list.")


def _income_fault(it: PaymentRequest, order: Order) -> str:
    if order.income_code and it.company.kind != CompanyKind.INDIVIDUAL:
        return _("This code is for payments to individuals alone: leave it empty.")
    return _choice_fault(order.income_code, INCOME_CODES)


def _uin_fault(order: Order) -> str:
    if order.uin and not UIN.fullmatch(order.uin):
        return _("A UIN has 20 or 25 digits; where there is none, leave it empty or write 0.")
    return ""


def _names_fault(it: PaymentRequest) -> str:
    """Names are corrected on the company's card, so the reason stands above the form."""
    for company in (it.payer, it.company):
        if company is not None and (reason := _name_fault(company)):
            return reason
    account = it.bank_account
    if account is None or len(account.number) != 20 or len(account.bik) != 9:
        return _("The payee's account is not a Russian one: 20 digits, and a BIK of 9.")
    return ""


def _name_fault(company: Company) -> str:
    """Its length is right already: its column is as long as fields 8 and 16."""
    if foreign := foreign_characters(company.name):
        return _("Banks do not take these characters in the name “%(name)s”: %(it)s") % {
            "name": company.name[:40],
            "it": foreign,
        }
    return ""

"""What the payment order says: form 0401060 of the Bank of Russia (762-P, appendices 1 to 3). In Russian."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone, translation

from approvals.models import PaymentOrder, PaymentRequest
from approvals.papers import facts
from approvals.papers.facts import Values
from counterparties.models import BankAccount, Company
from counterparties.selectors import current_accounts
from people.amount_words import amount_in_words
from people.formats import date_short

LANGUAGE = "ru"
TRANSFER = "01"  # field 18
USUAL_PRIORITY = "5"  # field 21, Civil Code 855 p. 2
PRIORITIES = ("1", "2", "3", "4", "5")
PAYMENT_KINDS = ("", "срочно", "электронно")  # field 5
INCOME_CODES = ("", "1", "2", "3", "4", "5")  # field 20, 5286-U
NO_INN = "0"


@dataclass(frozen=True)
class Order:
    """What an accountant decides about an order; money in roubles.

    `payment_kind` is field 5, `income_code` field 20, `uin` field 22.
    """

    number: str
    drawn_on: datetime.date
    amount: Decimal
    payer_account: BankAccount | None
    purpose: str
    priority: str = USUAL_PRIORITY
    payment_kind: str = ""
    income_code: str = ""
    uin: str = ""


def order_of(made: PaymentOrder) -> Order:
    """What was decided about an order that there is."""
    return Order(
        number=made.number,
        drawn_on=made.drawn_on,
        amount=made.amount,
        payer_account=made.payer_account,
        purpose=made.purpose,
        priority=made.priority,
        payment_kind=made.payment_kind,
        income_code=made.income_code,
        uin=made.uin,
    )


def order_values(
    it: PaymentRequest, order: Order | None, *, at: datetime.datetime, version: int = 1
) -> Values:
    """The form's fields, each as it is printed; with no account of the payer's its part is empty."""
    with translation.override(LANGUAGE):
        return {
            **facts.dated(at),
            "request_number": str(it.number),
            "version": version,
            "number": order.number if order else "1",
            "date": date_short(order.drawn_on if order else timezone.localdate(at)),
            "kind": order.payment_kind if order else "",
            "amount": figures(order.amount if order else it.amount),
            "amount_in_words": amount_in_words(order.amount if order else it.amount, "RUB"),
            "payer": _side(it.payer, order.payer_account if order else _main_account(it)),
            "payee": _side(it.company, it.bank_account),
            "operation": TRANSFER,
            "income_code": order.income_code if order else "",
            "priority": order.priority if order else USUAL_PRIORITY,
            "uin": order.uin if order else "",
            "purpose": order.purpose if order else it.purpose,
        }


def sample(it: PaymentRequest) -> Values:
    return order_values(it, None, at=timezone.now())


def figures(amount: Decimal) -> str:
    """'49050-00': field 7 on paper, roubles and kopecks with a dash."""
    return f"{amount:.2f}".replace(".", "-")


def _side(company: Company | None, account: BankAccount | None) -> Values:
    known = facts.account(account)
    return {
        "inn": (company.inn or NO_INN) if company else "",
        "kpp": company.kpp if company else "",
        "name": company.name if company else "",
        "account": known["number"],
        "bank": known["bank"],
        "bik": known["bik"],
        "correspondent_account": known["correspondent_account"],
    }


def _main_account(it: PaymentRequest) -> BankAccount | None:
    if it.payer is None:
        return None
    return current_accounts().filter(company=it.payer, currency="RUB").first()

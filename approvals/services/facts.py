"""The facts that notices and letters are worded from: plain JSON, taken when the decision falls."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse

from approvals.models import Payment, PaymentRequest
from people import formats


def plain(amount: Decimal | None) -> str | None:
    """'1234.50' of a sum, None of none."""
    return None if amount is None else formats.plain(amount)


def notice_facts(payment_request: PaymentRequest, **more: Any) -> dict[str, Any]:
    """What every notice repeats of the request: counterparty, amount, purpose, pay by and its page."""
    return {
        "request_id": payment_request.pk,
        "number": payment_request.number,
        "url": payment_request.get_absolute_url(),
        "company": payment_request.company.name,
        "amount": plain(payment_request.amount),
        "currency": payment_request.currency,
        "purpose": payment_request.purpose,
        "pay_by": payment_request.pay_by.isoformat(),
        **more,
    }


def letter_facts(
    payment_request: PaymentRequest, payment: Payment, payments: list[Payment]
) -> dict[str, Any]:
    """What the 'paid' letter says; `payments` are all of the request's, oldest first."""
    author, account = payment_request.author, payment_request.bank_account
    payer, company = payment_request.payer, payment_request.company
    invoice_date: datetime.date | None = payment_request.invoice_date
    return {
        "request_id": payment_request.pk,
        "number": payment_request.number,
        "invoice_number": payment_request.invoice_number,
        "invoice_date": invoice_date.isoformat() if invoice_date else None,
        "amount": plain(payment_request.amount),
        "currency": payment_request.currency,
        "vat_rate": payment_request.vat_rate,
        "vat_amount": plain(payment_request.vat_amount),
        "payments": [
            {
                "amount": plain(p.amount),
                "paid_on": p.paid_on.isoformat(),
                "number": p.number,
            }
            for p in payments
        ],
        "files_expected": len(payments),
        "paid_on": payment.paid_on.isoformat(),
        "order_number": payment.number,
        "payer": payer.name if payer else "",
        "payer_inn": payer.inn if payer else "",
        "company": company.name,
        "inn": company.inn,
        "last4": account.last4 if account else "",
        "bank_name": account.bank_name if account else "",
        "purpose": payment_request.purpose,
        "manager": author.full_name,
        "manager_position": author.position,
        "manager_phone": author.phone,
        "page_path": reverse("approvals:public", args=["TOKEN"]).replace("TOKEN", "{token}"),
        "on_failure": {
            "user_id": author.pk,
            **notice_facts(
                payment_request,
                contact=payment_request.contact.full_name if payment_request.contact else "",
            ),
        },
    }

"""What the payment notice tells the counterparty: as much as the letter that it goes with."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Payment, PaymentRequest
from approvals.papers import facts
from approvals.papers.facts import Values
from people.formats import date_long, money


def notice_values(
    it: PaymentRequest, payments: Iterable[Payment], *, at: datetime.datetime, version: int
) -> Values:
    """`payments` are all of the request's, oldest first."""
    lines = [
        {
            "amount": money(payment.amount, it.currency),
            "paid_on": date_long(payment.paid_on),
            "number": payment.number,
        }
        for payment in payments
    ]
    account = facts.account(it.bank_account)
    return {
        **facts.dated(at),
        "number": str(it.number),
        "version": version,
        **facts.sum_of(it.amount, it.currency),
        "vat": facts.vat(it.vat_rate, it.vat_amount, it.currency),
        "payer": facts.party(it.payer),
        "payee": facts.party(it.company),
        "contact": it.contact.full_name if it.contact else "",
        "account": _("ends in %(last4)s, %(bank)s") % account if account["number"] else "",
        "invoice": facts.invoice(it.invoice_number, it.invoice_date),
        "purpose": it.purpose,
        "payments": lines,
        "paid_on": lines[-1]["paid_on"] if lines else date_long(at),
        "manager": {**facts.person(it.author), "email": it.author.email},
    }


def sample(it: PaymentRequest) -> Values:
    """Of a request that is not paid yet: as if all of it were paid today by order No. 1."""
    payments = list(it.payments.all())
    if not payments:
        today = timezone.localdate()
        payments = [Payment(payment_request=it, amount=it.amount, paid_on=today, number="1")]
    return notice_values(it, payments, at=timezone.now(), version=1)

"""What the rows of a request say in JSON: the facts of its events, and of the letter when it is paid.

As `approvals.services` writes them; the tests compare.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from demo.volume.fates import Fate

# One text for one value, as audit writes it.
as_json = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def plain(kopecks: int) -> str:
    """'1234.50' of 123450."""
    return f"{kopecks // 100}.{kopecks % 100:02}"


def letter_context(
    fate: Fate, *, invoice: str, vat_rate: str, vat: str | None, purpose: str, numbers: list[str]
) -> dict[str, Any]:
    """What the 'paid' letter says; `numbers` are those of the payments' orders."""
    it, author, payee = fate, fate.author, fate.payee
    account = payee.accounts[it.currency]
    payments = [
        {"amount": plain(amount), "paid_on": _on(at.date()), "number": number}
        for (amount, at), number in zip(it.payments, numbers, strict=True)
    ]
    notice = {
        "request_id": it.number,
        "number": it.number,
        "url": f"/requests/{it.number}/",
        "company": payee.name,
        "amount": plain(it.amount),
        "currency": it.currency,
        "purpose": purpose,
        "pay_by": _on(it.pay_by),
    }
    return {
        "request_id": it.number,
        "number": it.number,
        "invoice_number": invoice,
        "invoice_date": _on(it.created.date()),
        "amount": plain(it.amount),
        "currency": it.currency,
        "vat_rate": vat_rate,
        "vat_amount": vat,
        "payments": payments,
        "files_expected": len(payments),
        "paid_on": payments[-1]["paid_on"],
        "order_number": payments[-1]["number"],
        "payer": it.payer.name,
        "payer_inn": it.payer.inn,
        "company": payee.name,
        "inn": payee.inn,
        "last4": account.last4,
        "bank_name": account.bank_name,
        "purpose": purpose,
        "manager": author.name,
        "manager_position": author.position,
        "manager_phone": author.phone,
        "page_path": "/p/{token}/",
        "on_failure": {
            "user_id": author.pk,
            **notice,
            "contact": payee.contact[1] if payee.contact else "",
        },
    }


def _on(day: date) -> str:
    return day.isoformat()

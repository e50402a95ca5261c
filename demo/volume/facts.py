"""What the rows of a request say in JSON: the facts of its events, and of the letter when it is paid.

As `approvals.services` writes them; the tests compare.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils import timezone

from demo.volume.fates import Fate


def plain(kopecks: int) -> str:
    """'1234.50' of 123450."""
    return f"{kopecks // 100}.{kopecks % 100:02}"


def day_of(at: datetime) -> date:
    """The day in the organisation's zone."""
    return at.astimezone(_zone()).date()


@cache
def _zone() -> tzinfo:
    return timezone.get_default_timezone()


@cache
def _page_path() -> str:
    return reverse("approvals:public", args=["TOKEN"]).replace("TOKEN", "{token}")


@cache
def _before_number() -> str:
    return reverse("approvals:request", args=[0]).removesuffix("0/")


def notice_context(fate: Fate, *, purpose: str, **more: Any) -> dict[str, Any]:
    """What every notice repeats of the request."""
    return {
        "request_id": fate.number,
        "number": fate.number,
        "url": f"{_before_number()}{fate.number}/",
        "company": fate.payee.name,
        "amount": plain(fate.amount),
        "currency": fate.currency,
        "purpose": purpose,
        "pay_by": _on(fate.pay_by),
        **more,
    }


def letter_context(
    fate: Fate, *, invoice: str, vat_rate: str, vat: str | None, purpose: str, numbers: list[str]
) -> dict[str, Any]:
    """What the 'paid' letter says; `numbers` are those of the payments' orders."""
    it, author, payee = fate, fate.author, fate.payee
    account = payee.accounts[it.currency]
    payments = [
        {"amount": plain(amount), "paid_on": _on(day_of(at)), "number": number}
        for (amount, at), number in zip(it.payments, numbers, strict=True)
    ]
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
        "page_path": _page_path(),
        "on_failure": {
            "user_id": author.pk,
            **notice_context(
                it, purpose=purpose, contact=payee.contact[1] if payee.contact else ""
            ),
        },
    }


def _on(day: date) -> str:
    return day.isoformat()

"""What the story's people type: payment purposes and the names of their files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from approvals.vat import NO_VAT, codes_on
from demo.days import month_before, month_name
from people.formats import date_short


def purpose(
    *,
    what: str,
    terms: str,
    invoice_number: str,
    invoice_date: date,
    vat_rate: str,
    vat_amount: Decimal | None,
) -> str:
    """What the bank is told, 210 characters of windows-1251 at most."""
    start = "Предоплата" if terms == "advance" else "Оплата"
    invoice = (
        f" по счёту № {invoice_number} от {date_short(invoice_date, 'ru')}"
        if invoice_number
        else ""
    )
    # «2 шт.» and «2026 г.» end the sentence by themselves.
    return f"{start}{invoice} за {what.rstrip('.')}. {vat_phrase(vat_rate, vat_amount)}"


def vat_phrase(rate: str, amount: Decimal | None) -> str:
    if rate == NO_VAT or amount is None:
        return "НДС не облагается."
    return f"В том числе НДС {rate}% - {comma(amount)} руб."


def with_months(what: str, month: date) -> str:
    """`{M}`, `{M-1}` and `{M+1}` are the month that the request is made in, the one before, the one after."""
    for mark, before in (("{M-1}", 1), ("{M+1}", -1), ("{M}", 0)):
        what = what.replace(mark, month_name(month_before(month, before)))
    return what


def rate_on(rate: str, day: date) -> str:
    """The story's rates are those of 2026 and later; before, the general one was 20 %."""
    return rate if rate in codes_on(day) else "20"


def invoice_file(number: str, day: date) -> str:
    # A slash in a file's name would start a folder: browsers send what comes after it.
    return f"Счёт № {number.replace('/', '-')} от {date_short(day, 'ru')}.pdf"


def payment_order_file(number: str, day: date) -> str:
    return f"Платёжное поручение № {number} от {date_short(day, 'ru')}.pdf"


def comma(amount: Decimal) -> str:
    """'8845,08': how bank papers write a sum."""
    return f"{amount:.2f}".replace(".", ",")

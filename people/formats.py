"""How money, dates and percents look in either language: cheap, so that a table of cells costs
little.

Shapes: `amount` is a Decimal, an int or a decimal string ("49050.00", as contexts of letters keep
it); a day is a date or an ISO string; a moment is an aware datetime or an ISO string. `language`
is a code such as "ru" and defaults to the active one; whatever is not Russian is written the
English way.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from django.utils import timezone
from django.utils.dates import MONTHS, MONTHS_3, MONTHS_ALT
from django.utils.translation import get_language, override

Amount: TypeAlias = Decimal | int | str

NBSP = "\u00a0"
MINUS = "\u2212"
SYMBOLS = {"RUB": "₽", "USD": "$", "EUR": "€", "CNY": "¥", "KZT": "₸", "BYN": "Br"}
_TO_RUSSIAN = str.maketrans({",": NBSP, ".": ","})


def plain(amount: Amount) -> str:
    """'1234.50': what machines read in data attributes and contexts, always two places."""
    return f"{Decimal(amount):.2f}"


def money(amount: Amount, currency: str, language: str | None = None) -> str:
    """'49 050,00 ₽' (no-break spaces) or 'RUB 49,050.00'."""
    value = Decimal(amount)
    sign = MINUS if value < 0 else ""
    digits = f"{abs(value):,.2f}"
    if is_russian(language):
        return f"{sign}{digits.translate(_TO_RUSSIAN)}{NBSP}{SYMBOLS.get(currency, currency)}"
    return f"{currency} {sign}{digits}"


def whole(number: int, language: str | None = None) -> str:
    """'10 000' (no-break space) or '10,000'."""
    digits = f"{number:,}"
    return digits.translate(_TO_RUSSIAN) if is_russian(language) else digits


def percent(rate: Amount, language: str | None = None) -> str:
    """'22 %' (no-break space) or '22%'; a fraction keeps its digits: '16,67 %'."""
    text = f"{Decimal(rate):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",") + NBSP + "%" if is_russian(language) else text + "%"


def date_short(day: date | str, language: str | None = None) -> str:
    """'24.11.2026' or '24 Nov 2026'."""
    day = as_day(day)
    if is_russian(language):
        return f"{day.day:02}.{day.month:02}.{day.year}"
    return f"{day.day} {_months('en').short[day.month - 1]} {day.year}"


def date_long(day: date | str, language: str | None = None) -> str:
    """'24 ноября 2026 г.' or '24 November 2026': the date as letters write it."""
    day = as_day(day)
    if is_russian(language):
        return f"{day.day} {_months('ru').genitive[day.month - 1]} {day.year}{NBSP}г."
    return f"{day.day} {_months('en').full[day.month - 1]} {day.year}"


def moment(at: datetime | str, language: str | None = None) -> str:
    """'24.11.2026 14:05' or '24 Nov 2026 14:05', in the current time zone."""
    at = timezone.localtime(datetime.fromisoformat(at) if isinstance(at, str) else at)
    return f"{date_short(at.date(), language)} {at.hour:02}:{at.minute:02}"


def duration(time: timedelta, language: str | None = None) -> str:
    """'1,4 дн.' or '1.4 days'; under a day '5 ч' or '5 h', under an hour '20 мин' or '20 min'."""
    seconds = max(time.total_seconds(), 0)
    if seconds < 3600:
        number, units = f"{round(seconds / 60)}", ("мин", "min")
    elif seconds < 86400:
        number, units = f"{round(seconds / 3600)}", ("ч", "h")
    else:
        number, units = f"{seconds / 86400:.1f}", ("дн.", "days")
    if is_russian(language):
        return f"{number.replace('.', ',')}{NBSP}{units[0]}"
    return f"{number}{NBSP}{units[1]}"


def as_day(day: date | str) -> date:
    """The date of an ISO string; a moment's day is the one in the current time zone."""
    if isinstance(day, str):
        return date.fromisoformat(day)
    if isinstance(day, datetime):
        return timezone.localdate(day)
    return day


def is_russian(language: str | None) -> bool:
    return (language or get_language() or "").startswith("ru")


class _Months:
    """The names of months of one language, read once from Django's own catalogue."""

    def __init__(self) -> None:
        self.full = tuple(str(MONTHS[number]) for number in range(1, 13))
        self.short = tuple(str(MONTHS_3[number]).title() for number in range(1, 13))
        self.genitive = tuple(str(MONTHS_ALT[number]).lower() for number in range(1, 13))


@lru_cache(maxsize=8)
def _months(language: str) -> _Months:
    with override(language):
        return _Months()

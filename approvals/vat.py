"""VAT rates with the time they hold, and the VAT inside a sum. Pure."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

NO_VAT = "none"


@dataclass(frozen=True)
class Rate:
    """A VAT rate: its stable code, its percentage (None: no VAT), and the days it holds, inclusive."""

    code: str
    percent: Decimal | None
    since: datetime.date = datetime.date.min
    until: datetime.date = datetime.date.max


# 20 % from 01.01.2019 (303-FZ), 22 % from 01.01.2026 (425-FZ of 28.11.2025),
# 5 and 7 % from 01.01.2025 (176-FZ).
RATES = (
    Rate(NO_VAT, None),
    Rate("0", Decimal(0)),
    Rate("5", Decimal(5), since=datetime.date(2025, 1, 1)),
    Rate("7", Decimal(7), since=datetime.date(2025, 1, 1)),
    Rate("10", Decimal(10)),
    Rate("18", Decimal(18), until=datetime.date(2018, 12, 31)),
    Rate(
        "20",
        Decimal(20),
        since=datetime.date(2019, 1, 1),
        until=datetime.date(2025, 12, 31),
    ),
    Rate("22", Decimal(22), since=datetime.date(2026, 1, 1)),
)
_BY_CODE = {rate.code: rate for rate in RATES}


def codes_on(day: datetime.date) -> list[str]:
    """The codes that can be chosen for a supply of that day."""
    return [rate.code for rate in RATES if rate.since <= day <= rate.until]


def vat_inside(amount: Decimal, code: str) -> Decimal | None:
    """The VAT inside a gross sum, amount x r / (100 + r), rounded half up to kopecks; None for no VAT.

    Raises KeyError for a code that is not in the list.
    """
    percent = _BY_CODE[code].percent
    if percent is None:
        return None
    return (amount * percent / (100 + percent)).quantize(Decimal("0.01"), ROUND_HALF_UP)

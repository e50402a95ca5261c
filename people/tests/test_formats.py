"""How money and dates look in either language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.template import engines
from django.utils import timezone, translation

from people import formats

DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("amount", "currency", "language", "text"),
    [
        ("49050.00", "RUB", "ru", "49\u00a0050,00\u00a0₽"),
        ("49050.00", "RUB", "en", "RUB 49,050.00"),
        (Decimal("1234567.8"), "RUB", "ru", "1\u00a0234\u00a0567,80\u00a0₽"),
        (Decimal(0), "USD", "ru", "0,00\u00a0$"),
        (Decimal(0), "USD", "en-us", "USD 0.00"),
        (Decimal("-5"), "EUR", "ru", "−5,00\u00a0€"),
        (5, "KZT", "ru", "5,00\u00a0₸"),
        ("9999999999999999.99", "RUB", "en", "RUB 9,999,999,999,999,999.99"),
    ],
)
def test_money(amount, currency, language, text):
    assert formats.money(amount, currency, language) == text


def test_money_follows_the_active_language():
    with translation.override("en"):
        assert formats.money("1", "RUB") == "RUB 1.00"
    with translation.override("ru"):
        assert formats.money("1", "RUB") == "1,00\u00a0₽"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1234.5", "1234.50"),
        (Decimal("49050"), "49050.00"),
        (0, "0.00"),
        (Decimal("1E+3"), "1000.00"),
    ],
)
def test_plain_has_two_places_always(amount, text):
    assert formats.plain(amount) == text


def test_percent():
    assert formats.percent("22", "ru") == "22\u00a0%"
    assert formats.percent(Decimal("10.00"), "en") == "10%"
    assert formats.percent("16.67", "ru") == "16,67\u00a0%"


@pytest.mark.parametrize("day", [DAY, "2026-11-24"])
def test_days(day):
    assert formats.date_short(day, "ru") == "24.11.2026"
    assert formats.date_short(day, "en") == "24 Nov 2026"
    assert formats.date_long(day, "ru") == "24 ноября 2026\u00a0г."
    assert formats.date_long(day, "en") == "24 November 2026"


def test_every_month_in_letters():
    long = [formats.date_long(date(2026, month, 1), "ru").split()[1] for month in range(1, 13)]
    assert long == (
        [
            "января",
            "февраля",
            "марта",
            "апреля",
            "мая",
            "июня",
            "июля",
            "августа",
            "сентября",
            "октября",
            "ноября",
            "декабря",
        ]
    )
    short = [formats.date_short(date(2026, month, 1), "en").split()[1] for month in range(1, 13)]
    assert short == [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ]


def test_moment_is_in_the_current_time_zone():
    at = datetime(2026, 11, 24, 21, 5, tzinfo=UTC)
    with timezone.override(ZoneInfo("Europe/Moscow")):
        assert formats.moment(at, "ru") == "25.11.2026 00:05"
        assert formats.moment(at.isoformat(), "en") == "25 Nov 2026 00:05"
        assert formats.date_short(at, "ru") == "25.11.2026"


def test_filters():
    template = engines["django"].from_string(
        "{% load formats %}{{ a|money:c }}|{{ a|plain }}|{{ d|day }}|{{ d|day_long }}|{{ d|iso }}|"
        "{{ t|moment }}|{{ r|percent }}|"
        "{{ none|money:c }}{{ none|day }}{{ none|moment }}{{ none|plain }}"
    )
    facts = {"a": Decimal("49050"), "c": "RUB", "d": DAY, "r": Decimal("22")}
    facts |= {"t": datetime(2026, 11, 24, 11, 5, tzinfo=UTC), "none": None}
    with translation.override("ru"), timezone.override(ZoneInfo("Europe/Moscow")):
        assert template.render(facts) == (
            "49\u00a0050,00\u00a0₽|49050.00|24.11.2026|24 ноября 2026\u00a0г.|2026-11-24|"
            "24.11.2026 14:05|22\u00a0%|"
        )

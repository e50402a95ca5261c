"""Days and moments as whole numbers, and as the texts that rows hold; each text is made once.

A day is the number of days since 1970, a moment the number of seconds since then, in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from people.formats import date_short

A_DAY = 24 * 3600
_FIRST = date(1970, 1, 1)
# Every zone's distance from UTC is a multiple of it.
_QUARTER = 15 * 60


def day_number(day: date) -> int:
    return (day - _FIRST).days


def moment(at: datetime) -> int:
    """The whole second of an aware time."""
    return int(at.timestamp())


class _IsoDays(dict[int, str]):
    """'2026-11-24' of a day."""

    def __missing__(self, day: int) -> str:
        self[day] = text = (_FIRST + timedelta(day)).isoformat()
        return text


class _ShortDays(dict[int, str]):
    """'24.11.2026' of a day."""

    def __missing__(self, day: int) -> str:
        self[day] = text = date_short(_FIRST + timedelta(day), "ru")
        return text


class _LocalDays(dict[int, int]):
    """The day in the organisation's zone, of a quarter of an hour since 1970."""

    def __missing__(self, quarter: int) -> int:
        at = datetime.fromtimestamp(quarter * _QUARTER, UTC)
        self[quarter] = day = day_number(at.astimezone(timezone.get_default_timezone()).date())
        return day


class _Clock(dict[int, str]):
    """'09:00:00' of a second of a day."""

    def __missing__(self, second: int) -> str:
        minutes, seconds = divmod(second, 60)
        self[second] = text = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        return text


ISO = _IsoDays()
SHORT = _ShortDays()
_CLOCK = _Clock()
_LOCAL = _LocalDays()


def local_day(at: int) -> int:
    """The day of a moment in the organisation's zone."""
    return _LOCAL[at // _QUARTER]


def stamp(at: int) -> str:
    """'2026-11-24 09:00:00', as either database takes it from a session in UTC."""
    return f"{ISO[at // A_DAY]} {_CLOCK[at % A_DAY]}"

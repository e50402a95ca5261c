"""Russia's production calendar, with the days that the government moves: one for every room."""

from __future__ import annotations

import datetime
from functools import cache
from typing import Any

from people.formats import is_russian


def is_working_day(day: datetime.date) -> bool:
    """Transferred days off and working Saturdays count as what they are."""
    return bool(_calendar("ru").is_working_day(day))


def day_off_name(day: datetime.date) -> str:
    """Why a day is off, in the language of the moment; empty for working days and plain weekends."""
    if is_working_day(day):
        return ""
    return str(_calendar("ru" if is_russian(None) else "en_US").get(day, ""))


@cache
def _calendar(language: str) -> Any:
    # Every country's calendar comes along, a twelfth of a program's start: most never ask for a day.
    import holidays

    return holidays.country_holidays("RU", language=language)

"""When the morning digest goes: nine o'clock of a working day, in the organisation's own time zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import holidays
from django.utils import timezone

MORNING = time(9)


def is_working_day(day: date) -> bool:
    """By Russia's production calendar: transferred days off and working Saturdays count as what they are."""
    return holidays.country_holidays("RU", years=day.year).is_working_day(day)


def next_morning(now: datetime) -> datetime:
    """The first nine o'clock of a working day after `now` (aware), in the organisation's zone (TIME_ZONE)."""
    zone = timezone.get_default_timezone()
    local = now.astimezone(zone)
    day = local.date() if local.time() < MORNING else local.date() + timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, MORNING, tzinfo=zone)

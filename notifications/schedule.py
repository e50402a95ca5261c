"""When the morning digest goes: nine o'clock of a working day, in the organisation's own time zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from people.working_days import is_working_day

MORNING = time(9)


def next_morning(now: datetime) -> datetime:
    """The first nine o'clock of a working day after `now` (aware), in the organisation's zone (TIME_ZONE)."""
    zone = timezone.get_default_timezone()
    local = now.astimezone(zone)
    day = local.date() if local.time() < MORNING else local.date() + timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, MORNING, tzinfo=zone)

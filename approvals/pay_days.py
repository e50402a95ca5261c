"""On which days the organisation pays: its pay days and cut-off, over Russia's production calendar."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from people.working_days import is_working_day

if TYPE_CHECKING:
    from approvals.models import OrganisationSettings

ONE_DAY = datetime.timedelta(days=1)
# The days that have pages: beyond them Python's own calendar ends.
FIRST, LAST = datetime.date(2000, 1, 1), datetime.date(2199, 12, 31)
# The longest holidays last eleven days; a pay day that is further away than this will not come.
FURTHEST = 60


def is_pay_day(day: datetime.date, settings: OrganisationSettings) -> bool:
    """Whether the organisation pays on that day; without named pay days it pays on every day."""
    if not settings.pay_weekdays:
        return True
    return day.weekday() in settings.pay_weekdays and is_working_day(day)


def earliest(at: datetime.datetime, settings: OrganisationSettings) -> datetime.date:
    """The first day that can still be planned at that moment: today, or past the cut-off tomorrow."""
    local = timezone.localtime(at)
    late = settings.pay_cut_off is not None and local.time() >= settings.pay_cut_off
    return local.date() + ONE_DAY if late else local.date()


def propose(
    pay_by: datetime.date, *, at: datetime.datetime, settings: OrganisationSettings
) -> datetime.date:
    """The pay day for what is wished to be paid by `pay_by`: the last one in time, else the next one.

    An organisation that names neither pay days nor a cut-off pays on the wished day.
    """
    if not settings.pay_weekdays and settings.pay_cut_off is None:
        return pay_by
    first = earliest(at, settings)
    day = pay_by
    while day > first and not is_pay_day(day, settings):
        day -= ONE_DAY
    if day >= first and is_pay_day(day, settings):
        return day
    for offset in range(FURTHEST):
        if is_pay_day(day := first + offset * ONE_DAY, settings):
            return day
    return max(pay_by, first)


def next_pay_day(today: datetime.date, settings: OrganisationSettings) -> datetime.date:
    """The day whose payments are made next: today if the organisation pays today."""
    for offset in range(FURTHEST):
        day = today + offset * ONE_DAY
        if is_working_day(day) and is_pay_day(day, settings):
            return day
    return today

"""The story's days: counted in working days from today, by Russia's production calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from people.working_days import is_working_day

_MONTHS = [
    *("январь", "февраль", "март", "апрель", "май", "июнь"),
    *("июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"),
]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """The days around `now` (aware) in the organisation's `zone`."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def day(self, offset: int) -> date:
        """0 is today, whatever day it is; -n is the n-th working day before it, +n the n-th after."""
        day, step = self.today, ONE_DAY if offset > 0 else -ONE_DAY
        for _ in range(abs(offset)):
            day += step
            while not is_working_day(day):
                day += step
        return day

    def working_day_of_month(self, month: date, number: int) -> date:
        """The `number`-th working day (from 1) of the month that `month` lies in."""
        day = month.replace(day=1) - ONE_DAY
        for _ in range(number):
            day += ONE_DAY
            while not is_working_day(day):
                day += ONE_DAY
        return day

    def at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self.zone)

    @property
    def midnight(self) -> datetime:
        """When today began."""
        return self.at(self.today, time())


def month_before(month: date, number: int = 1) -> date:
    """The first day of the month `number` months before (after, if negative) that of `month`."""
    index = month.year * 12 + month.month - 1 - number
    return date(index // 12, index % 12 + 1, 1)


def month_name(month: date) -> str:
    """'ноябрь 2026 г.', with plain spaces: bank texts take no others."""
    return f"{_MONTHS[month.month - 1]} {month.year} г."

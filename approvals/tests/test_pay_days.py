"""Which day is proposed for a payment: the organisation's pay days, its cut-off, the production calendar."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import pay_days
from approvals.models import OrganisationSettings
from people import working_days

MOSCOW = ZoneInfo("Europe/Moscow")
TUESDAYS_AND_THURSDAYS = [1, 3]


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def proposed(pay_by: str, now: str, weekdays: list[int], cut_off: str = "") -> datetime.date:
    settings = OrganisationSettings(
        pay_weekdays=weekdays, pay_cut_off=datetime.time.fromisoformat(cut_off) if cut_off else None
    )
    return pay_days.propose(day(pay_by), at=at(now), settings=settings)


def test_without_pay_days_the_wished_day_is_planned() -> None:
    assert proposed("2026-11-28", "2026-11-24 12:00", []) == day("2026-11-28")
    assert proposed("2026-11-20", "2026-11-24 12:00", []) == day("2026-11-20")


@pytest.mark.parametrize(
    ("pay_by", "now", "cut_off", "expected"),
    [
        pytest.param("2026-11-27", "2026-11-24 12:00", "", "2026-11-26", id="the last in time"),
        pytest.param("2026-11-26", "2026-11-24 12:00", "", "2026-11-26", id="that very day"),
        pytest.param("2026-11-25", "2026-11-24 12:00", "15:00", "2026-11-24", id="today"),
        pytest.param("2026-11-25", "2026-11-24 15:00", "15:00", "2026-11-26", id="after cut-off"),
        pytest.param("2026-11-20", "2026-11-24 12:00", "", "2026-11-24", id="late already"),
        # 1 to 8 January 2027 are holidays, 31 December is a day off: the 29th is the last Tuesday.
        pytest.param("2027-01-08", "2026-12-24 12:00", "", "2026-12-29", id="before holidays"),
        pytest.param("2027-01-05", "2026-12-30 12:00", "", "2027-01-12", id="after holidays"),
    ],
)
def test_the_pay_day_in_time_or_the_next_one(
    pay_by: str, now: str, cut_off: str, expected: str
) -> None:
    assert proposed(pay_by, now, TUESDAYS_AND_THURSDAYS, cut_off) == day(expected)


def test_a_cut_off_alone_moves_today_to_tomorrow() -> None:
    assert proposed("2026-11-24", "2026-11-24 16:01", [], "16:00") == day("2026-11-25")
    assert proposed("2026-11-24", "2026-11-24 15:59", [], "16:00") == day("2026-11-24")


@given(
    st.dates(day("2026-01-01"), day("2026-12-31")),
    st.datetimes(
        datetime.datetime(2026, 1, 1),  # noqa: DTZ001 - the zone comes with it
        datetime.datetime(2026, 12, 31),  # noqa: DTZ001
        timezones=st.just(MOSCOW),
    ),
    st.lists(st.integers(0, 6), min_size=1, unique=True),
)
def test_what_is_proposed_is_a_pay_day_that_has_not_passed(
    pay_by: datetime.date, now: datetime.datetime, weekdays: list[int]
) -> None:
    settings = OrganisationSettings(pay_weekdays=weekdays)

    found = pay_days.propose(pay_by, at=now, settings=settings)

    assert found >= now.date()
    # Somebody who pays at weekends alone has none by the production calendar, but for moved Saturdays.
    assert pay_days.is_pay_day(found, settings) or set(weekdays) <= {5, 6}


def test_the_production_calendar_is_russias() -> None:
    assert not working_days.is_working_day(day("2026-11-04"))
    assert not working_days.is_working_day(day("2026-01-09"))
    assert working_days.is_working_day(day("2027-02-20"))  # a Saturday that is worked
    assert working_days.day_off_name(day("2026-11-04")) == "День народного единства"
    assert working_days.day_off_name(day("2026-11-28")) == ""

"""The story's days and hours, on whatever day the demo is loaded. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from demo import plan, texts
from demo.days import Days, month_name
from demo.story import Story, load
from people.working_days import is_working_day

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture(scope="module")
def story() -> Story:
    return load()


def days_at(text: str) -> Days:
    return Days(datetime.fromisoformat(text).replace(tzinfo=MOSCOW), MOSCOW)


@pytest.mark.parametrize(
    ("now", "offset", "expected"),
    [
        ("2026-11-24 12:00", 0, date(2026, 11, 24)),
        ("2026-11-24 12:00", -1, date(2026, 11, 23)),
        ("2026-11-24 12:00", -15, date(2026, 11, 2)),  # the 4th is a holiday
        ("2026-11-28 12:00", 0, date(2026, 11, 28)),  # today is today, also on a Saturday
        ("2026-11-28 12:00", -1, date(2026, 11, 27)),
        ("2026-11-28 12:00", 1, date(2026, 11, 30)),
        ("2027-01-05 12:00", -1, date(2026, 12, 30)),
        ("2027-01-05 12:00", 1, date(2027, 1, 11)),
        ("2027-02-19 12:00", 1, date(2027, 2, 20)),  # a working Saturday
    ],
)
def test_days_are_counted_by_the_production_calendar(now: str, offset: int, expected: date) -> None:
    assert days_at(now).day(offset) == expected


def test_today_is_the_organisations_day() -> None:
    late = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
    assert Days(late, MOSCOW).today == date(2026, 11, 25)


def test_working_days_of_a_month() -> None:
    days = days_at("2027-02-01 12:00")
    january = [days.working_day_of_month(date(2027, 1, 31), number) for number in (1, 3, 6)]
    assert january == [date(2027, 1, 11), date(2027, 1, 13), date(2027, 1, 18)]


@pytest.mark.parametrize("start", [date(2026, 7, 1) + timedelta(days=19 * n) for n in range(20)])
@pytest.mark.parametrize("at", [time(0, 0), time(15, 40)])
def test_every_day_makes_a_true_story(story: Story, start: date, at: time) -> None:
    days = Days(datetime.combine(start, at, tzinfo=MOSCOW), MOSCOW)
    thirty, older = plan.the_thirty(story, days), plan.older_months(story, days)
    for request in [*thirty, *older]:
        moments = [step.at for step in request.steps]
        assert moments == sorted(moments)
        assert moments[-1] <= days.now
        sent = [step.day for step in request.steps if step.verb in {"create", "submit"}]
        assert all(day <= request.pay_by for day in sent)
        worked = [step.day for step in request.steps if step.day != days.today]
        assert all(is_working_day(day) for day in worked)
        assert len(request.purpose) <= 210
        request.purpose.encode("cp1251")
    made = [step.no for step in plan.steps_of(thirty) if step.verb == "create"]
    assert made == list(range(1, 31))
    assert [request.no for request in older] == list(range(31, 61))
    first_of_the_thirty = min(step.at for request in thirty for step in request.steps)
    assert all(request.steps[-1].at < first_of_the_thirty for request in older)
    assert plan.the_beginning(story, days) < min(request.steps[0].day for request in older)
    numbers = [
        step.order_number
        for request in [*thirty, *older]
        for step in request.steps
        if step.verb == "pay" and request.payer == "own1"
    ]
    assert len(numbers) == len(set(numbers))


def test_hours_of_past_days(story: Story) -> None:
    seventh = plan.the_thirty(story, days_at("2026-11-24 12:00"))[6]
    assert [(step.verb, f"{step.at:%d.%m %H:%M}") for step in seventh.steps] == [
        ("create", "09.11 10:49"),
        ("submit", "09.11 10:59"),
        ("return", "10.11 10:49"),
        ("add", "10.11 12:45"),
        ("submit", "10.11 12:49"),
        ("approve", "11.11 10:49"),
        ("accept", "11.11 12:49"),
        ("pay", "13.11 16:30"),
    ]


def test_today_happens_within_the_last_hour_and_not_yesterday(story: Story) -> None:
    for text, start in (("2026-11-24 12:00", "11:00"), ("2026-11-24 00:20", "00:00")):
        days = days_at(text)
        today = [
            step for step in plan.steps_of(plan.the_thirty(story, days)) if step.day == days.today
        ]
        assert [(step.no, step.verb) for step in today] == [
            (24, "accept"),
            (28, "create"),
            (29, "create"),
            (28, "submit"),
            (30, "create"),
            (29, "submit"),
            (28, "comment"),
            (14, "pay"),
        ]
        begin = days.at(days.today, time.fromisoformat(start))
        assert all(begin < step.at < days.now for step in today)


def test_purposes(story: Story) -> None:
    thirty = plan.the_thirty(story, days_at("2026-11-24 12:00"))
    assert thirty[0].purpose == (
        "Предоплата по счёту № К-1101 от 02.11.2026 за аренду офиса за ноябрь 2026 г. "
        "В том числе НДС 22% - 69426,23 руб."
    )
    assert thirty[15].what == "аренду офиса за декабрь 2026 г."
    assert thirty[26].purpose == (
        "Предоплата за обучение бариста, группа 6 человек. НДС не облагается."
    )
    assert max(len(request.purpose) for request in thirty) == 145


def test_rates_before_2026() -> None:
    assert texts.rate_on("22", date(2025, 12, 30)) == "20"
    assert texts.rate_on("22", date(2026, 1, 12)) == "22"
    assert texts.rate_on("none", date(2025, 12, 30)) == "none"


def test_names_of_files_and_months() -> None:
    assert texts.invoice_file("К-1101", date(2026, 11, 3)) == "Счёт № К-1101 от 03.11.2026.pdf"
    assert texts.invoice_file("OK/2214", date(2026, 11, 3)) == "Счёт № OK-2214 от 03.11.2026.pdf"
    assert texts.payment_order_file("373", date(2026, 11, 6)) == (
        "Платёжное поручение № 373 от 06.11.2026.pdf"
    )
    assert month_name(date(2027, 1, 15)) == "январь 2027 г."

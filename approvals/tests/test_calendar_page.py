"""The payment calendar: sums of each day, and moving a request to another."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from approvals import services
from approvals.models import Event, PaymentRequest
from approvals.selectors import organisation_settings
from approvals.tests.builders import (
    World,
    approved,
    draft,
    on_approval,
    open_task,
    paid,
    pay,
    waiting_for_acceptance,
)
from approvals.tests.pages import handles, logged_in
from audit.refusals import Conflict, Forbidden, Invalid
from people.models import User

DAY = datetime.timedelta(days=1)


def calendar(user: User, **query: Any) -> HttpResponse:
    response = logged_in(user).get("/calendar/", query)
    assert response.status_code == 200
    return response


def sums(response: HttpResponse) -> set[tuple[str, str]]:
    return {(it["data-state"], it["data-amount"]) for it in handles(response, "calendar-sum")}


def of_day(user: User, day: datetime.date, **query: Any) -> list[tuple[str, str]]:
    """State and request of the opened day."""
    response = calendar(user, day=day.isoformat(), **query)
    return [(it["data-state"], it["data-pk"]) for it in handles(response, "planned-request")]


def test_each_state_has_its_sum_on_its_day(world: World) -> None:
    today = timezone.localdate()
    part = approved(world, pay_by=today, amount=Decimal("100.00"))
    pay(world, part, Decimal("40.50"))
    accepting = waiting_for_acceptance(world, pay_by=today, amount=Decimal("7"))
    sent = on_approval(world, pay_by=today, amount=Decimal("5"))
    paid(world, pay_by=today, amount=Decimal("11"))
    draft(world, pay_by=today)

    response = calendar(world.accountant)

    assert sums(response) == {
        ("paid", "51.50"),
        ("approved", "59.50"),
        ("accepting", "7.00"),
        ("in_approval", "5.00"),
    }
    assert of_day(world.accountant, today) == [
        ("approved", str(part.pk)),
        ("accepting", str(accepting.pk)),
        ("in_approval", str(sent.pk)),
    ]


def test_everybody_sees_what_they_may_see(world: World) -> None:
    today = timezone.localdate()
    mine = approved(world, pay_by=today)

    assert of_day(world.manager, today) == [("approved", str(mine.pk))]
    assert of_day(world.manager2, today) == []
    assert sums(calendar(world.manager2)) == set()


def test_one_payer_alone(world: World) -> None:
    today = timezone.localdate()
    approved(world, pay_by=today)

    assert sums(calendar(world.accountant, payer=world.payer.pk))
    assert sums(calendar(world.accountant, payer=world.company.pk))  # no payer of ours: all of them


def test_a_week_and_a_month_hold_whole_weeks(world: World) -> None:
    month = handles(calendar(world.accountant, month="2026-11"), "calendar-day")
    week = handles(calendar(world.accountant, week="2026-11-25"), "calendar-day")

    assert [month[0]["data-day"], month[-1]["data-day"]] == ["2026-10-26", "2026-12-06"]
    assert [it["data-day"] for it in week] == [f"2026-11-{day}" for day in range(23, 30)]


@pytest.mark.parametrize(
    "query",
    [
        {"month": "2026-13"},
        {"month": "nonsense"},
        {"month": "0001-01"},
        {"month": "9999-12", "day": "9999-12-31"},
        {"week": "9999-12-31"},
        {"week": "0001-01-01", "day": "x", "payer": "99999999999999999999"},
        {"day": "\x00"},
    ],
)
def test_an_address_that_makes_no_sense_shows_a_calendar_all_the_same(
    world: World, query: dict[str, str]
) -> None:
    assert handles(calendar(world.accountant, **query), "calendar-day")


def test_what_was_planned_earlier_and_is_not_paid_is_told(world: World) -> None:
    late = approved(world)
    PaymentRequest.objects.filter(pk=late.pk).update(planned_on=timezone.localdate() - DAY)

    page = calendar(world.accountant).content.decode()

    assert "1 заявку надо было оплатить раньше" in page


def test_an_accountant_moves_a_request_and_the_wished_day_stays(world: World) -> None:
    it = approved(world)
    day, client = it.pay_by + DAY, logged_in(world.accountant)
    form = {"day": day.isoformat(), "back": f"month={day:%Y-%m}", "form_key": str(uuid.uuid4())}

    first = client.post(f"/requests/{it.pk}/plan/", form)
    again = client.post(f"/requests/{it.pk}/plan/", form)

    assert (first.status_code, again.status_code) == (303, 303)
    assert first["Location"] == f"/calendar/?month={day:%Y-%m}"
    it = PaymentRequest.objects.get(pk=it.pk)
    assert (it.planned_on, it.pay_by) == (day, day - DAY)
    event = Event.objects.get(subject=it, kind="request.planned")
    assert (event.actor, event.data["planned_on"]) == (
        world.accountant,
        [(day - DAY).isoformat(), day.isoformat()],
    )
    history = client.get(f"/requests/{it.pk}/").content.decode()
    assert "Перенесён планируемый день оплаты" in history
    assert of_day(world.accountant, day) == [("approved", str(it.pk))]


def test_the_place_to_go_back_to_is_the_calendar_whatever_is_sent(world: World) -> None:
    it = approved(world)
    form = {"day": timezone.localdate().isoformat(), "back": "//evil.example/?month=2026-11"}

    response = logged_in(world.accountant).post(f"/requests/{it.pk}/plan/", form)

    assert response["Location"].startswith("/calendar/?month=")


@pytest.mark.parametrize("day", ["", "2026-02-30", "yesterday"])
def test_a_day_that_cannot_be_is_told_on_the_calendar(world: World, day: str) -> None:
    it = approved(world)
    before = it.planned_on
    if day == "yesterday":
        day = (timezone.localdate() - DAY).isoformat()

    response = logged_in(world.accountant).post(f"/requests/{it.pk}/plan/", {"day": day})

    assert response.status_code == 422
    assert handles(response, "calendar-day")
    assert 'role="alert"' in response.content.decode()
    assert PaymentRequest.objects.get(pk=it.pk).planned_on == before


def test_who_may_not_plan_and_when_it_is_too_late(world: World) -> None:
    it, done, day = approved(world), paid(world), timezone.localdate() + DAY

    for person in (world.manager, world.supervisor, world.admin):
        with pytest.raises(Forbidden):
            services.plan_day(payment_request_id=it.pk, actor=person, day=day)
    with pytest.raises(Conflict):
        services.plan_day(payment_request_id=done.pk, actor=world.accountant, day=day)
    with pytest.raises(Invalid):
        services.plan_day(payment_request_id=it.pk, actor=world.accountant, day=day - 2 * DAY)


def test_moving_to_the_same_day_leaves_no_trace(world: World) -> None:
    it = approved(world)

    services.plan_day(payment_request_id=it.pk, actor=world.accountant, day=it.planned_on)

    assert not Event.objects.filter(subject=it, kind="request.planned").exists()


def test_pay_days_propose_the_planned_day_by_themselves(world: World) -> None:
    organisation = organisation_settings()
    organisation.pay_weekdays = [0, 1, 2, 3, 4, 5, 6]
    organisation.pay_cut_off = datetime.time(0, 0)  # it is past it all day long
    organisation.save()
    today = timezone.localdate()

    late = on_approval(world, pay_by=today)

    assert late.planned_on > today
    assert late.pay_by == today


def test_what_is_approved_past_its_planned_day_goes_to_the_next_pay_day(world: World) -> None:
    it, today = waiting_for_acceptance(world), timezone.localdate()
    PaymentRequest.objects.filter(pk=it.pk).update(planned_on=today - DAY)
    organisation = organisation_settings()
    organisation.pay_weekdays = [0, 1, 2, 3, 4]
    organisation.save()

    services.accept(task_id=open_task(it).pk, actor=world.manager)

    assert PaymentRequest.objects.get(pk=it.pk).planned_on >= today

"""The dashboard: stages, totals by day, what waits for me."""

from __future__ import annotations

import datetime
from decimal import Decimal

from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import PaymentRequest
from approvals.tests.builders import (
    World,
    approved,
    draft,
    on_approval,
    paid,
    pay,
    waiting_for_acceptance,
)
from approvals.tests.pages import handles, logged_in
from approvals.totals import DayTotal
from approvals.views.days import charts, day_groups, payer_totals
from people.models import User

TODAY = datetime.date(2026, 11, 24)


def dashboard(user: User) -> HttpResponse:
    response = logged_in(user).get("/")
    assert response.status_code == 200
    return response


def daily(response: HttpResponse) -> list[tuple[str, str, str]]:
    return [
        (total["data-date"], total["data-currency"], total["data-amount"])
        for total in handles(response, "daily-total")
    ]


def test_daily_totals_are_what_is_left_of_approved_requests(world: World) -> None:
    today = timezone.localdate()
    far = today + datetime.timedelta(days=60)
    part = approved(world, pay_by=today, amount=Decimal("100.00"))
    pay(world, part, Decimal("40.50"))
    approved(world, pay_by=today, amount=Decimal("0.10"))
    approved(world, pay_by=far, amount=Decimal("7"))
    waiting_for_acceptance(world, pay_by=far)
    on_approval(world)
    paid(world)

    totals = daily(dashboard(world.accountant))

    assert totals == [(today.isoformat(), "RUB", "59.60"), (far.isoformat(), "RUB", "7.00")]


def test_a_day_that_has_passed_still_counts(world: World) -> None:
    made = approved(world)
    past = timezone.localdate() - datetime.timedelta(days=3)
    PaymentRequest.objects.filter(pk=made.pk).update(pay_by=past, planned_on=past)

    assert daily(dashboard(world.accountant)) == [(past.isoformat(), "RUB", "49050.00")]


def test_everybody_sees_the_totals_of_what_they_may_see(world: World) -> None:
    approved(world)

    for person in (world.manager, world.supervisor, world.accountant, world.auditor, world.admin):
        assert len(daily(dashboard(person))) == 1
    assert daily(dashboard(world.manager2)) == []


def test_stages_count_and_lead_to_the_registry(world: World) -> None:
    draft(world)
    draft(world)
    on_approval(world)

    response = dashboard(world.accountant)

    counts = {stage["data-status"]: stage["data-count"] for stage in handles(response, "stage")}
    assert counts == {
        "draft": "2",
        "on_approval": "1",
        "approved": "0",
        "paid": "0",
        "refused": "0",
        "cancelled": "0",
    }
    assert 'href="/requests/?status=draft"' in response.content.decode()


def test_my_tasks_and_my_requests(world: World) -> None:
    made = on_approval(world)

    theirs, mine = dashboard(world.supervisor), dashboard(world.manager)

    assert [task["data-request-id"] for task in handles(theirs, "my-task")] == [str(made.pk)]
    assert [row["data-pk"] for row in handles(mine, "my-request")] == [str(made.pk)]
    assert not handles(mine, "my-task")


def test_the_same_number_of_questions_however_much_there_is(world: World) -> None:
    client = logged_in(world.manager)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return len(queries)

    for make in (draft, on_approval, approved, waiting_for_acceptance):
        make(world)
    asked()  # the first visit notes where and when the session is used
    few = asked()
    for _number in range(4):
        for make in (draft, on_approval, approved, waiting_for_acceptance):
            make(world)

    assert asked() == few


def test_totals_by_payer_over_all_days() -> None:
    left = [
        DayTotal(TODAY, "ООО «Берег»", "RUB", Decimal("10.50"), 1),
        DayTotal(TODAY + datetime.timedelta(20), "ООО «Берег»", "RUB", Decimal(5), 1),
        DayTotal(TODAY, "ООО «Монтаж»", "RUB", Decimal(7), 1),
        DayTotal(TODAY, "ООО «Монтаж»", "USD", Decimal(1), 1),
    ]

    totals = [(total.currency, total.payer, total.plain) for total in payer_totals(left)]

    assert totals == [
        ("RUB", "ООО «Берег»", "15.50"),
        ("RUB", "ООО «Монтаж»", "7.00"),
        ("RUB", "", "22.50"),
        ("USD", "ООО «Монтаж»", "1.00"),
    ]


def test_days_are_grouped_and_waiting_stands_apart() -> None:
    def on(days: int, amount: int, payer: str = "ООО «Берег»") -> DayTotal:
        return DayTotal(TODAY + datetime.timedelta(days), payer, "RUB", Decimal(amount), 1)

    left = [on(-2, 5), on(0, 10), on(0, 20, "ООО «Монтаж»"), on(14, 30), on(15, 40)]
    waiting = [on(3, 7)]

    groups = day_groups(left, waiting, [], today=TODAY)
    [chart] = charts(left, waiting, [], today=TODAY)

    assert [group.code for group in groups] == ["overdue", "today", "soon", "later"]
    today = groups[1].lines[0]
    assert (today.plain, len(today.payers)) == ("30.00", 2)
    assert [(line.plain, bool(line.waiting)) for line in groups[2].lines] == [
        ("", True),
        ("30.00", False),
    ]
    assert len(chart.columns) == 17
    assert [column.left for column in chart.columns][:2] == [12, 75]
    assert chart.columns[4].waiting == 18
    assert chart.columns[-1].left == 100


def test_days_far_away_are_one_line_that_leads_to_them() -> None:
    left = [
        DayTotal(TODAY + datetime.timedelta(days), "ООО «Берег»", currency, Decimal(10), 1)
        for days in (*range(-20, 0), *range(15, 45))
        for currency in ("RUB", "USD")
    ]

    overdue, later = day_groups(left, [], [], today=TODAY)

    assert overdue.sums == ["200,00\xa0₽", "200,00\xa0$"]
    first, second, *near = overdue.lines
    assert [line.amount for line in (first, second)] == ["140,00\xa0₽", "140,00\xa0$"]
    assert first.label == "раньше, 14 дней"
    assert f"planned_to={TODAY - datetime.timedelta(7)}" in first.url
    assert (first.plain, first.day, len(near), near[-1].day) == (
        "",
        None,
        12,
        TODAY - datetime.timedelta(1),
    )
    assert [line.label for line in later.lines[-2:]] == ["потом, 24 дня", "потом, 24 дня"]
    assert f"planned_from={TODAY + datetime.timedelta(21)}" in later.lines[-1].url


def test_what_waits_for_approvers_is_told_apart(world: World) -> None:
    expected = on_approval(world, amount=Decimal(30))
    waiting_for_acceptance(world, amount=Decimal(20), pay_by=expected.pay_by)
    approved(world, amount=Decimal(50), pay_by=expected.pay_by)

    [group] = dashboard(world.accountant).context["groups"]  # type: ignore[attr-defined]
    [line] = group.lines

    assert (line.plain, line.waiting, line.expected) == ("50.00", "20,00\xa0₽", "30,00\xa0₽")
    [chart] = dashboard(world.accountant).context["charts"]  # type: ignore[attr-defined]
    assert sorted((it.left, it.waiting, it.expected) for it in chart.columns)[-1] == (50, 20, 30)


def test_what_stands_still_is_shown_with_who_has_it(world: World) -> None:
    old, fresh, planned = on_approval(world), on_approval(world), approved(world)
    long_ago = timezone.now() - datetime.timedelta(days=3)
    PaymentRequest.objects.filter(pk__in=[old.pk, planned.pk]).update(waiting_since=long_ago)

    response = dashboard(world.manager)

    assert [it["data-pk"] for it in handles(response, "stuck")] == [str(old.pk)]
    assert handles(dashboard(world.manager2), "stuck") == []
    # Approved for a day that has not come waits for its day; one that passed days ago is stuck.
    PaymentRequest.objects.filter(pk=planned.pk).update(
        planned_on=timezone.localdate() - datetime.timedelta(days=4)
    )
    stuck = {it["data-pk"] for it in handles(dashboard(world.accountant), "stuck")}
    assert stuck == {str(old.pk), str(planned.pk)}
    assert str(fresh.pk) not in stuck


def test_how_long_it_takes_is_compared_with_the_last_month(world: World) -> None:
    now = timezone.now()
    this_month = timezone.localtime(now).replace(day=1, hour=12)
    last_month = this_month - datetime.timedelta(days=10)
    for closed, days in ((this_month, 1), (last_month, 4)):
        it = paid(world)
        PaymentRequest.objects.filter(pk=it.pk).update(
            closed_at=closed,
            approved_at=closed - datetime.timedelta(hours=5),
            submitted_at=closed - datetime.timedelta(hours=5, days=days),
        )

    response = dashboard(world.manager)

    lines = [(it["data-part"], it["data-trend"]) for it in handles(response, "pace")]
    assert lines == [("approve", "faster"), ("pay", "")]
    page = response.content.decode()
    assert "1,0\xa0дн." in page
    assert "4,0\xa0дн." in page
    assert "5\xa0ч" in page
    assert handles(dashboard(world.manager2), "pace") == []

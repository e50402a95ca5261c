"""What the dashboard and the calendar find by index is what all rows that a person sees say."""

from __future__ import annotations

import datetime
import random
from decimal import Decimal
from itertools import pairwise

import pytest
from django.utils import timezone

from approvals.models import PaymentRequest, access
from approvals.pace import paces
from approvals.pay_calendar import Period, days
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.true_sums import PEOPLE
from people.models import Department

SECOND = datetime.timedelta(seconds=1)
UTC = datetime.UTC


@pytest.fixture(params=[(0, 0), (0, 10_000), (3_000, 10_000)], ids=["probed", "beside", "listed"])
def _form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "FEW", request.param[0])
    monkeypatch.setattr(access, "FEW_OUTSIDE", request.param[1])


@pytest.mark.usefixtures("_form")
@pytest.mark.parametrize("seed", [1, 2])
def test_the_pace_of_a_month(world: World, seed: int) -> None:
    """Months begin in the middle of a day in UTC, and what is on either side of it counts as it should."""
    chance = random.Random(seed)
    for author in (world.manager, world.manager2, world.supervisor):
        made = builders.paid(world, author=author)
        for _number in range(8):
            hours = chance.randrange(-30, 31 * 24 + 30)
            closed = datetime.datetime(2026, 9, 30, 21, tzinfo=UTC) + datetime.timedelta(
                hours=hours
            )
            made.pk = None
            made.folder = made.form_key = None
            made.author_department = chance.choice([world.purchasing, world.marketing, None])
            made.closed_at = closed
            made.approved_at = closed - chance.randrange(9_000) * SECOND
            made.submitted_at = made.approved_at - chance.randrange(9_000) * SECOND
            PaymentRequest.objects.bulk_create([made])
    zone = timezone.get_default_timezone()
    moments = [datetime.datetime(2026, month, 1, tzinfo=zone) for month in (9, 10, 11)]

    for name in PEOPLE:
        user = getattr(world, name)
        rows = list(PaymentRequest.objects.visible_to(user).filter(status="paid"))
        months = zip(pairwise(moments), paces(user, moments), strict=True)
        for (since, until), found in months:
            ways = [
                (it.approved_at - it.submitted_at, it.closed_at - it.approved_at)
                for it in rows
                if since <= it.closed_at < until
            ]
            assert found.count == len(ways), name
            if ways:
                for told, half in ((found.to_approve, 0), (found.to_pay, 1)):
                    true = sum((way[half] for way in ways), datetime.timedelta()) / len(ways)
                    assert told is not None
                    assert abs(told - true) < SECOND, name


@pytest.mark.usefixtures("_form")
def test_what_a_day_of_the_calendar_names(world: World) -> None:
    """The surest first, then the oldest, whoever asks and however they see it."""
    chance = random.Random(3)
    for number in range(18):
        author = chance.choice([world.manager, world.manager2, world.supervisor])
        make = builders.approved if number % 3 == 0 else builders.on_approval
        make(world, author=author, amount=Decimal(number + 1))
    Department.objects.filter(pk=world.purchasing.pk).update(head=world.supervisor2)
    today = timezone.localdate()
    for it in PaymentRequest.objects.all():
        planned = today + datetime.timedelta(days=chance.randrange(3))
        PaymentRequest.objects.filter(pk=it.pk).update(planned_on=planned)
    period = Period(today, today + datetime.timedelta(days=2))

    for name in PEOPLE:
        user = getattr(world, name)
        found = days(user, period, payer=None, named=2)
        for day in (today, period.last):
            rows = PaymentRequest.objects.visible_to(user).filter(planned_on=day)
            true = list(rows.order_by("status", "pk").values_list("pk", flat=True))
            named = [it.pk for it in found[day].requests] if day in found else []
            assert named == true[:2], name
            assert (found[day].count if day in found else 0) == len(true), name

"""The task that looks again at companies with open requests."""

from __future__ import annotations

import datetime

from django.conf import settings as installed
from django.utils import timezone

from approvals.services import cancel
from approvals.tasks import refresh_states
from approvals.tests.builders import World, draft, on_approval, paid
from counterparties.models import Company
from tests.register import Register, Reply, party, state


def known(company: Company, status: str = "ACTIVE") -> Reply:
    register = Register()
    numbers = {"inn": company.inn, "kpp": company.kpp, "ogrn": company.ogrn}
    register.says(party(**numbers, state=state(status)))
    return register.replies[0]


def test_it_is_in_the_timetable() -> None:
    assert refresh_states.name in installed.CELERY_BEAT_SCHEDULE


def test_companies_with_open_requests_are_looked_at_once_a_day(
    world: World, register: Register
) -> None:
    on_approval(world)
    draft(world, invoice=False)
    register.replies = [known(world.company, "BANKRUPT")]

    refresh_states()
    refresh_states()

    world.company.refresh_from_db()
    assert world.company.register_state == "bankrupt"
    assert [question["query"] for question in register.asked] == [world.company.inn]

    day_ago = timezone.now() - datetime.timedelta(days=1)
    Company.objects.update(register_checked_at=day_ago)
    refresh_states()

    assert len(register.asked) == 2


def test_whoever_is_paid_or_was_given_up_is_let_be(world: World, register: Register) -> None:
    paid(world)
    given_up = draft(world, invoice=False)
    cancel(payment_request_id=given_up.pk, actor=world.manager, reason="Не нужно")

    refresh_states()

    assert register.asked == []


def test_it_stops_where_everybody_would_fail(world: World, register: Register) -> None:
    draft(world, invoice=False)
    draft(world, invoice=False, company=world.other_company, bank_account=None, contact=None)
    register.fails(429)

    refresh_states()

    assert len(register.asked) == 1
    register.replies = [Reply(body=b"{"), known(world.other_company)]

    refresh_states()

    assert len(register.asked) == 3
    world.other_company.refresh_from_db()
    assert world.other_company.register_state == "active"


def test_without_a_service_it_does_nothing(world: World, settings: object) -> None:
    settings.LOOKUP_PROVIDER = ""  # type: ignore[attr-defined]
    draft(world, invoice=False)

    refresh_states()

    world.company.refresh_from_db()
    assert world.company.register_checked_at is None

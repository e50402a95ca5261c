"""A clock that jumps, summer time that begins and ends, midnight here and midnight in Greenwich.

Nobody waits: the clock of this process is set, and the tasks run in it.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from approvals import registers, services
from approvals.models import Payment, PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import PDF, World, build_world
from audit.refusals import Invalid
from documents.models import Document, Folder
from notifications.models import Letter, Notice, NoticeMail
from notifications.schedule import next_morning
from notifications.tasks import deliver_letter, send_digest
from outbox import services as outbox
from tests.neighbour import Person, file
from tests.worker import work

HOUR = datetime.timedelta(hours=1)
NOON = datetime.datetime(2026, 11, 24, 9, 0, tzinfo=datetime.UTC)  # in Moscow
BEFORE_MIDNIGHT = datetime.datetime(2026, 11, 24, 20, 59, tzinfo=datetime.UTC)
AFTER_MIDNIGHT = datetime.datetime(2026, 11, 24, 21, 1, tzinfo=datetime.UTC)
THE_24TH, THE_25TH = datetime.date(2026, 11, 24), datetime.date(2026, 11, 25)


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _files_in_a_folder(tmp_path: Path, settings: Any) -> None:
    """An S3 server believes no clock but its own."""
    storage = "django.core.files.storage.FileSystemStorage"
    here = {"BACKEND": storage, "OPTIONS": {"location": tmp_path, "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "default": here}


@pytest.fixture
def world(db: None) -> World:
    with time_machine.travel(NOON, tick=False):
        return build_world()


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["on", "back"])
def test_clock_jumps_an_hour_and_leases_hold(world: World, jump: datetime.timedelta) -> None:
    """Back: nobody else takes the row. On: somebody may, and then the first one's word counts no more."""
    with time_machine.travel(NOON, tick=False) as clock:
        row = Folder.objects.filter(next_try_at__isnull=False).first()
        assert row is not None
        first = outbox.claim(Folder, row.pk)
        assert first is not None

        clock.shift(jump)

        second = outbox.claim(Folder, row.pk)
        assert (second is None) == (jump < datetime.timedelta(0))
        assert outbox.finish(first) == (second is None)
        if second is not None:
            assert outbox.finish(second)
        row.refresh_from_db()
        assert (row.next_try_at, row.claim_id) == (None, None)
        assert outbox.claim(Folder, row.pk) is None


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["on", "back"])
def test_clock_jumps_an_hour_and_a_letter_goes_once(world: World, jump: datetime.timedelta) -> None:
    """Back: it goes when its time has come again, and not before."""
    with time_machine.travel(NOON, tick=False) as clock:
        builders.paid(world)
        letter = Letter.objects.get()
        clock.shift(jump)
        deliver_letter(letter.pk)
        if jump < datetime.timedelta(0):
            assert mail.outbox == []
            clock.shift(-jump)
        clock.shift(datetime.timedelta(minutes=1))
        for _time in range(3):
            work()

    to_contact = [it for it in mail.outbox if world.contact.email in it.to[0]]
    assert [it.extra_headers["Message-ID"] for it in to_contact] == [letter.message_id]


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        pytest.param("2027-03-26T19:00", "2027-03-29T07:00", id="summer time begins"),
        pytest.param("2026-10-23T18:00", "2026-10-26T08:00", id="summer time ends"),
    ],
)
@override_settings(TIME_ZONE="Europe/Berlin")
def test_daylight_saving_and_the_morning_is_at_nine(db: None, evening: str, morning: str) -> None:
    """Times in Greenwich: nine in Berlin is seven in summer and eight in winter. No letter comes early."""
    with time_machine.travel(utc(evening), tick=False) as clock:
        world = build_world()
        builders.approved(world)
        assert next_morning(timezone.now()) == utc(morning)
        digest = Notice.objects.filter(user=world.accountant, mail=NoticeMail.DIGEST)
        assert [notice.next_try_at for notice in digest] == [utc(morning)]

        clock.move_to(utc(morning) - datetime.timedelta(minutes=1))
        send_digest(world.accountant.pk)
        assert not sent_to(world)
        clock.move_to(utc(morning))
        for _time in range(2):
            send_digest(world.accountant.pk)
        assert len(sent_to(world)) == 1


@override_settings(TIME_ZONE="Europe/Berlin")
def test_daylight_saving_and_a_lease_lasts_five_minutes(db: None) -> None:
    """When the hour from two to three comes twice, its minutes do not."""
    with time_machine.travel(utc("2026-10-25T00:58"), tick=False) as clock:
        build_world()
        row = Folder.objects.filter(next_try_at__isnull=False).first()
        assert row is not None
        assert outbox.claim(Folder, row.pk) is not None
        clock.move_to(utc("2026-10-25T01:02"))  # 02:02 for the second time
        assert outbox.claim(Folder, row.pk) is None
        clock.move_to(utc("2026-10-25T01:03"))
        assert outbox.claim(Folder, row.pk) is not None


def test_midnight_in_the_organisations_zone_a_payment_is_of_the_day_there(world: World) -> None:
    """Two minutes lie between the 24th and the 25th in Moscow; in Greenwich it is the 24th all the while."""
    with time_machine.travel(NOON, tick=False) as clock:
        made = builders.approved(world, pay_by=THE_25TH)
        clock.move_to(BEFORE_MIDNIGHT)
        with pytest.raises(Invalid):
            pay(world, made, THE_25TH)
        assert paid_by_form(world, made, "1.00") == THE_24TH

        clock.move_to(AFTER_MIDNIGHT)
        assert paid_by_form(world, made, "2.00") == THE_25TH
        pay(world, made, THE_25TH, Decimal("4.00"))

        assert paid_on(THE_24TH) == Decimal("1.00")
        assert paid_on(THE_25TH) == Decimal("6.00")
        accountant = Person("accountant")
        left = made.amount - Decimal("7.00")
        assert accountant.get("/").one("daily-total", date=THE_25TH.isoformat())["amount"] == str(
            left
        )
        registry = accountant.get("/requests/?status=approved&planned_to=2026-11-25")
        assert registry.one("registry-total", currency="RUB")["count"] == "1"


def test_midnight_in_the_organisations_zone_begins_what_is_overdue(world: World) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        made = builders.approved(world, pay_by=THE_24TH)
        assert days_overdue(made, BEFORE_MIDNIGHT, clock) == 0
        assert days_overdue(made, AFTER_MIDNIGHT, clock) == 1


@pytest.mark.parametrize(
    ("now", "first"),
    [(BEFORE_MIDNIGHT, THE_24TH), (AFTER_MIDNIGHT, THE_25TH)],
    ids=["23:59", "00:01"],
)
def test_midnight_in_the_organisations_zone_a_request_is_for_today_at_the_earliest(
    world: World, now: datetime.datetime, first: datetime.date
) -> None:
    with time_machine.travel(now, tick=False):
        assert builders.on_approval(world, pay_by=first).pay_by == first
        with pytest.raises(Invalid):
            builders.draft(world, pay_by=first - datetime.timedelta(days=1))


def sent_to(world: World) -> list[Any]:
    """What the accountant was sent."""
    return [it for it in mail.outbox if world.accountant.email in it.to[0]]


def pay(
    world: World, made: PaymentRequest, on: datetime.date, amount: Decimal = Decimal("4.00")
) -> None:
    services.record_payment(
        payment_request_id=made.pk,
        actor=world.accountant,
        amount=amount,
        paid_on=on,
        number="373",
        payment_order=builders.upload(world.accountant),
    )


def paid_by_form(world: World, made: PaymentRequest, amount: str) -> datetime.date:
    """Which day is recorded when the form is sent as it came."""
    accountant = Person("accountant")
    here = f"/requests/{made.pk}/"
    order = file("П-п.pdf", PDF)
    accountant.send(
        accountant.get(here), f"{here}payments/", amount=amount, number="373", payment_order=order
    )
    assert Document.objects.filter(kind="payment_order").exists()
    return Payment.objects.latest("pk").paid_on


def paid_on(day: datetime.date) -> Decimal:
    """What the register of that day says was paid."""
    return registers.day_of(day).totals[0].paid


def days_overdue(made: PaymentRequest, at: datetime.datetime, clock: Any) -> int:
    """What the card would say at that moment."""
    clock.move_to(at)
    return made.days_overdue(timezone.localdate())

"""A clock that jumps, summer time that begins and ends, midnight here and midnight in Greenwich.

Nobody waits: the clock of this process is set, and the tasks run in it. The database keeps its own, as
another machine does, and leases go by that one.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from approvals import registers, services
from approvals.models import Event, Payment, PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import PDF, World, build_world
from approvals.tests.pages import handles, logged_in
from audit.refusals import Conflict, Forbidden, Invalid
from audit.services import verify
from documents.models import Document, DocumentState, Folder
from documents.services import content_of
from documents.tasks import file_document, make_folder
from notifications import delivery
from notifications.models import Letter, LetterState, Notice, NoticeMail
from notifications.schedule import next_morning
from notifications.services import retry_letter
from notifications.tasks import deliver_letter, send_digest, sweep
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


@pytest.fixture
def letter(world: World) -> Letter:
    """To the contact of a request that was paid; what it cannot do without is in its folder."""
    builders.paid(world)
    letter = Letter.objects.get()
    letter.letter_attachments.filter(expires_at__isnull=False).delete()
    for folder in Folder.objects.filter(next_try_at__isnull=False):
        make_folder(folder.pk)
    for document in Document.objects.filter(state=DocumentState.RECEIVED):
        file_document(document.pk)
    return letter


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Do this once while a worker that has claimed a letter reads its files."""

    def arrange(act: Callable[[], None]) -> None:
        acts = [act]

        def read(document: Document) -> bytes:
            if acts:
                acts.pop()()
            return content_of(document)

        monkeypatch.setattr(delivery, "content_of", read)

    return arrange


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["on", "back"])
def test_clock_jumps_an_hour_and_leases_hold(
    world: World,
    letter: Letter,
    meanwhile: Callable[[Callable[[], None]], None],
    jump: datetime.timedelta,
) -> None:
    """What one worker has, no worker, sweeper or person takes whose clock is another."""
    due_at_once(letter)

    def jumped() -> None:
        with time_machine.travel(timezone.now() + jump):
            sweep()
            assert delivery.deliver_letter(letter.pk) == delivery.Outcome()
            with pytest.raises(Conflict, match="отправляется прямо сейчас"):
                retry_letter(letter_id=letter.pk, actor=world.accountant)
            assert not sent_to(world.contact.email)

    meanwhile(jumped)

    delivery.deliver_letter(letter.pk)

    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert len(sent_to(world.contact.email)) == 1
    assert letter.events.filter(kind="sent").count() == 1


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["on", "back"])
def test_clock_jumps_an_hour_and_who_died_is_followed_all_the_same(
    world: World, letter: Letter, jump: datetime.timedelta
) -> None:
    """A claim by a clock that was an hour ahead is over five minutes later, not an hour and five."""
    due_at_once(letter)
    Letter.objects.update(next_try_at=F("next_try_at") - 2 * HOUR)
    with time_machine.travel(timezone.now() - jump):
        assert outbox.claim(Letter, letter.pk)
    Letter.objects.update(claimed_at=F("claimed_at") - outbox.LEASE)

    assert outbox.due(Letter, now=timezone.now()) == [letter.pk]
    delivery.deliver_letter(letter.pk)

    assert len(sent_to(world.contact.email)) == 1


def test_the_database_s_clock_jumps_and_the_letter_goes_once(
    world: World, letter: Letter, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    """The lease is over too soon: whoever reads the files for the letter finds that another one sent it."""
    due_at_once(letter)

    def jumped() -> None:
        Letter.objects.update(claimed_at=F("claimed_at") - HOUR)
        delivery.deliver_letter(letter.pk)
        assert len(sent_to(world.contact.email)) == 1

    meanwhile(jumped)

    delivery.deliver_letter(letter.pk)

    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert len(sent_to(world.contact.email)) == 1
    assert letter.events.filter(kind="sent").count() == 1


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

    sent = sent_to(world.contact.email)
    assert [it.extra_headers["Message-ID"] for it in sent] == [letter.message_id]


def test_clock_jumps_back_and_no_letter_is_early(world: World) -> None:
    """A decision's mail waits until it cannot be undone any more; the clock shows that later."""
    made = builders.on_approval(world)
    task = builders.open_task(made)
    work()
    mail.outbox.clear()
    decided_at = timezone.now()
    services.approve(task_id=task.pk, actor=world.supervisor, now=decided_at)

    with time_machine.travel(decided_at - HOUR):
        work()
        assert not mail.outbox
        services.undo(task_id=task.pk, actor=world.supervisor)

    with time_machine.travel(decided_at + HOUR):
        work()
    assert not mail.outbox  # it was undone: nothing of it is told
    assert PaymentRequest.objects.get().status == "on_approval"
    assert verify() == []


def test_clock_jumps_forward_and_back_and_nothing_is_sent_twice(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    work()
    mail.outbox.clear()
    decided_at = timezone.now()
    services.approve(task_id=task.pk, actor=world.supervisor, now=decided_at)

    with time_machine.travel(decided_at + HOUR):
        work()
    assert len(sent_to(world.manager.email)) == 1
    # The clock is right again, and by it there is time to undo; but the mail has gone.
    with pytest.raises(Conflict):
        services.undo(task_id=task.pk, actor=world.supervisor, now=decided_at)
    for later in (datetime.timedelta(seconds=11), HOUR, 25 * HOUR):
        with time_machine.travel(decided_at + later):
            work()
    assert len(sent_to(world.manager.email)) == 1
    assert verify() == []


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
        assert not sent_to(world.accountant.email)
        clock.move_to(utc(morning))
        for _time in range(2):
            send_digest(world.accountant.pk)
        assert len(sent_to(world.accountant.email)) == 1


def test_daylight_saving_and_the_hour_that_comes_twice(world: World, settings) -> None:
    """25 October 2026, 02:30 in Berlin, and an hour later 02:30: order, waiting and the day are right."""
    settings.TIME_ZONE = "Europe/Berlin"
    half_past_two = utc("2026-10-25T00:30")
    with time_machine.travel(half_past_two, tick=False):
        made = builders.on_approval(world, pay_by=datetime.date(2026, 10, 25))
        first = builders.open_task(made)
        work()
        mail.outbox.clear()
        services.approve(task_id=first.pk, actor=world.supervisor)
        assert not sent_to(world.manager.email)
        with time_machine.travel(half_past_two + datetime.timedelta(seconds=12)):
            work()
        assert len(sent_to(world.manager.email)) == 1
    with time_machine.travel(half_past_two + HOUR, tick=False):
        with pytest.raises((Conflict, Forbidden)):
            services.undo(task_id=first.pk, actor=world.supervisor)
        services.accept(task_id=builders.open_task(made).pk, actor=world.manager)
        assert timezone.localdate() == datetime.date(2026, 10, 25)

    said = list(Event.objects.filter(subject=made).order_by("seq").values_list("at", flat=True))
    assert said == sorted(said)
    assert said[-1] - said[0] == HOUR
    assert verify() == []


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


@pytest.mark.parametrize(
    ("zone", "now", "today"),
    [
        pytest.param("America/New_York", "2026-11-25T04:30", "2026-11-24", id="tomorrow in UTC"),
        pytest.param("Europe/Berlin", "2026-07-06T22:30", "2026-07-07", id="only by summer time"),
    ],
)
def test_midnight_in_the_organisations_zone_wherever_it_is(
    world: World, settings, zone: str, now: str, today: str
) -> None:
    """Half an hour from midnight the day is the organisation's everywhere: plans, totals, papers, filters."""
    settings.TIME_ZONE = zone
    day = datetime.date.fromisoformat(today)
    before, after = day - datetime.timedelta(days=1), day + datetime.timedelta(days=1)
    with time_machine.travel(utc(now)):
        assert timezone.localdate() == day
        with pytest.raises(Invalid):
            services.submit(
                payment_request_id=builders.draft(world, pay_by=before).pk, actor=world.manager
            )
        part = builders.approved(world, pay_by=day, amount=Decimal("100.00"))
        builders.pay(world, part, Decimal("40.50"))
        with pytest.raises(Invalid):
            services.record_payment(
                payment_request_id=part.pk,
                actor=world.accountant,
                amount=Decimal("1.00"),
                paid_on=after,
                number="374",
                payment_order=builders.upload(world.accountant),
            )
        assert part.payments.get().paid_on == day

        accountant = logged_in(world.accountant)
        [total] = handles(accountant.get(f"/registers/{day}/"), "register-total")
        assert (total["data-to-pay"], total["data-paid"]) == ("59.50", "40.50")
        for other in (before, after):
            assert not handles(accountant.get(f"/registers/{other}/"), "register-total")
        drawn_up, _is_new = services.draw_up_register(
            on=timezone.localdate(), actor=world.accountant, form_key=uuid.uuid4()
        )
        assert drawn_up.day_on == day

        def found(**query: str) -> list[str]:
            page = accountant.get("/requests/", query)
            return [row["data-pk"] for row in handles(page, "registry-row")]

        assert found(planned_from=today, planned_to=today, status="approved") == [str(part.pk)]
        assert found(planned_to=str(before), status="approved") == []
        assert found(planned_from=str(after), status="approved") == []
        assert PaymentRequest.objects.get(pk=part.pk).days_overdue(timezone.localdate()) == 0
        cells = handles(accountant.get("/calendar/"), "calendar-day")
        assert [it["data-day"] for it in cells if "today" in it["class"].split()] == [today]


def due_at_once(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk).update(next_try_at=timezone.now())


def sent_to(address: str) -> list[Any]:
    """What this address was sent."""
    return [it for it in mail.outbox if address in it.to[0]]


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

"""The clock jumps an hour, summer time begins and ends, midnight here is not midnight in UTC.

The program's clock is moved, the database's stays: it is another machine's, and leases go by it alone.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from approvals import services
from approvals.models import Event, PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import handles, logged_in
from audit.refusals import Conflict, Forbidden, Invalid
from audit.services import verify
from documents.models import Document, DocumentState, Folder
from documents.services import content_of
from documents.tasks import file_document, make_folder
from notifications import delivery
from notifications.models import Letter, LetterState, Notice, NoticeMail
from notifications.services import notify, retry_letter
from notifications.tasks import sweep
from outbox import services as outbox
from people.models import User
from tests.worker import work

HOUR = datetime.timedelta(hours=1)
BERLIN = "Europe/Berlin"


@pytest.fixture(autouse=True)
def _files_here(settings: Any, tmp_path: Path) -> None:
    """In a folder: an S3 server takes nothing from a clock that is a quarter of an hour away from its own."""
    here = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path},
    }
    settings.STORAGES = {**settings.STORAGES, "default": here}


@pytest.fixture
def world(db: None) -> World:
    return builders.build_world()


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


def sent_to(address: str) -> list[EmailMessage]:
    return [message for message in mail.outbox if address in message.to[0]]


def due_at_once(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk).update(next_try_at=timezone.now())


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])
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


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])
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
    ("written_at", "nine"),
    [
        pytest.param("2026-03-27T16:00", "2026-03-30T07:00", id="summer time begins"),
        pytest.param("2026-10-23T16:00", "2026-10-26T08:00", id="summer time ends"),
    ],
)
def test_daylight_saving_and_the_digest_goes_at_nine(
    world: World, settings, written_at: str, nine: str
) -> None:
    """On the Friday the zone is another hour from UTC than on the Monday; once, and not a second early."""
    settings.TIME_ZONE = BERLIN
    at, morning = utc(written_at), utc(nine)
    with time_machine.travel(at):
        told = digested(world.accountant)
        assert told.next_try_at == morning
    for moment, number in (
        (morning - HOUR, 0),
        (morning - datetime.timedelta(seconds=1), 0),
        (morning, 1),
        (morning + HOUR, 1),
    ):
        with time_machine.travel(moment, tick=False):
            for pk in delivery.users_with_digest():
                delivery.send_digest(pk)
        assert len(sent_to(world.accountant.email)) == number
    told.refresh_from_db()
    assert told.mail == NoticeMail.SENT


def test_daylight_saving_and_the_hour_that_comes_twice(world: World, settings) -> None:
    """25 October 2026, 02:30 in Berlin, and an hour later 02:30: order, waiting and the day are right."""
    settings.TIME_ZONE = BERLIN
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


@pytest.mark.parametrize(
    ("zone", "now", "today"),
    [
        pytest.param("Europe/Moscow", "2026-11-24T21:30", "2026-11-25", id="yesterday in UTC"),
        pytest.param("America/New_York", "2026-11-25T04:30", "2026-11-24", id="tomorrow in UTC"),
        pytest.param(BERLIN, "2026-07-06T22:30", "2026-07-07", id="only by summer time"),
    ],
)
def test_midnight_in_the_organisation_s_zone(
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


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("UTC"))


def digested(user: User) -> Notice:
    """News that waits for the morning."""
    facts = {
        "number": 7,
        "url": "/requests/7/",
        "amount": "49050.00",
        "currency": "RUB",
        "pay_by": "2026-11-30",
        "company": "ООО «Канцверба»",
        "payer": "ООО «Лиственный берег»",
    }
    return notify(user=user, kind="accepted", context=facts, digest=True)

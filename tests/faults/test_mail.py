"""The mail server refuses for now or for good, hangs, hangs up, or is not there."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from approvals.tests import builders
from approvals.tests.builders import World
from config.settings import EMAIL_TIMEOUT
from documents.models import Document, Folder
from documents.tasks import file_document, make_folder, make_paper
from notifications.models import Letter, LetterState, Notice, NoticeKind, NoticeMail
from notifications.tasks import deliver_letter, deliver_notice
from outbox import services as outbox
from tests.faults.rig import Rig
from tests.faults.waits import pause_of, time_passes
from tests.neighbour import Person

PAUSES = [0.5, 1, 2, 5, 10, 30, 60]  # minutes


@pytest.fixture(autouse=True)
def _real_mail(rig: Rig, settings: Any) -> None:
    """This process hands letters to the rig's mail server, and waits a second for it instead of ten."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", rig.smtp.port
    settings.EMAIL_TIMEOUT = 1


@pytest.fixture
def letter(rig: Rig, world: World) -> Letter:
    """A letter whose attachments lie ready."""
    builders.paid(world)
    steps = ((Folder, make_folder), (Document, make_paper), (Document, file_document))
    for model, task in steps:
        for pk in outbox.due(model, now=timezone.now()):
            task(pk)
    Notice.objects.all().delete()
    return Letter.objects.get()


def received(rig: Rig, world: World) -> list[str]:
    """The Message-IDs of what came for the contact."""
    return [str(it.message["Message-ID"]) for it in rig.mailbox.to(world.contact.email)]


def refused_for_now(rig: Rig) -> str:
    rig.mailbox.answers["RCPT"] = "451 4.7.1 Come back later"
    return "451 4.7.1 Come back later"


def refused_after_data(rig: Rig) -> str:
    rig.mailbox.answers["DATA"] = "452 4.3.1 Insufficient system storage"
    return "452 4.3.1 Insufficient system storage"


def hangs_at_the_address(rig: Rig) -> str:
    rig.mailbox.answers["RCPT"] = "hang"
    return "The mail server did not answer"


def hangs_after_data(rig: Rig) -> str:
    rig.mailbox.answers["DATA"] = "hang"
    return "The mail server did not answer"


def not_there(rig: Rig) -> str:
    rig.smtp.refuse()
    return "The mail server did not answer"


@pytest.mark.parametrize(
    "fault",
    [refused_for_now, refused_after_data, hangs_at_the_address, hangs_after_data, not_there],
    ids=lambda fault: fault.__name__,
)
def test_refusing_for_now_or_hanging_ends_well_when_it_ends(
    rig: Rig, world: World, letter: Letter, fault: Any
) -> None:
    reason = fault(rig)

    deliver_letter(letter.pk)

    assert pause_of(letter) == PAUSES[0]
    assert (letter.state, letter.attempts, letter.last_error) == (LetterState.QUEUED, 1, reason)
    assert received(rig, world) == []
    rig.mend()
    rig.mailbox.answers.clear()
    time_passes()
    deliver_letter(letter.pk)
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert received(rig, world) == [letter.message_id]


def test_refusing_for_ever_fails_after_growing_pauses_with_the_reason(
    rig: Rig, world: World, letter: Letter
) -> None:
    refused_for_now(rig)

    pauses = []
    for _attempt in range(outbox.MAX_ATTEMPTS - 1):
        deliver_letter(letter.pk)
        pauses.append(pause_of(letter))
        time_passes()
    deliver_letter(letter.pk)

    assert pauses == PAUSES
    letter.refresh_from_db()
    assert (letter.state, letter.next_try_at) == (LetterState.FAILED, None)
    assert letter.last_error == "451 4.7.1 Come back later"
    told = Notice.objects.get(kind=NoticeKind.LETTER_FAILED)
    assert told.user == world.manager
    card = Person("manager").get(f"/letters/{letter.pk}/")
    assert "451 4.7.1 Come back later" in card.text


def test_5xx_on_the_address_is_not_tried_again(rig: Rig, world: World, letter: Letter) -> None:
    rig.mailbox.answers[world.contact.email] = "550 5.1.1 User unknown"

    deliver_letter(letter.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.next_try_at, letter.attempts) == (LetterState.FAILED, None, 1)
    assert letter.last_error == "550 5.1.1 User unknown"
    assert outbox.due(Letter, now=timezone.now() + outbox.backoff(99)) == []
    assert Notice.objects.get().kind == NoticeKind.LETTER_FAILED
    # Somebody who has looked may try again.
    rig.mailbox.answers.clear()
    person = Person("manager")
    person.send(person.get(f"/letters/{letter.pk}/"), f"/letters/{letter.pk}/retry/")
    deliver_letter(letter.pk)
    assert received(rig, world) == [letter.message_id]


def test_5xx_on_what_is_sent_is_not_tried_again(rig: Rig, letter: Letter) -> None:
    rig.mailbox.answers["DATA"] = "554 5.7.1 Message refused as spam"

    deliver_letter(letter.pk)

    letter.refresh_from_db()
    assert (letter.state, letter.next_try_at) == (LetterState.FAILED, None)
    assert letter.last_error == "554 5.7.1 Message refused as spam"


def test_dropping_after_data_sends_again_under_the_same_message_id(
    rig: Rig, world: World, letter: Letter
) -> None:
    """The server has it, and nobody could know."""
    rig.mailbox.answers["DATA"] = "drop"
    deliver_letter(letter.pk)
    assert pause_of(letter) == PAUSES[0]
    assert letter.state == LetterState.QUEUED

    rig.mailbox.answers.clear()
    time_passes()
    deliver_letter(letter.pk)

    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert received(rig, world) == [letter.message_id] * 2
    assert letter.events.filter(kind="sent").count() == 1


def test_a_notice_waits_like_a_letter(rig: Rig, world: World) -> None:
    builders.on_approval(world)
    notice = Notice.objects.get()
    refused_for_now(rig)

    pauses = []
    for _attempt in range(3):
        time_passes()
        deliver_notice(notice.pk)
        pauses.append(pause_of(notice))

    assert pauses == PAUSES[:3]
    rig.mailbox.answers.clear()
    time_passes()
    deliver_notice(notice.pk)
    notice.refresh_from_db()
    assert notice.mail == NoticeMail.SENT
    assert len(rig.mailbox.to(world.supervisor.email)) == 1


def test_nobody_waits_for_a_mail_server_for_longer_than_a_lease() -> None:
    """Each command of a letter's dialogue may take the whole time-out."""
    commands = ["connect", "EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "the letter"]
    assert len(commands) * 2 * EMAIL_TIMEOUT < outbox.LEASE.total_seconds()

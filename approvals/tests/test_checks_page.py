"""A test letter goes the real way and says how it went; the storage is tried by a file."""

from __future__ import annotations

import smtplib
from unittest.mock import patch

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from approvals.tests.builders import World
from approvals.tests.pages import logged_in
from documents import trial
from notifications.models import TestLetter
from tests.worker import work

PAGE = "/settings/checks/"


def test_a_letter_is_queued_then_sent_and_pressed_twice_goes_once(world: World) -> None:
    client = logged_in(world.admin)
    key = client.get(PAGE).context["form"]["form_key"].value()
    for _press in range(2):
        form = {"to_email": "ops@firm.example", "form_key": key}
        assert client.post(f"{PAGE}letter/", form).status_code == 303
    letter = TestLetter.objects.get()
    assert 'data-state="queued"' in client.get(PAGE).content.decode()

    work()

    [sent] = [message for message in mail.outbox if message.to == ["ops@firm.example"]]
    assert sent.extra_headers["Message-ID"]
    part = client.get(f"{PAGE}letter/{letter.pk}/").content.decode()
    assert 'data-state="sent"' in part
    assert "hx-trigger" not in part
    assert 'data-step="mail" data-done="yes"' in client.get("/settings/").content.decode()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 no"), "EMAIL_URL"),
        (smtplib.SMTPSenderRefused(550, b"5.7.1 not yours", "a@b"), "550 5.7.1 not yours"),
        (ConnectionRefusedError(), "TLS"),
    ],
)
def test_what_the_server_answered_is_said_with_what_to_look_at(
    error: Exception, words: str, world: World
) -> None:
    client = logged_in(world.admin)
    client.post(f"{PAGE}letter/", {"to_email": "ops@firm.example"})
    with patch.object(EmailBackend, "send_messages", side_effect=error):
        work()
    part = client.get(f"{PAGE}letter/{TestLetter.objects.get().pk}/").content.decode()
    assert 'data-state="failed"' in part
    assert words in part
    assert TestLetter.objects.get().next_try_at is None, "it is asked for again by hand"


def test_a_wrong_address_is_told_at_its_field(world: World) -> None:
    answer = logged_in(world.admin).post(f"{PAGE}letter/", {"to_email": "nowhere"})
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"to_email"}
    assert not TestLetter.objects.exists()


def test_the_storage_is_checked_and_its_silence_told(world: World) -> None:
    client = logged_in(world.admin)
    silent = trial.storage.StorageError("EndpointConnectionError")
    with patch.object(trial.storage, "read", side_effect=silent):
        client.post(f"{PAGE}storage/")
        page = client.get(PAGE).content.decode()
    assert "EndpointConnectionError" in page
    assert 'data-step="storage" data-done="no"' in client.get("/settings/").content.decode()

    client.post(f"{PAGE}storage/")
    assert 'data-step="storage" data-done="yes"' in client.get("/settings/").content.decode()
    assert "note-error" not in client.get(PAGE).content.decode()

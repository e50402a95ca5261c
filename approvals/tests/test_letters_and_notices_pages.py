"""Letters on their own page, and the bell."""

from __future__ import annotations

import pytest
from django.utils import timezone

from approvals.tests.builders import World, on_approval, paid
from approvals.tests.pages import handle, handles, logged_in
from documents.services import token_for
from notifications.models import Letter, LetterState, Notice


@pytest.fixture
def letter(world: World) -> Letter:
    paid(world)
    return Letter.objects.get()


def failed(letter: Letter) -> Letter:
    letter.state, letter.next_try_at, letter.last_error = (
        LetterState.FAILED,
        None,
        "550 no such user",
    )
    letter.save(update_fields=["state", "next_try_at", "last_error"])
    return letter


def test_page_shows_the_letter_without_its_live_link(world: World, letter: Letter) -> None:
    client, token = logged_in(world.manager), token_for(letter.share_link)

    page = client.get(f"/letters/{letter.pk}/")
    frame = client.get(f"/letters/{letter.pk}/", {"part": "html"})

    shown = handle(page, "letter")
    assert (shown["data-pk"], shown["data-state"]) == (str(letter.pk), "queued")
    assert shown["data-read"] == "none"
    assert token not in page.content.decode() + frame.content.decode()
    assert "sandbox" in frame["Content-Security-Policy"]
    assert "script-src" not in frame["Content-Security-Policy"]


def test_page_is_for_whoever_sees_the_request(world: World, letter: Letter) -> None:
    url = f"/letters/{letter.pk}/"

    assert logged_in(world.manager2).get(url).status_code == 404
    assert logged_in(world.manager2).post(f"{url}retry/").status_code == 404
    assert logged_in(world.supervisor).get(url).status_code == 200
    assert logged_in(world.supervisor).post(f"{url}revoke/").status_code == 403


def test_failed_letter_is_sent_again_without_its_file(world: World, letter: Letter) -> None:
    failed(letter)
    client = logged_in(world.manager)

    answer = client.post(f"/letters/{letter.pk}/retry/", {"without_attachment": "1"})

    letter.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (303, f"/letters/{letter.pk}/")
    assert (letter.state, letter.without_attachment) == (LetterState.QUEUED, True)


def test_letter_whose_file_never_came_can_go_without_it(world: World, letter: Letter) -> None:
    letter.attachments.clear()
    failed(letter)
    url = f"/letters/{letter.pk}/"

    assert b'name="without_attachment"' in logged_in(world.manager).get(url).content


def test_sent_letter_is_not_sent_again(world: World, letter: Letter) -> None:
    Letter.objects.update(state=LetterState.SENT, sent_at=letter.created_at, next_try_at=None)

    answer = logged_in(world.accountant).post(f"/letters/{letter.pk}/retry/")

    assert answer.status_code == 409


def test_link_is_revoked(world: World, letter: Letter) -> None:
    client = logged_in(world.admin)

    answer = client.post(f"/letters/{letter.pk}/revoke/")

    assert answer.status_code == 303
    assert handle(client.get(f"/letters/{letter.pk}/"), "share-link")["data-state"] == "revoked"


def test_bell_shows_ones_own_news(world: World) -> None:
    payment_request = on_approval(world)
    client = logged_in(world.supervisor)

    [notice] = handles(client.get("/notices/"), "notice")

    assert (notice["data-kind"], notice["data-request-id"]) == ("task", str(payment_request.pk))
    assert handles(logged_in(world.manager2).get("/notices/"), "notice") == []


def test_looking_at_the_bell_reads_nothing_and_a_post_reads_all(world: World) -> None:
    on_approval(world)
    client = logged_in(world.supervisor)

    looked = client.get("/notices/")
    assert Notice.objects.filter(user=world.supervisor, read_at__isnull=True).count() == 1
    answer = client.post("/notices/read/")

    assert len(handles(looked, "menu-unread")) == 1
    assert (answer.status_code, answer["Location"]) == (303, "/notices/")
    assert handles(client.get("/notices/"), "menu-unread") == []


def test_news_of_a_payment_tells_how_far_the_letter_is_now(world: World) -> None:
    paid(world)
    Letter.objects.update(state=LetterState.SENT, sent_at=timezone.now())

    page = logged_in(world.manager).get("/notices/")

    assert "Письмо контакту: отправлено" in page.content.decode().replace(
        "Отправлено", "отправлено"
    )


def test_the_same_form_tries_a_letter_again_once(world: World, letter: Letter) -> None:
    failed(letter)
    client, form = logged_in(world.manager), {"form_key": "7b0a8f3e-8d8e-4a57-9a39-6f2f4e0d5a11"}

    first = client.post(f"/letters/{letter.pk}/retry/", form)
    Letter.objects.update(state=LetterState.SENT, sent_at=timezone.now())
    second = client.post(f"/letters/{letter.pk}/retry/", form)

    assert (first.status_code, second.status_code) == (303, 303)
    assert letter.events.filter(kind="retried").count() == 1
    assert client.post(f"/letters/{letter.pk}/retry/").status_code == 409

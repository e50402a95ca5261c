"""Letters that let somebody in: invitations, and links instead of forgotten passwords."""

from __future__ import annotations

import datetime
import logging
import re
import uuid
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from approvals.services import identity
from approvals.tests.builders import PASSWORD, World
from approvals.tests.pages import handle, logged_in
from notifications.models import Notice
from people import entry
from people.models import EntryLink, PasswordRequest, PersonEvent, Session, User
from tests.worker import work

pytestmark = pytest.mark.once

OWN = "an own phrase of mine 7"
CHOSEN = {"full_name": "Климова Дарья Павловна", "new_password1": OWN, "new_password2": OWN}
WHOM = {
    "email": "Daria.Klimova@listbereg.example",
    "full_name": "Климова Дарья",
    "language": "ru",
    "is_manager": "on",
}


def link_in(text: str) -> str:
    """The path that a letter leads to."""
    [path] = re.findall(rf"{settings.PUBLIC_URL}(/\S+/[0-9a-f]{{64}}/)", text)
    return path


def letters_to(address: str) -> list[Any]:
    work()
    return [letter for letter in mail.outbox if address in letter.to[0]]


def invited(world: World, **changes: str) -> tuple[User, str]:
    """Somebody who was invited, and the path of the letter's link."""
    client = logged_in(world.admin)
    client.post("/settings/people/invite/", {**WHOM, **changes})
    person = User.objects.get(email=changes.get("email", WHOM["email"]))
    return person, link_in(letters_to(person.email)[-1].body)


def kinds(person: User) -> list[str]:
    events = PersonEvent.objects.filter(subject_id=person.pk).order_by("seq")
    return [event.kind for event in events]


def test_whoever_is_invited_chooses_a_password_and_is_in(world: World) -> None:
    person, path = invited(world)
    client = Client()

    shown = client.get(path)
    answer = client.post(path, CHOSEN)

    assert (person.username, person.is_manager, person.has_usable_password()) == (
        "daria.klimova",
        True,
        False,
    )
    assert (shown.status_code, answer.status_code, answer["Location"]) == (200, 303, "/")
    assert client.get("/requests/").status_code == 200
    person.refresh_from_db()
    assert person.check_password(OWN)
    assert person.full_name == CHOSEN["full_name"]
    assert kinds(person) == ["person.invited", "person.invitation_accepted"]


def test_an_invitation_works_once(world: World) -> None:
    _person, path = invited(world)
    Client().post(path, CHOSEN)

    again, posted = Client().get(path), Client().post(path, CHOSEN)

    assert (again.status_code, posted.status_code) == (410, 410)
    assert handle(again, "entry-shut")["data-state"] == "used"


def test_a_newer_invitation_a_revoked_and_a_late_one_open_nothing(world: World) -> None:
    person, first = invited(world)
    admin = logged_in(world.admin)
    page = f"/settings/people/{person.pk}"

    admin.post(f"{page}/invite/")
    second = link_in(letters_to(person.email)[-1].body)
    assert (Client().get(first).status_code, Client().get(second).status_code) == (410, 200)
    admin.post(f"{page}/invite/revoke/")
    assert handle(Client().get(second), "entry-shut")["data-state"] == "revoked"
    assert admin.post(f"{page}/invite/revoke/").status_code == 409

    identity.invite_again(person_id=person.pk, actor=world.admin)
    third = link_in(letters_to(person.email)[-1].body)
    EntryLink.objects.filter(revoked_at=None).update(expires_at=timezone.now())
    late = Client().post(third, CHOSEN)
    assert (late.status_code, handle(late, "entry-shut")["data-state"]) == (410, "expired")
    person.refresh_from_db()
    assert not person.has_usable_password()


def test_the_token_is_in_the_letter_and_nowhere_else(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        person, path = invited(world)
    token = path.split("/")[2]

    [row] = EntryLink.objects.all().values()
    [notice] = Notice.objects.filter(user=person)
    assert token not in str(row)
    assert token not in str(notice.context)
    assert token not in caplog.text
    assert row["token_sha256"] == entry._hashed(token)
    # Nor in the bell of whoever came by it.
    client = Client()
    client.post(path, CHOSEN)
    assert token not in client.get("/notices/").content.decode()


@pytest.mark.parametrize("path", ["/invite/{}/", "/password/new/{}/"])
@pytest.mark.parametrize("token", ["none", "0" * 64, "\u0430"])
def test_a_guess_opens_nothing(world: World, path: str, token: str) -> None:
    answer = Client().get(path.format(token))

    assert answer.status_code == 404
    # The token goes to nobody else; without any referrer a browser would post the form as from nowhere.
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]


def test_a_link_of_one_kind_opens_no_page_of_the_other(world: World) -> None:
    _person, path = invited(world)

    assert Client().get(path.replace("/invite/", "/password/new/")).status_code == 404


def test_guesses_are_counted(world: World) -> None:
    codes = [Client().get("/invite/none/").status_code for _time in range(61)]

    assert (codes[0], codes[-1]) == (404, 429)


def test_a_weak_password_is_refused_and_the_link_stays(world: World) -> None:
    _person, path = invited(world)

    weak = {**CHOSEN, "new_password1": "daria.klimova1", "new_password2": "daria.klimova1"}
    refused = Client().post(path, weak)

    assert refused.status_code == 422
    assert Client().post(path, CHOSEN).status_code == 303


def test_nobody_is_invited_twice(world: World) -> None:
    client = logged_in(world.admin)
    key = str(uuid.uuid4())

    answers = [client.post("/settings/people/invite/", {**WHOM, "form_key": key}) for _ in "ab"]
    other = client.post("/settings/people/invite/", {**WHOM, "email": WHOM["email"].upper()})

    assert [answer.status_code for answer in answers] == [303, 303]
    assert other.status_code == 422
    assert list(other.context["form"].errors) == ["email"]
    assert len(letters_to(WHOM["email"])) == 1


def test_names_that_are_taken_get_a_number(world: World) -> None:
    person, _path = invited(world, email="manager@other.example")

    assert person.username == "manager3"  # there is a manager, and a manager2


# --- Forgotten -------------------------------------------------------------------------------------------


def forgot(typed: str) -> Any:
    return Client().post("/password/forgotten/", {"typed": typed})


@pytest.fixture
def person(world: World) -> User:
    world.manager.email = "kravtsova@listbereg.example"
    world.manager.save()
    return world.manager


def test_a_forgotten_password_is_replaced_and_other_sessions_end(person: User) -> None:
    logged_in(person)
    asked = forgot(person.email.upper())
    path = link_in(letters_to(person.email)[0].body)
    client = Client()

    answer = client.post(path, {"new_password1": OWN, "new_password2": OWN})

    assert (asked.status_code, asked["Location"]) == (303, "/password/forgotten/sent/")
    assert (answer.status_code, answer["Location"]) == (303, "/")
    person.refresh_from_db()
    assert person.check_password(OWN)
    assert Session.objects.filter(user=person).count() == 1
    assert kinds(person) == ["person.password_forgotten"]
    assert client.get(path).status_code == 410
    assert not PasswordRequest.objects.exists()


def test_the_answer_is_the_same_for_strangers(world: World, person: User) -> None:
    known, unknown = forgot(person.username), forgot("nobody@listbereg.example")

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert known.content == unknown.content
    # And as much was done for it: a row each, looked up afterwards.
    assert PasswordRequest.objects.count() == 2
    work()
    assert len(mail.outbox) == 1


def test_no_letter_goes_to_whoever_has_no_password_here(world: World, person: User) -> None:
    person.set_unusable_password()
    person.save()
    User.objects.filter(pk=world.manager2.pk).update(is_active=False, email="t@listbereg.example")

    forgot(person.username)
    forgot("t@listbereg.example")

    work()
    assert mail.outbox == []


def test_a_link_lasts_an_hour_and_is_shut_by_whatever_changes_the_log_in(
    world: World, person: User
) -> None:
    forgot(person.username)
    path = link_in(letters_to(person.email)[0].body)
    link = EntryLink.objects.get()
    assert link.expires_at - link.created_at == datetime.timedelta(hours=1)

    fields = {"language": "ru", "email": "other@listbereg.example", "phone": ""}
    identity.update_own_settings(actor=person, **fields)

    assert Client().get(path).status_code == 410


def test_one_name_is_asked_for_three_times_an_hour(person: User) -> None:
    assert [forgot(person.username).status_code for _time in range(4)] == [303, 303, 303, 429]


def test_an_own_address_is_changed_after_a_new_proof_alone(person: User) -> None:
    """Links go there: whoever finds a screen unlocked does not turn them to himself."""
    client = logged_in(person)  # without a password: long ago, as far as the session knows
    fields = {"action": "settings", "language": "ru", "email": "thief@evil.example"}

    asked = client.post("/me/", fields)

    assert asked["Location"].startswith("/login/again/?")
    person.refresh_from_db()
    assert person.email == "kravtsova@listbereg.example"
    proved = client.post(asked["Location"], {"password": PASSWORD})
    person.refresh_from_db()
    assert (proved.status_code, person.email) == (303, "thief@evil.example")
    assert kinds(person) == ["person.changed"]

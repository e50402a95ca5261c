"""Sessions: kept under a hash, listed and ended by their person, over when they should be."""

from __future__ import annotations

import datetime

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from people import services
from people.models import PersonEvent, Session, User
from people.sessions import hashed
from people.tasks import clear_sessions

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough pass phrase"
AGENT = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def olga() -> User:
    return User.objects.create_user("olga", PASSWORD, full_name="Ольга Ким", is_manager=True)


def log_in(username: str = "olga", **headers: str) -> Client:
    client = Client(headers=headers)
    answer = client.post("/login/", {"username": username, "password": PASSWORD})
    assert answer.status_code == 303
    return client


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_the_database_holds_no_key_that_opens_a_session(olga: User) -> None:
    key = key_of(log_in())

    [row] = Session.objects.filter(user=olga)

    assert row.session_key == hashed(key)
    assert key not in (row.session_key, row.session_data)
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = row.session_key
    assert not is_in(thief)


def test_a_session_says_whose_it_is_and_from_where(olga: User) -> None:
    log_in(user_agent=AGENT)

    [row] = Session.objects.filter(user=olga)

    assert (row.agent, row.address) == (AGENT, "127.0.0.1")
    assert row.started_at is not None


def test_logging_in_changes_the_key(olga: User) -> None:
    client = Client()
    client.get("/login/")
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = planted

    client.post("/login/", {"username": "olga", "password": PASSWORD})

    assert key_of(client) != planted
    assert not Session.objects.filter(session_key=hashed(planted)).exists()


def test_the_page_lists_sessions_and_ends_them(olga: User) -> None:
    here, elsewhere = log_in(user_agent=AGENT), log_in()
    page = here.get("/me/").content.decode()
    row = Session.objects.get(session_key=hashed(key_of(elsewhere)))

    assert "Firefox, Windows" in page
    assert row.session_key in page
    assert here.post("/me/sessions/end/", {"session": row.session_key}).status_code == 303

    assert is_in(here)
    assert not is_in(elsewhere)


def test_all_others_end_at_once(olga: User) -> None:
    here, *others = [log_in() for _number in range(3)]

    here.post("/me/sessions/end-others/")

    assert is_in(here)
    assert not any(map(is_in, others))


def test_nobody_ends_a_session_of_somebody_else(olga: User) -> None:
    User.objects.create_user("ivan", PASSWORD, full_name="Иван Ли")
    theirs, mine = log_in("ivan"), log_in()
    row = Session.objects.get(session_key=hashed(key_of(theirs)))

    mine.post("/me/sessions/end/", {"session": row.session_key})

    assert is_in(theirs)


def test_a_new_password_ends_every_other_session(olga: User) -> None:
    here, elsewhere = log_in(), log_in()
    new = "another good phrase 7"
    form = {"action": "password", "old_password": PASSWORD}

    answer = here.post("/me/", {**form, "new_password1": new, "new_password2": new})

    assert answer.status_code == 303
    assert is_in(here)
    assert not is_in(elsewhere)
    assert PersonEvent.objects.get(subject_id=olga.pk).kind == "person.password_changed"


def test_a_session_that_is_not_used_ends(olga: User, time_machine) -> None:
    client = log_in()
    now = timezone.now()

    time_machine.move_to(now + datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE + 1))

    assert not is_in(client)


def test_a_session_that_is_used_goes_on_and_ends_all_the_same(olga: User, time_machine) -> None:
    client = log_in()
    now, step = timezone.now(), datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE * 0.9)
    moment = now + step
    while moment - now < settings.SESSION_LONGEST:
        time_machine.move_to(moment)
        assert is_in(client), moment - now
        moment += step

    time_machine.move_to(now + settings.SESSION_LONGEST + datetime.timedelta(minutes=1))

    assert not is_in(client)


def test_a_session_is_not_written_at_every_page(olga: User) -> None:
    client = log_in()
    client.get("/notices/")
    before = Session.objects.get(user=olga).seen_at

    client.get("/notices/")

    assert Session.objects.get(user=olga).seen_at == before


def test_whoever_is_made_inactive_is_out(olga: User) -> None:
    client = log_in()

    User.objects.filter(pk=olga.pk).update(is_active=False)

    assert not is_in(client)


def test_sessions_that_are_over_are_cleared_away(olga: User) -> None:
    log_in()
    Session.objects.update(expire_date=timezone.now() - datetime.timedelta(seconds=1))

    clear_sessions()

    assert not Session.objects.exists()


def test_ending_sessions_says_how_many(olga: User) -> None:
    here = log_in()
    log_in()

    assert services.end_sessions(person=olga, but=key_of(here)) == 1


@pytest.mark.parametrize("key", ["", "x", "\x00", "0" * 64, "z" * 64])
def test_a_session_that_is_none_is_not_ended(olga: User, key: str) -> None:
    assert log_in().post("/me/sessions/end/", {"session": key}).status_code == 303

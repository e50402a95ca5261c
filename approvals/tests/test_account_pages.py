"""Log-in, log-out, own settings, and the pages for what goes wrong."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings
from time_machine import TimeMachineFixture

from approvals.tests.builders import PASSWORD, World
from approvals.tests.pages import logged_in
from people.models import User

pytestmark = pytest.mark.once

LOG_IN = {"username": "manager", "password": PASSWORD}


def test_log_in_leads_where_the_person_was_going(world: World) -> None:
    client = Client()
    asked = client.get("/companies/")

    answer = client.post("/login/", {**LOG_IN, "next": "/companies/"})

    assert asked["Location"] == "/login/?next=/companies/"
    assert (answer.status_code, answer["Location"]) == (303, "/companies/")
    assert client.get("/companies/").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:1"])
def test_log_in_leads_nowhere_else(world: World, elsewhere: str) -> None:
    answer = Client().post("/login/", {**LOG_IN, "next": elsewhere})

    assert answer["Location"] == "/"


def test_wrong_password_is_422_and_names_no_reason(world: World) -> None:
    wrong_password = Client().post("/login/", {**LOG_IN, "password": "no"})
    wrong_name = Client().post("/login/", {"username": "nobody", "password": "no"})

    assert (wrong_password.status_code, wrong_name.status_code) == (422, 422)
    assert "manager" in wrong_password.content.decode()


def test_too_many_wrong_passwords_wait(world: World) -> None:
    for _time in range(settings.AXES_FAILURE_LIMIT):
        answer = Client().post("/login/", {**LOG_IN, "password": "no"})

    assert answer.status_code == 429
    assert Client().post("/login/", LOG_IN).status_code == 429


@pytest.fixture
def _still(time_machine: TimeMachineFixture) -> None:
    """The clock stands: a quarter of an hour that ends meanwhile would begin to count anew."""
    time_machine.move_to(timezone.now(), tick=False)


@pytest.mark.usefixtures("_still")
def test_one_address_tries_many_names_only_so_long(world: World) -> None:
    answers = [
        Client().post("/login/", {"username": f"name{number}", "password": "no"}).status_code
        for number in range(102)
    ]

    assert set(answers[:101]) == {422}
    assert answers[101] == 429
    assert Client(REMOTE_ADDR="203.0.113.8").post("/login/", LOG_IN).status_code == 303


@pytest.mark.usefixtures("_still")
def test_many_addresses_try_one_name_only_so_long(world: World) -> None:
    wrong = {**LOG_IN, "password": "no"}
    for number in range(101):
        Client(REMOTE_ADDR=f"203.0.113.{number}").post("/login/", wrong)

    fresh = Client(REMOTE_ADDR="198.51.100.1")
    assert fresh.post("/login/", {**LOG_IN, "username": "MANAGER"}).status_code == 429
    assert fresh.post("/login/", {**LOG_IN, "username": "manager2"}).status_code == 303


def test_demo_accounts_are_shown_in_a_demo_alone(world: World, settings: Settings) -> None:
    User.objects.filter(username="accountant").update(is_demo=True)

    in_demo = Client().get("/login/").content.decode()
    settings.DEMO = False
    for_real = Client().get("/login/").content.decode()

    assert 'data-fill="accountant"' in in_demo
    assert "accountant" not in for_real


def test_log_out_needs_a_post(world: World) -> None:
    client = logged_in(world.manager)

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/me/").status_code == 302


def test_auditors_change_their_own_settings(world: World) -> None:
    client = Client()
    client.post("/login/", {"username": world.auditor.username, "password": PASSWORD})

    answer = client.post("/me/", {"action": "settings", "language": "en", "email": "a@b.example"})

    world.auditor.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (303, "/me/")
    assert (world.auditor.language, world.auditor.email) == ("en", "a@b.example")
    assert "My settings" in client.get("/me/").content.decode()


def test_password_changes_and_the_session_stays(world: World) -> None:
    client, new = logged_in(world.manager), "a better pass phrase 2"
    form = {"action": "password", "new_password1": new, "new_password2": new}

    wrong = client.post("/me/", {**form, "old_password": "no"})
    right = client.post("/me/", {**form, "old_password": PASSWORD})

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert client.get("/me/").status_code == 200
    assert Client().post("/login/", {**LOG_IN, "password": new}).status_code == 303


def test_a_form_without_its_proof_of_origin_says_what_to_do(world: World) -> None:
    answer = Client(enforce_csrf_checks=True).post("/login/", LOG_IN)

    assert answer.status_code == 403
    assert "cookie" in answer.content.decode()


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_the_last_pages_need_neither_a_request_nor_a_database(name: str) -> None:
    assert name.removesuffix(".html") in render_to_string(name)


@pytest.mark.parametrize("name", ["403.html", "404.html", "409.html", "410.html", "422.html"])
def test_error_pages_need_no_reason(db: None, name: str) -> None:
    request = RequestFactory().get("/")

    assert name.removesuffix(".html") in render_to_string(name, {}, request)


def test_a_missing_page_keeps_the_menu(world: World) -> None:
    answer = logged_in(world.manager).get("/nowhere/")

    assert answer.status_code == 404
    assert "/companies/" in answer.content.decode()

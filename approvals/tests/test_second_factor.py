"""Second factors: set up, asked for, required of a role, taken away; who is told and what is written down."""

from __future__ import annotations

import datetime
import uuid

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from approvals.selectors import organisation_settings
from approvals.tests.builders import PASSWORD, World
from approvals.tests.pages import handle, handles, logged_in
from audit import services as audit
from notifications.models import Notice
from people.models import PersonEvent, User
from tests.authenticator import code, log_in, set_up

pytestmark = pytest.mark.once

SECOND_STEP = "/login/second-factor/"
FACTORS = "/me/second-factor/"


def told(user: User) -> list[str]:
    """The kinds of the person's events, the oldest first."""
    return list(PersonEvent.objects.filter(subject_id=user.pk).values_list("kind", flat=True))


def is_in(client: Client) -> bool:
    return client.get("/tasks/").status_code == 200


def required_of(role: str) -> None:
    row = organisation_settings()
    setattr(row, f"second_factor_{role}", True)
    row.save()


def test_without_one_a_password_is_enough(world: World) -> None:
    assert is_in(log_in("manager"))


def test_the_application_is_set_up_and_asked_for(world: World) -> None:
    phone = set_up(log_in("manager"))

    client = log_in("manager")
    assert not is_in(client)
    wrong = client.post(SECOND_STEP, {"code": "000000"})
    right = client.post(SECOND_STEP, {"code": code(phone.secret)})

    assert wrong.status_code == 422
    assert (right.status_code, right["Location"]) == (303, "/")
    assert is_in(client)
    assert told(world.manager) == ["person.second_factor_added"]
    assert Notice.objects.get(user=world.manager).context["what"] == "second_factor_added"


def test_where_the_person_was_going_outlives_the_second_step(world: World) -> None:
    phone = set_up(log_in("manager"))
    client = Client()
    form = {"username": "manager", "password": PASSWORD, "next": "/companies/"}

    assert client.post("/login/", form)["Location"] == SECOND_STEP
    answer = client.post(SECOND_STEP, {"code": code(phone.secret)})

    assert answer["Location"] == "/companies/"


@pytest.fixture
def no_cache(settings: Settings) -> None:
    """A shared cache whose server is down."""
    settings.CACHES = {
        "default": {
            "BACKEND": "config.cache.ForgivingRedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "KEY_PREFIX": uuid.uuid4().hex,
        }
    }


@pytest.mark.usefixtures("no_cache")
def test_without_the_cache_people_log_in_and_a_code_is_still_taken_once(world: World) -> None:
    phone = set_up(log_in("manager"))
    client, digits = log_in("manager"), code(phone.secret)

    assert client.post(SECOND_STEP, {"code": "000000"}).status_code == 422
    assert client.post(SECOND_STEP, {"code": digits}).status_code == 303
    assert is_in(client)
    assert log_in("manager").post(SECOND_STEP, {"code": digits}).status_code == 422


@pytest.mark.usefixtures("no_cache")
def test_without_the_cache_guesses_are_still_counted(world: World) -> None:
    phone = set_up(log_in("manager"))
    for _time in range(5):
        assert log_in("manager").post(SECOND_STEP, {"code": "123456"}).status_code == 422

    right_but_late = log_in("manager").post(SECOND_STEP, {"code": code(phone.secret)})

    assert right_but_late.status_code == 422


def test_a_code_is_taken_once(world: World) -> None:
    phone = set_up(log_in("manager"))
    digits = code(phone.secret)
    assert log_in("manager").post(SECOND_STEP, {"code": digits}).status_code == 303

    again = log_in("manager").post(SECOND_STEP, {"code": digits})
    with_a_space = log_in("manager").post(SECOND_STEP, {"code": f"{digits[:3]} {digits[3:]}"})

    assert (again.status_code, with_a_space.status_code) == (422, 422)


def test_a_recovery_code_is_taken_once(world: World) -> None:
    phone = set_up(log_in("manager"))

    first = log_in("manager").post(SECOND_STEP, {"code": phone.recovery[0]})
    again = log_in("manager").post(SECOND_STEP, {"code": phone.recovery[0]})

    assert (first.status_code, again.status_code) == (303, 422)


def test_recovery_codes_are_shown_once_and_made_anew(world: World) -> None:
    client = log_in("manager")
    phone = set_up(client)

    second_look = client.get(f"{FACTORS}recovery-codes/")
    made = client.post(f"{FACTORS}recovery-codes/new/")
    new = client.get(f"{FACTORS}recovery-codes/").context["unused_codes"]

    assert handles(second_look, "recovery-code") == []
    assert phone.recovery[0] not in second_look.content.decode()
    assert made.status_code == 303
    assert not set(new) & set(phone.recovery)
    assert log_in("manager").post(SECOND_STEP, {"code": phone.recovery[1]}).status_code == 422
    assert log_in("manager").post(SECOND_STEP, {"code": new[1]}).status_code == 303
    assert told(world.manager)[-1] == "person.recovery_codes_made"


def test_wrong_codes_are_counted_per_person(world: World) -> None:
    phone = set_up(log_in("manager"))
    for _time in range(5):
        assert log_in("manager").post(SECOND_STEP, {"code": "123456"}).status_code == 422

    right_but_late = log_in("manager").post(SECOND_STEP, {"code": code(phone.secret)})

    assert right_but_late.status_code == 422


def test_the_password_alone_opens_nothing_on_the_way(world: World) -> None:
    """Between the two steps nobody is logged in, whatever address is asked."""
    set_up(log_in("manager"))
    client = log_in("manager")

    for path in ("/", "/me/", FACTORS, f"{FACTORS}application/remove/", "/login/again/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/login/"), path
    assert client.get("/admin/login/")["Location"].startswith("/login/")


def test_the_first_factor_ends_sessions_that_a_password_opened(world: World) -> None:
    elsewhere, here = log_in("manager"), log_in("manager")

    set_up(here)

    assert is_in(here)
    assert not is_in(elsewhere)


def test_secrets_are_encrypted_in_the_database_and_old_keys_read_them(
    world: World, settings: Settings
) -> None:
    phone = set_up(log_in("manager"))
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert phone.secret not in stored
    assert not any(recovery in stored for recovery in phone.recovery)

    settings.SECOND_FACTOR_KEY_FALLBACKS = [django_settings.SECOND_FACTOR_KEY]
    settings.SECOND_FACTOR_KEY = "another key"

    assert log_in("manager").post(SECOND_STEP, {"code": code(phone.secret)}).status_code == 303


def test_before_a_factor_is_changed_one_proves_oneself_again(world: World, time_machine) -> None:
    client = log_in("manager")
    set_up(client)
    time_machine.move_to(timezone.now() + datetime.timedelta(minutes=11))

    asked = client.get(f"{FACTORS}application/remove/")
    wrong = client.post("/login/again/", {"password": "no"})
    right = client.post(
        "/login/again/", {"password": PASSWORD, "next": f"{FACTORS}application/remove/"}
    )
    removed = client.post(f"{FACTORS}application/remove/")

    assert asked["Location"].startswith("/login/again/?next=")
    assert wrong.status_code == 422
    assert (right.status_code, right["Location"]) == (303, f"{FACTORS}application/remove/")
    assert removed.status_code == 303
    assert not Authenticator.objects.exists()  # recovery codes went with the last factor
    assert told(world.manager)[-1] == "person.second_factor_removed"


def test_somebody_elses_factor_is_not_there(world: World) -> None:
    theirs = Authenticator.objects.create(
        user=world.manager2, type="webauthn", data={"name": "Ключ", "credential": {}}
    )
    client = log_in("manager")

    for path in (f"{FACTORS}passkeys/{theirs.pk}/", f"{FACTORS}passkeys/{theirs.pk}/remove/"):
        assert client.get(path).status_code == 404
        assert client.post(path, {"name": "Мой"}).status_code == 404


# --- Required of a role ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "led", "let"),
    [
        ("managers", "manager", "accountant"),
        ("accountants", "accountant", "manager"),
        ("auditors", "auditor", "manager"),
        ("administrators", "admin", "accountant"),
        ("approvers", "supervisor", "manager"),
        ("approvers", "director", "accountant"),
    ],
)
def test_whoever_is_of_a_role_sets_one_up_first(
    world: World, role: str, led: str, let: str
) -> None:
    required_of(role)
    client = log_in(led)

    for path in ("/", "/requests/", "/admin/", "/notices/"):
        assert client.get(path)["Location"] == FACTORS, path
    assert client.post("/companies/new/", {"name": "x"})["Location"] == FACTORS
    assert handle(client.get(FACTORS), "second-factor-required")
    set_up(client)

    assert is_in(client)
    assert is_in(log_in(let))


def test_a_new_requirement_holds_at_the_next_page(world: World) -> None:
    client = log_in("accountant")
    assert is_in(client)

    required_of("accountants")

    assert client.get("/tasks/")["Location"] == FACTORS
    assert client.get("/me/").status_code == 200
    assert client.post("/logout/").status_code == 303


def test_a_session_older_than_the_factor_logs_in_anew(world: World) -> None:
    required_of("accountants")
    old = logged_in(world.accountant)
    Authenticator.objects.create(user=world.accountant, type="totp", data={"secret": "x"})

    assert old.get("/tasks/").status_code == 303

    assert old.get("/tasks/")["Location"].startswith("/login/")


def test_removing_a_required_factor_leads_back_to_setting_one_up(world: World) -> None:
    required_of("accountants")
    client = log_in("accountant")
    set_up(client)
    assert is_in(client)

    client.post(f"{FACTORS}application/remove/")

    assert client.get("/tasks/")["Location"] == FACTORS


# --- Taken away by an administrator ---------------------------------------------------------------------


def test_an_administrator_resets_a_lost_factor(world: World) -> None:
    client = log_in("manager")
    set_up(client)
    reset = f"/people/{world.manager.pk}/second-factor/reset/"
    admin = log_in("admin")
    assert admin.get(reset).status_code == 200

    answer = admin.post(reset)

    assert answer["Location"] == f"/settings/people/{world.manager.pk}/"
    assert not is_in(client)
    assert is_in(log_in("manager"))
    event = PersonEvent.objects.filter(subject_id=world.manager.pk).latest("seq")
    assert (event.kind, event.actor) == ("person.second_factor_reset", world.admin)
    assert event.data == {"kinds": ["recovery_codes", "totp"]}
    notice = Notice.objects.filter(user=world.manager).latest("pk")
    assert notice.context["who"] == world.admin.full_name
    assert audit.verify() == []


def test_nobody_else_resets_a_factor(world: World) -> None:
    set_up(log_in("manager"))
    reset = f"/people/{world.manager.pk}/second-factor/reset/"

    for username in ("supervisor", "accountant", "auditor", "director"):
        assert log_in(username).post(reset).status_code == 403, username
    assert Authenticator.objects.filter(user=world.manager).exists()


def test_there_may_be_nothing_to_reset(world: World) -> None:
    answer = log_in("admin").post(f"/people/{world.manager.pk}/second-factor/reset/")

    assert answer.status_code == 409


# --- Closed log-ins -------------------------------------------------------------------------------------


def test_a_log_in_that_was_closed_between_the_steps_stays_out(world: World) -> None:
    phone = set_up(log_in("manager"))
    client = log_in("manager")
    User.objects.filter(pk=world.manager.pk).update(is_active=False)

    answer = client.post(SECOND_STEP, {"code": code(phone.secret)})

    assert (answer.status_code, answer["Location"]) == (303, "/login/")
    assert not is_in(client)

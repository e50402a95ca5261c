"""Administrators look after people and departments in Django's admin."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from audit import services as audit
from people.models import Department, PersonEvent, Session, User

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"


def person(name: str, **fields) -> User:
    return User.objects.create_user(name, PASSWORD, full_name=name, language="en", **fields)


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(person("admin", is_administrator=True), "people.auth.PeopleBackend")
    return client


def fields_of(user: User, **changes) -> dict[str, object]:
    fields = {
        "username": user.username,
        "full_name": user.full_name,
        "position": user.position,
        "email": user.email,
        "phone": user.phone,
        "language": user.language,
        "department": user.department_id or "",
        "supervisor": user.supervisor_id or "",
        "is_active": "on",
    }
    return {**fields, **changes}


@pytest.mark.parametrize("role", ["is_manager", "is_accountant", "is_auditor"])
def test_only_administrators_come_in(client, role):
    client.force_login(person("clerk", **{role: True}), "people.auth.PeopleBackend")
    assert client.get("/admin/people/user/").status_code == 302


@pytest.mark.parametrize("path", ["user/", "user/add/", "department/", "department/add/"])
def test_pages_open(admin, path):
    assert admin.get(f"/admin/people/{path}").status_code == 200


def test_the_list_takes_a_constant_number_of_queries(admin, django_assert_max_num_queries):
    boss = person("boss", department=Department.objects.create(name="sales"))
    for number in range(20):
        person(f"clerk{number}", supervisor=boss, department=boss.department)
    admin.get("/admin/people/user/?q=clerk")  # the session has begun
    with django_assert_max_num_queries(9):
        assert admin.get("/admin/people/user/?q=clerk").status_code == 200


def test_a_new_person_gets_a_password(admin):
    new = {"username": "olga", "full_name": "Ольга", "password1": PASSWORD, "password2": PASSWORD}
    assert admin.post("/admin/people/user/add/", new).status_code == 302
    user = User.objects.get(username="olga")
    assert user.check_password(PASSWORD)
    assert not user.is_staff


def test_a_weak_password_is_refused(admin):
    new = {"username": "olga", "full_name": "Ольга", "password1": "1234", "password2": "1234"}
    answer = admin.post("/admin/people/user/add/", new)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["password2"]


def test_a_password_is_changed(admin):
    user = person("olga")
    new = {"password1": "another good one 7", "password2": "another good one 7"}
    assert admin.post(f"/admin/people/user/{user.pk}/password/", new).status_code == 302
    user.refresh_from_db()
    assert user.check_password("another good one 7")


def test_a_person_is_changed_and_their_roles_add_up(admin):
    boss = person("boss")
    user = person("olga")
    changes = {"supervisor": boss.pk, "is_manager": "on", "is_auditor": "on"}
    url = f"/admin/people/user/{user.pk}/change/"
    assert admin.get(url).status_code == 200
    assert admin.post(url, fields_of(user, **changes)).status_code == 302
    user.refresh_from_db()
    assert user.supervisor == boss
    assert (user.is_manager, user.is_accountant, user.is_auditor) == (True, False, True)
    assert user.check_password(PASSWORD)


def test_nobody_is_their_own_supervisor(admin):
    user = person("olga")
    answer = admin.post(
        f"/admin/people/user/{user.pk}/change/", fields_of(user, supervisor=user.pk)
    )
    assert answer.context["adminform"].form.errors["supervisor"] == [
        "Nobody is their own supervisor."
    ]


def test_nobody_is_deleted(admin):
    user = person("olga")
    assert admin.post(f"/admin/people/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=user.pk).exists()


@pytest.mark.parametrize("parent", ["top", "middle", "bottom"])
def test_departments_make_no_circle(admin, parent):
    top = Department.objects.create(name="top")
    middle = Department.objects.create(name="middle", parent=top)
    Department.objects.create(name="bottom", parent=middle)
    changes = {"name": "top", "parent": Department.objects.get(name=parent).pk, "head": ""}
    answer = admin.post(f"/admin/people/department/{top.pk}/change/", changes)
    assert answer.context["adminform"].form.errors["parent"] == [
        "A department is not part of itself or of one below it."
    ]


def test_a_department_moves(admin):
    top = Department.objects.create(name="top")
    other = Department.objects.create(name="other")
    changes = {"name": "other", "parent": top.pk, "head": User.objects.get().pk}
    answer = admin.post(f"/admin/people/department/{other.pk}/change/", changes)
    assert answer.status_code == 302
    other.refresh_from_db()
    assert other.parent == top


# --- What is written down, and passwords that are not one's own -------------------------------------------


def told(user: User) -> list[PersonEvent]:
    return list(PersonEvent.objects.filter(subject_id=user.pk).order_by("seq"))


def test_a_change_of_rights_is_written_down(admin):
    user = person("olga", is_manager=True)
    url = f"/admin/people/user/{user.pk}/change/"

    admin.post(url, fields_of(user, is_accountant="on", position="Бухгалтер"))

    [event] = told(user)
    assert (event.kind, event.actor.username) == ("person.changed", "admin")
    assert event.data == {"changes": {"is_manager": [True, False], "is_accountant": [False, True]}}
    assert "accountant: no, now yes" in admin.get(url).content.decode()
    assert audit.verify() == []


def test_a_change_of_nothing_that_gives_rights_is_not(admin):
    user = person("olga")
    admin.post(f"/admin/people/user/{user.pk}/change/", fields_of(user, position="Бухгалтер"))

    assert told(user) == []
    user.refresh_from_db()
    assert user.position == "Бухгалтер"


def test_whoever_is_made_inactive_is_logged_out(admin):
    user = person("olga")
    theirs = Client()
    theirs.force_login(user, "people.auth.PeopleBackend")
    fields = fields_of(user)
    del fields["is_active"]

    admin.post(f"/admin/people/user/{user.pk}/change/", fields)

    assert not Session.objects.filter(user=user).exists()


def test_a_given_password_opens_the_door_to_an_own_one_alone(admin, client):
    new = {"username": "olga", "full_name": "Ольга", "password1": PASSWORD, "password2": PASSWORD}
    admin.post("/admin/people/user/add/", new)
    theirs = Client()
    theirs.post("/login/", {"username": "olga", "password": PASSWORD})

    assert theirs.get("/requests/")["Location"] == "/me/"
    assert b"password-required" in theirs.get("/me/").content
    own = "an own phrase of mine 7"
    form = {"action": "password", "old_password": PASSWORD}
    theirs.post("/me/", {**form, "new_password1": own, "new_password2": own})

    assert theirs.get("/requests/").status_code == 200
    user = User.objects.get(username="olga")
    assert [event.kind for event in told(user)] == ["person.created", "person.password_changed"]


def test_a_password_that_is_set_ends_sessions_and_is_written_down(admin):
    user = person("olga")
    theirs = Client()
    theirs.force_login(user, "people.auth.PeopleBackend")
    new = {"password1": "another good one 7", "password2": "another good one 7"}

    admin.post(f"/admin/people/user/{user.pk}/password/", new)

    user.refresh_from_db()
    assert user.must_change_password
    assert theirs.get("/me/").status_code == 302
    assert [event.kind for event in told(user)] == ["person.password_set"]


def test_a_password_that_was_refused_is_not(admin):
    user = person("olga")
    weak = {"password1": "1234", "password2": "1234"}

    assert admin.post(f"/admin/people/user/{user.pk}/password/", weak).status_code == 200

    user.refresh_from_db()
    assert not user.must_change_password
    assert told(user) == []


def test_an_administrators_own_password_is_their_own(admin):
    user = User.objects.get(username="admin")
    new = {"password1": "another good one 7", "password2": "another good one 7"}

    admin.post(f"/admin/people/user/{user.pk}/password/", new)

    user.refresh_from_db()
    assert not user.must_change_password
    assert admin.get("/admin/").status_code == 200


@pytest.mark.parametrize("pk", ["0", "x", "99999999999999999999"])
def test_a_password_of_nobody_is_not_there(admin, pk):
    assert admin.get(f"/admin/people/user/{pk}/password/").status_code in (302, 404)


def test_there_is_one_log_in(admin, client):
    visitor = Client()

    assert visitor.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    assert visitor.get("/admin/login/?next=/admin/")["Location"] == "/login/?next=%2Fadmin%2F"
    assert (
        visitor.post("/admin/login/", {"username": "admin", "password": PASSWORD}).status_code
        == 405
    )
    assert admin.get("/admin/password_change/")["Location"] == "/me/"


# --- For whoever has lost theirs ------------------------------------------------------------------------


def test_the_console_resets_a_second_factor(capsys):
    user = person("olga")
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})

    call_command("reset_second_factor", "olga")

    assert "Reset" in capsys.readouterr().out
    [event] = told(user)
    assert (event.kind, event.actor) == ("person.second_factor_reset", None)
    with translation.override("en"), pytest.raises(CommandError, match="no second factor"):
        call_command("reset_second_factor", "olga")
    with pytest.raises(CommandError, match="Nobody"):
        call_command("reset_second_factor", "nobody")

"""People and departments in the settings: who has which roles, who heads whom, where nobody does."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals.selectors import organisation_settings
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import handle, handles, logged_in
from audit.refusals import Conflict, Forbidden, Invalid
from people import places
from people.models import Department, PersonEvent, Session, User

pytestmark = pytest.mark.once

LIST = "/settings/people/"


@pytest.fixture
def client(world: World) -> Client:
    return logged_in(world.admin)


def fields_of(person: User, **changes: Any) -> dict[str, Any]:
    """What the form of a person sends as it was shown."""
    plain = ("full_name", "username", "email", "phone", "position", "language")
    ticked = {name: "on" for name in places.ROLES if getattr(person, name)}
    placed = {name: getattr(person, f"{name}_id") or "" for name in ("department", "supervisor")}
    return {**{name: getattr(person, name) for name in plain}, **ticked, **placed, **changes}


def told(person: User) -> list[tuple[str, dict[str, Any]]]:
    events = PersonEvent.objects.filter(subject_id=person.pk).order_by("seq")
    return [(event.kind, event.data) for event in events]


def rows_of(client: Client, **query: str) -> list[str]:
    return [row["data-pk"] for row in handles(client.get(LIST, query), "person-row")]


def test_people_are_found_by_any_part_of_their_names_and_by_role(
    client: Client, world: World
) -> None:
    someone = world.manager.full_name.split()[0].upper()

    assert str(world.manager.pk) in rows_of(client, q=someone)
    assert rows_of(client, q=world.accountant.username) == [str(world.accountant.pk)]
    assert rows_of(client, role="administrator") == [str(world.admin.pk)]
    assert rows_of(client, q="никого такого") == []
    assert rows_of(client, role="is_active", state="?") == rows_of(client)


def test_a_persons_roles_and_place_are_changed_and_written_down(
    client: Client, world: World
) -> None:
    person = world.manager2
    fields = fields_of(person, is_auditor="on", supervisor=world.director.pk, position="Закупщик")

    answer = client.post(f"{LIST}{person.pk}/", fields)

    person.refresh_from_db()
    assert (answer.status_code, person.is_auditor, person.position) == (303, True, "Закупщик")
    [(kind, data)] = told(person)
    assert kind == "person.changed"
    assert data["changes"] == {
        "is_auditor": [False, True],
        "supervisor": [world.supervisor2.pk, world.director.pk],
    }
    history = client.get(f"{LIST}{person.pk}/").content.decode()
    assert f"{world.supervisor2}, теперь {world.director}" in history


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "accountant"),
        ("supervisor", "self"),
        ("email", "no address"),
        ("full_name", ""),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    client: Client, world: World, field: str, value: str
) -> None:
    person = world.manager2
    sent = fields_of(person, **{field: person.pk if value == "self" else value})

    answer = client.post(f"{LIST}{person.pk}/", sent)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert told(person) == []


def test_nobody_gives_up_their_own_administrators_role(client: Client, world: World) -> None:
    fields = fields_of(world.admin)
    del fields["is_administrator"]

    answer = client.post(f"{LIST}{world.admin.pk}/", fields)
    closing = client.post(f"{LIST}{world.admin.pk}/close/")

    world.admin.refresh_from_db()
    assert (answer.status_code, closing.status_code) == (422, 403)
    assert world.admin.is_administrator
    assert world.admin.is_active


def test_an_administrator_of_a_moment_ago_changes_nobody(world: World) -> None:
    """Two who take the role from each other: the second finds that it is an administrator no longer."""
    world.director.is_administrator = True
    world.director.save()
    places.change_person(person_id=world.director.pk, actor=world.admin, is_administrator=False)

    with pytest.raises(Forbidden):
        places.change_person(person_id=world.admin.pk, actor=world.director, is_administrator=False)


def test_a_log_in_is_closed_with_what_is_open_said_before(client: Client, world: World) -> None:
    builders.on_approval(world)
    theirs = logged_in(world.supervisor)
    page = f"{LIST}{world.supervisor.pk}/close/"

    asked = client.get(page)
    answer = client.post(page)

    assert handle(asked, "waiting")["data-count"] == "1"
    assert handles(asked, "subordinates")
    assert answer.status_code == 303
    assert not Session.objects.filter(user=world.supervisor).exists()
    assert theirs.get("/tasks/").status_code == 302
    assert told(world.supervisor)[-1][1]["changes"] == {"is_active": [True, False]}
    assert client.post(page).status_code == 409
    assert str(world.supervisor.pk) in rows_of(client, state="closed")
    assert client.post(f"{LIST}{world.supervisor.pk}/reopen/").status_code == 303
    with pytest.raises(Conflict):
        places.reopen_person(person_id=world.supervisor.pk, actor=world.admin)


def gaps_of(answer: Any) -> set[str]:
    return {gap["data-kind"] for gap in handles(answer, "gap")}


def test_gaps_are_shown_with_where_they_are_mended(client: Client, world: World) -> None:
    """The one who would be refused is exactly the one whom the page names."""
    settings = organisation_settings()
    settings.default_approver = None
    settings.save()
    User.objects.filter(pk=world.supervisor.pk).update(is_active=False)
    lonely = builders._person("lonely", "Одинцов Пётр Ильич", None, is_manager=True)
    Department.objects.create(name="Пустой")

    shown = client.get(LIST)

    assert gaps_of(shown) == {"without_approver", "supervisor_left", "head_left", "without_head"}
    assert gaps_of(client.get("/settings/departments/")) == gaps_of(shown)
    assert f"{LIST}{lonely.pk}/" in shown.content.decode()


def test_departments_are_a_tree_and_stay_one(client: Client, world: World) -> None:
    top = Department.objects.create(name="А")
    client.post("/settings/departments/new/", {"name": "Б", "parent": top.pk, "head": ""})
    below = Department.objects.get(name="Б")

    depths = {
        row["data-pk"]: row["data-depth"]
        for row in handles(client.get("/settings/departments/"), "department")
    }
    refused = client.post(
        f"/settings/departments/{top.pk}/", {"name": "А", "parent": below.pk, "head": ""}
    )

    assert (depths[str(top.pk)], depths[str(below.pk)]) == ("0", "1")
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["parent"]


def test_whoever_comes_to_answer_for_a_department_has_it_in_the_history(world: World) -> None:
    places.save_department(
        department_id=world.purchasing.pk,
        actor=world.admin,
        name=world.purchasing.name,
        parent=None,
        head=world.director,
    )

    facts = {"department": world.purchasing.pk, "name": world.purchasing.name}
    assert told(world.director) == [("person.heads", facts)]
    assert told(world.supervisor) == [("person.heads_no_more", facts)]


def test_a_head_whose_log_in_is_closed_is_not_taken(world: World) -> None:
    User.objects.filter(pk=world.manager.pk).update(is_active=False)
    world.manager.refresh_from_db()

    with pytest.raises(Invalid):
        places.save_department(
            department_id=None, actor=world.admin, name="В", parent=None, head=world.manager
        )


def test_lists_take_no_more_queries_with_more_people(client: Client, world: World) -> None:
    pages = (LIST, "/settings/departments/")

    def asked() -> list[int]:
        counted = []
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            counted.append(len(queries))
        return counted

    asked()  # what a first visit asks besides
    few = asked()
    for number in range(40):
        below = Department.objects.create(name=f"Отдел {number}", parent=world.board)
        builders._person(f"p{number}", f"Имя {number}", below, world.director, is_manager=True)

    assert asked() == few
    assert max(few) <= 12

"""My tasks: the inbox with its decisions on the spot, and its two other tabs."""

from __future__ import annotations

from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from approvals import services
from approvals.tests.builders import World, on_approval, open_task, waiting_for_acceptance
from approvals.tests.pages import handle, handles, logged_in
from people.models import User


def tasks(user: User, tab: str = "") -> HttpResponse:
    response = logged_in(user).get("/tasks/", {"tab": tab} if tab else {})
    assert response.status_code == 200
    return response


def test_the_inbox_holds_what_waits_for_me(world: World) -> None:
    made = on_approval(world)

    task = handle(tasks(world.supervisor), "task")

    assert task["data-task-id"] == str(open_task(made).pk)
    assert (task["data-kind"], task["data-request-id"]) == ("approve", str(made.pk))
    for person in (world.manager, world.accountant, world.director, world.auditor):
        assert not handles(tasks(person), "task")


def test_acceptance_is_in_the_authors_inbox_alone(world: World) -> None:
    waiting_for_acceptance(world)

    assert handle(tasks(world.manager), "task")["data-kind"] == "accept"
    for person in (world.supervisor, world.accountant):
        assert not handles(tasks(person), "task")


def test_other_tabs(world: World) -> None:
    sent, accepting = on_approval(world), waiting_for_acceptance(world)

    others = handle(tasks(world.manager, "others"), "task")
    decided = handle(tasks(world.supervisor, "decided"), "task")

    assert others["data-request-id"] == str(sent.pk)
    assert decided["data-request-id"] == str(accepting.pk)
    assert tasks(world.manager, "bogus").status_code == 200


def test_the_invoice_and_the_decisions_are_at_hand(world: World) -> None:
    made = on_approval(world, justification="Бумага на квартал")
    task = open_task(made)

    page = tasks(world.supervisor).content.decode()

    invoice = made.folder.documents.get()
    assert f'href="/documents/{invoice.pk}/"' in page
    assert "Бумага на квартал" in page
    for verb in ("approve", "return", "refuse"):
        assert f'action="/tasks/{task.pk}/{verb}/"' in page
    assert 'name="form_key"' in page


def test_nothing_waits(world: World) -> None:
    assert "Всё решено" in tasks(world.manager).content.decode()


def test_the_same_number_of_questions_however_many_wait(world: World) -> None:
    client = logged_in(world.supervisor)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/tasks/")
        return len(queries)

    on_approval(world)
    few = asked()
    for _number in range(9):
        on_approval(world)

    assert asked() == few


def test_a_withdrawn_request_leaves_the_inbox(world: World) -> None:
    made = on_approval(world)
    services.withdraw(payment_request_id=made.pk, actor=world.manager)

    assert not handles(tasks(world.supervisor), "task")

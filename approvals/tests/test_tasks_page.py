"""My tasks: the inbox with its decisions on the spot, and its two other tabs."""

from __future__ import annotations

import datetime
import html
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services
from approvals.tests.builders import World, on_approval, open_task, paid, waiting_for_acceptance
from approvals.tests.pages import handle, handles, logged_in
from counterparties.services import add_account
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


def test_a_list_that_looks_again_and_has_seen_all_is_told_so(world: World) -> None:
    first = on_approval(world)
    client = logged_in(world.supervisor)

    def look(seen: str = "") -> HttpResponse:
        return client.get("/tasks/", headers={"If-None-Match": seen} if seen else {})

    def seen_in(page: HttpResponse) -> str:
        [told] = re.findall(r'id="task-list".* data-seen="([^"]*)"', page.content.decode())
        return html.unescape(told)

    seen = seen_in(look())
    again = look(seen)
    on_approval(world)
    more = look(seen)
    services.add_comment(payment_request_id=first.pk, actor=world.manager, text="Скоро срок")

    assert (again.status_code, again.content) == (304, b"")
    assert more.status_code == 200
    assert look(seen_in(more)).status_code == 200  # a comment came
    assert (
        client.get("/tasks/?tab=decided", headers={"If-None-Match": seen_in(more)}).status_code
        == 200
    )


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

    invoice = made.folder.documents.get(kind="invoice")
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
    asked()  # the first visit also writes down the session
    few = asked()
    for _number in range(9):
        on_approval(world)

    assert asked() == few


def test_a_withdrawn_request_leaves_the_inbox(world: World) -> None:
    made = on_approval(world)
    services.withdraw(payment_request_id=made.pk, actor=world.manager)

    assert not handles(tasks(world.supervisor), "task")


def beside(response: HttpResponse) -> dict[str, str]:
    """The task that is shown beside the list."""
    return handle(response, "task-card")


def test_the_most_pressing_is_shown_beside_the_list(world: World) -> None:
    later = on_approval(world, pay_by=timezone.localdate() + datetime.timedelta(days=9))
    sooner = on_approval(world, pay_by=timezone.localdate() + datetime.timedelta(days=1))
    page = tasks(world.supervisor)

    assert [row["data-request-id"] for row in handles(page, "task")] == [
        str(sooner.pk),
        str(later.pk),
    ]
    assert beside(page)["data-request-id"] == str(sooner.pk)


def test_any_task_that_one_may_see_is_shown_when_asked(world: World) -> None:
    on_approval(world)
    second = on_approval(world)
    supervisor, pk = logged_in(world.supervisor), open_task(second).pk

    assert beside(supervisor.get(f"/tasks/?task={pk}"))["data-task-id"] == str(pk)
    services.approve(task_id=pk, actor=world.supervisor)
    decided = supervisor.get(f"/tasks/?task={pk}")
    assert beside(decided)["data-task-id"] == str(pk)
    assert f"/tasks/{pk}/approve/" not in decided.content.decode()
    for asked in ("0", "999999", "x", "9" * 40):
        other = logged_in(world.supervisor2).get(f"/tasks/?task={asked}")
        assert other.status_code == 200
    assert not handles(logged_in(world.manager2).get(f"/tasks/?task={pk}"), "task-card")


def test_the_counter_equals_the_list(world: World) -> None:
    for _number in range(3):
        on_approval(world)
    waiting_for_acceptance(world)

    page = tasks(world.supervisor)

    assert len(handles(page, "task")) == 3
    assert '<span class="count" data-testid="menu-tasks">3</span>' in page.content.decode()
    assert '<span class="count" data-testid="inbox-count">3</span>' in page.content.decode()


def test_a_decision_leads_to_the_next_task_and_offers_undo(world: World) -> None:
    first, second = on_approval(world), on_approval(world)
    one, two = open_task(first), open_task(second)
    supervisor = logged_in(world.supervisor)
    page = supervisor.get(f"/tasks/?task={one.pk}").content.decode()
    assert f'name="next" value="{two.pk}"' in page

    answer = supervisor.post(f"/tasks/{one.pk}/approve/", {"from": "tasks", "next": two.pk})

    assert (answer.status_code, answer["Location"]) == (303, f"/tasks/?task={two.pk}")
    shown = supervisor.get(answer["Location"])
    assert beside(shown)["data-task-id"] == str(two.pk)
    assert handle(shown, "undo")["data-task-id"] == str(one.pk)
    last = supervisor.post(f"/tasks/{two.pk}/approve/", {"from": "tasks"})
    assert last["Location"] == "/tasks/"
    assert "Всё решено" in supervisor.get("/tasks/").content.decode()


def test_the_card_of_a_request_offers_undo_too(world: World) -> None:
    made, other = on_approval(world), on_approval(world)
    supervisor = logged_in(world.supervisor)
    for request in (made, other):
        supervisor.post(f"/tasks/{open_task(request).pk}/approve/")

    card = supervisor.get(f"/requests/{made.pk}/")

    assert handle(card, "undo")["data-task-id"] == str(made.tasks.get(kind="approve").pk)
    assert not handles(logged_in(world.manager).get(f"/requests/{made.pk}/"), "undo")


def test_what_is_wrong_is_told_beside_the_task(world: World) -> None:
    task = open_task(on_approval(world))
    supervisor = logged_in(world.supervisor)

    answer = supervisor.post(f"/tasks/{task.pk}/return/", {"from": "tasks", "reason": " "})

    assert answer.status_code == 422
    assert beside(answer)["data-task-id"] == str(task.pk)
    assert 'aria-invalid="true"' in answer.content.decode()
    # The address bar of a page that htmx fills is one that can be fetched.
    assert answer["HX-Replace-Url"] == f"/tasks/?task={task.pk}"


def test_a_late_decision_is_told_who_was_first(world: World) -> None:
    made = on_approval(world)
    task = open_task(made)
    services.withdraw(payment_request_id=made.pk, actor=world.manager)
    supervisor = logged_in(world.supervisor)

    answer = supervisor.post(f"/tasks/{task.pk}/approve/", {"from": "tasks"})

    assert answer.status_code == 409
    assert "Кравцова" in answer.content.decode()
    assert handle(answer, "conflict")
    assert beside(answer)["data-task-id"] == str(task.pk)


def test_what_the_company_was_paid_before(world: World) -> None:
    made = on_approval(world, amount=Decimal(100))
    page = logged_in(world.supervisor)
    assert "Первый платёж этому контрагенту" in page.get("/tasks/").content.decode()

    for _number in range(3):
        paid(world, amount=Decimal(50), author=world.manager)
    text = page.get("/tasks/").content.decode()

    assert beside(page.get("/tasks/"))["data-request-id"] == str(made.pk)
    assert "Платили 3 раза с" in text
    assert "сейчас в 2,0 раза больше" in text
    assert "Всегда на этот расчётный счёт" in text


def test_of_a_company_that_is_paid_all_the_time_the_last_are_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.inbox.LOOKED_AT", 2)
    for amount in (50, 60, 70):
        paid(world, amount=Decimal(amount))
    on_approval(world, amount=Decimal(60))

    text = tasks(world.supervisor).content.decode()

    assert "Платили больше 2 раз, последний раз" in text
    assert "как и сейчас" in text
    assert "Все последние платежи ушли на этот расчётный счёт" in text


def test_a_new_account_is_worth_a_warning(world: World) -> None:
    paid(world)
    account = add_account(
        company_id=world.company.pk,
        actor=world.manager,
        bik="044525104",
        bank_name="ООО «Банк Точка»",
        correspondent_account="30101810745374525104",
        number="40702810799990000213",
        currency="RUB",
    )
    on_approval(world, bank_account=account)

    assert "На этот расчётный счёт ещё не платили" in tasks(world.supervisor).content.decode()


def test_ticked_tasks_are_approved_together_and_the_rest_is_told(world: World) -> None:
    good, gone, own = on_approval(world), on_approval(world), on_approval(world)
    keys = [open_task(made).pk for made in (good, gone, own)]
    services.withdraw(payment_request_id=gone.pk, actor=world.manager)
    supervisor = logged_in(world.supervisor)

    answer = supervisor.post("/tasks/approve/", {"task": keys})

    assert answer.status_code == 303
    page = supervisor.get(answer["Location"]).content.decode()
    assert f"Не согласовано: {gone}" in page
    assert "Уже решено: Отозвано автором" in page
    kinds = {made.pk: open_task(made).kind for made in (good, own)}
    assert set(kinds.values()) == {"accept"}
    assert {undo["data-task-id"] for undo in handles(supervisor.get("/tasks/"), "undo")} == {
        str(keys[0]),
        str(keys[2]),
    }


def test_ticking_nothing_is_told(world: World) -> None:
    on_approval(world)
    supervisor = logged_in(world.supervisor)

    for sent in ({}, {"task": "x"}, {"task": "9" * 30}, {"task": 12345}):
        answer = supervisor.post("/tasks/approve/", sent)
        assert answer.status_code == 422
        assert "Сначала отметьте" in answer.content.decode()


def test_ticked_twice_is_approved_once(world: World) -> None:
    made = on_approval(world)
    supervisor, key = logged_in(world.supervisor), "6f1d2f1e-6b1e-4b34-9f0e-2a6a4bb7c001"
    sent = {"task": open_task(made).pk, "form_key": key}

    answers = [supervisor.post("/tasks/approve/", sent).status_code for _click in range(2)]

    assert answers == [303, 303]
    assert made.events.filter(kind="request.approved").count() == 1

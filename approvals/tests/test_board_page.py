"""The board: what stands where, what may be moved, and how a move is answered."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from approvals import board as board_of
from approvals import services
from approvals.models import PaymentRequest
from approvals.tests.builders import (
    PDF,
    World,
    approved,
    draft,
    on_approval,
    open_task,
    paid,
    pdf,
    waiting_for_acceptance,
)
from approvals.tests.pages import handle, handles, logged_in
from people.models import User

HTMX = {"headers": {"HX-Request": "true"}}


def board(user: User, **query: Any) -> HttpResponse:
    response = logged_in(user).get("/board/", query)
    assert response.status_code == 200
    return response


def cards(response: HttpResponse) -> dict[str, dict[str, str]]:
    return {card["data-pk"]: card for card in handles(response, "board-card")}


def counts(response: HttpResponse) -> list[str]:
    return [column["data-count"] for column in handles(response, "board-column")]


def send(client: Client, path: str, *, htmx: bool = True, **data: Any) -> HttpResponse:
    sent = {"from": "board", "form_key": uuid.uuid4(), **data}
    return client.post(path, sent, **(HTMX if htmx else {}))


def reread(payment_request: PaymentRequest) -> PaymentRequest:
    return PaymentRequest.objects.get(pk=payment_request.pk)


def test_each_stage_has_its_column_with_number_and_sum(world: World) -> None:
    draft(world)
    on_approval(world)
    on_approval(world, amount=Decimal("950.00"))
    waiting_for_acceptance(world)
    approved(world)
    paid(world)

    response = board(world.accountant)

    columns = [column["data-stage"] for column in handles(response, "board-column")]
    assert columns == ["draft", "on_approval", "accepting", "approved", "paid"]
    assert counts(response) == ["1", "2", "1", "1", "1"]
    assert "50\u00a0000,00\u00a0₽" in response.content.decode()
    assert len(cards(response)) == 6
    assert counts(board(world.manager2)) == ["0"] * 5
    # Counted row by row where the board is narrowed down, and so the same.
    assert counts(board(world.accountant, payer=world.payer.pk)) == ["1", "2", "1", "1", "1"]


def test_what_was_paid_off_long_ago_is_in_the_registry(world: World) -> None:
    old = paid(world)
    long_ago = timezone.now() - board_of.PAID_FOR - datetime.timedelta(hours=1)
    PaymentRequest.objects.filter(pk=old.pk).update(closed_at=long_ago)

    assert counts(board(world.accountant)) == ["0"] * 5


def test_mine_is_what_i_wrote_and_what_waits_for_me(world: World) -> None:
    by_me = draft(world, author=world.supervisor)
    waits = on_approval(world)
    draft(world)
    approved(world)

    assert set(cards(board(world.supervisor, mine="on"))) == {str(by_me.pk), str(waits.pk)}
    assert counts(board(world.supervisor, mine="on")) == ["1", "1", "0", "0", "0"]


def test_a_card_goes_where_its_person_may_move_it(world: World) -> None:
    made = {
        "draft": draft(world),
        "sent": on_approval(world),
        "accepting": waiting_for_acceptance(world),
        "approved": approved(world),
        "paid": paid(world),
    }
    expected = {
        world.manager: ["on_approval", "draft", "approved draft", "", ""],
        world.supervisor: ["", "accepting draft", "approved", "", ""],
        world.accountant: ["", "", "approved", "draft paid", ""],
        world.director: ["", "", "", "", ""],
        world.admin: ["", "", "", "", ""],
    }
    for user, to in expected.items():
        shown = cards(board(user))
        assert [shown[str(row.pk)]["data-to"] for row in made.values()] == to, user
        dragged = [shown[str(row.pk)].get("draggable") for row in made.values()]
        assert dragged == ["true" if it else None for it in to], user


def test_the_steps_of_a_card_say_why_not(world: World) -> None:
    sent = on_approval(world)
    client = logged_in(world.accountant)

    response = client.get(f"/board/{sent.pk}/move/", **HTMX)

    steps = {it["data-step"]: it["data-allowed"] for it in handles(response, "board-step")}
    assert steps == dict.fromkeys(("approve", "return", "refuse", "withdraw", "cancel"), "no")
    assert "<html" not in response.content.decode()
    assert "Эта задача ждёт другого человека." in response.content.decode()
    # Without scripts it is a page; of one column, what leads there alone.
    page = logged_in(world.supervisor).get(f"/board/{sent.pk}/move/?to=draft")
    assert "<html" in page.content.decode()
    assert [it["data-step"] for it in handles(page, "board-step")] == ["return", "withdraw"]
    assert logged_in(world.manager2).get(f"/board/{sent.pk}/move/").status_code == 404


def test_what_was_moved_stands_on_top_of_its_new_column(world: World) -> None:
    on_approval(world)
    made = draft(world, pay_by=timezone.localdate() + datetime.timedelta(days=30))
    client = logged_in(world.manager)

    response = send(client, f"/requests/{made.pk}/submit/", back="mine=on")

    assert (response.status_code, response["Location"]) == (303, f"/board/?mine=on&moved={made.pk}")
    page = client.get(response["Location"], **HTMX)
    assert counts(page) == ["0", "2", "0", "0", "0"]
    first = handles(page, "board-card")[0]
    assert (first["data-pk"], "is-moved" in first["class"]) == (str(made.pk), True)
    assert len(handles(page, "board-card")) == 2


def test_a_draft_that_is_not_complete_stays_with_the_way_to_its_form(world: World) -> None:
    made = draft(world, invoice=False)

    response = send(logged_in(world.manager), f"/requests/{made.pk}/submit/")

    assert response.status_code == 422
    assert handle(response, "board-refusal")
    assert "Приложите счёт на оплату." in response.content.decode()
    assert f"/requests/{made.pk}/edit/" in response.content.decode()
    assert counts(response) == ["1", "0", "0", "0", "0"]


def test_a_return_asks_what_to_change(world: World) -> None:
    sent = on_approval(world)
    task, client = open_task(sent), logged_in(world.supervisor)

    response = send(client, f"/tasks/{task.pk}/return/", reason=" ", back="mine=on")

    assert response.status_code == 422
    assert response["HX-Retarget"], response["HX-Reselect"] == ("#move-body", "#move")
    assert [it["data-step"] for it in handles(response, "board-step")] == ["return"]
    assert 'aria-invalid="true"' in response.content.decode()
    assert 'value="mine=on"' in response.content.decode()
    assert "<html" in send(client, f"/tasks/{task.pk}/return/", htmx=False).content.decode()

    assert send(client, f"/tasks/{task.pk}/return/", reason="Другой счёт").status_code == 303
    assert reread(sent).status == "draft"
    assert "Возвращено на доработку" in board(world.supervisor).content.decode()


def test_a_decision_may_be_undone_on_the_board(world: World) -> None:
    sent = on_approval(world)
    task, client = open_task(sent), logged_in(world.supervisor)

    send(client, f"/tasks/{task.pk}/approve/")
    page = client.get("/board/")
    assert handle(page, "undo")["data-task-id"] == str(task.pk)
    assert counts(page) == ["0", "0", "1", "0", "0"]

    response = send(client, f"/tasks/{task.pk}/undo/")
    assert response["Location"] == f"/board/?moved={sent.pk}"
    assert counts(client.get(response["Location"])) == ["0", "1", "0", "0", "0"]


@pytest.mark.parametrize("who", ["manager", "accountant"])
def test_what_is_not_allowed_is_refused_again(world: World, who: str) -> None:
    sent = on_approval(world)

    response = send(logged_in(getattr(world, who)), f"/tasks/{open_task(sent).pk}/approve/")

    assert response.status_code == 403
    assert handle(response, "board-refusal")
    assert handles(response, "board-card")[0]["data-pk"] == str(sent.pk)
    assert reread(sent).status == "on_approval"


def test_who_comes_late_sees_the_card_where_it_is_now(world: World) -> None:
    sent = on_approval(world)
    task = open_task(sent)
    services.approve(task_id=task.pk, actor=world.supervisor)

    response = send(logged_in(world.supervisor), f"/tasks/{task.pk}/refuse/", reason="Нет")

    assert response.status_code == 409
    assert "Уже решено" in response.content.decode()
    assert counts(response) == ["0", "0", "1", "0", "0"]


def test_a_payment_is_recorded_on_the_board(world: World) -> None:
    ready = approved(world)
    client = logged_in(world.accountant)
    path = f"/requests/{ready.pk}/payments/"

    asked = client.get(f"/board/{ready.pk}/move/?to=paid", **HTMX).content.decode()
    assert 'name="payment_order"' in asked
    assert 'hx-encoding="multipart/form-data"' in asked

    wrong = send(client, path, amount="1000000", number="1", payment_order=pdf())
    assert wrong.status_code == 422
    assert [it["data-step"] for it in handles(wrong, "board-step")] == ["pay"]

    key = uuid.uuid4()
    for _click in range(2):
        good = send(client, path, number="7", payment_order=pdf(content=PDF), form_key=key)
        assert (good.status_code, good["Location"]) == (303, f"/board/?moved={ready.pk}")
    assert reread(ready).status == "paid"

    late = send(client, path, number="8", payment_order=pdf())
    assert late.status_code == 409


def test_more_of_a_column_comes_as_one_scrolls(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_of, "PER_COLUMN", 2)
    today = timezone.localdate()
    made = [draft(world, pay_by=today + datetime.timedelta(days=n)) for n in (3, 1, 5, 2, 4)]
    by_day = [str(it.pk) for it in sorted(made, key=lambda it: it.pay_by)]
    client = logged_in(world.manager)

    def more(html: str) -> str:
        return html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")

    page = client.get(f"/board/?moved={made[2].pk}")
    assert list(cards(page)) == [by_day[4], *by_day[:2]]
    second = client.get(more(page.content.decode()), **HTMX)
    assert list(cards(second)) == by_day[2:4]
    assert "hx-get" not in second.content.decode()

    # Without scripts the same address shows the column from there on.
    address = more(client.get("/board/").content.decode())
    there = client.get(address)
    assert there["Location"].startswith("/board/?draft=")
    assert list(cards(client.get(there["Location"].split("#")[0]))) == by_day[2:4]
    assert client.get("/board/refused/").status_code == 404
    assert client.get("/board/draft/?after=xx", **HTMX).status_code == 200

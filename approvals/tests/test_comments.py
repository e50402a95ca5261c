"""Remarks, whom they may mention, and who is told because they watch."""

from __future__ import annotations

import uuid

import pytest

from approvals import services
from approvals.audience import people_who_see
from approvals.mentions import mentioned_names, with_names
from approvals.models import PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import handles, logged_in
from audit.refusals import Invalid
from audit.services import verify
from notifications.models import Notice
from notifications.presenters import notice_text
from people.models import Department, User


def told(user: User, kind: str) -> list[Notice]:
    return list(Notice.objects.filter(user=user, kind=kind).order_by("pk"))


def say(made: PaymentRequest, who: User, text: str, **more: object) -> None:
    services.add_comment(payment_request_id=made.pk, actor=who, text=text, **more)


@pytest.mark.parametrize(
    "walk", ["draft", "on_approval", "waiting_for_acceptance", "approved", "paid"]
)
def test_who_sees_a_request_is_one_answer_from_both_sides(world: World, walk: str) -> None:
    head = builders._person("head", "Лебедев Олег Иванович", world.board)
    above = Department.objects.create(name="Коммерческая дирекция", head=head)
    world.purchasing.parent = above
    world.purchasing.save(update_fields=["parent"])
    builders._person("colleague", "Рыбаков Семён Ильич", world.purchasing, is_manager=True)
    builders._person("clerk", "Новиков Пётр Ильич", world.purchasing)
    made = getattr(builders, walk)(world)

    seen_by = set(people_who_see(made))

    for person in User.objects.all():
        sees = PaymentRequest.objects.visible_to(person).filter(pk=made.pk).exists()
        assert (person in seen_by) == sees, person.username
    assert {world.manager2, world.supervisor2}.isdisjoint(seen_by)


def test_a_remark_is_an_event_and_is_told(world: World) -> None:
    made = builders.on_approval(world)

    say(made, world.accountant, "Договор есть?")

    event = made.events.latest("seq")
    assert (event.kind, event.actor, event.data["text"]) == (
        "comment.added",
        world.accountant,
        "Договор есть?",
    )
    [notice] = told(world.manager, "comment")
    assert "Договор есть?" in notice_text(notice)
    assert "Зайцева" in notice_text(notice)
    assert told(world.supervisor, "comment")
    assert not told(world.accountant, "comment")
    assert not told(world.director, "comment")
    assert verify() == []


def test_whoever_is_mentioned_is_told_so(world: World) -> None:
    made = builders.on_approval(world)

    say(made, world.manager, "Спросите у @accountant, она знает. И @supervisor.")

    [notice] = told(world.accountant, "mention")
    assert "@Зайцева" in notice_text(notice)
    assert told(world.supervisor, "mention")
    assert not told(world.supervisor, "comment")
    page = logged_in(world.supervisor).get(f"/requests/{made.pk}/").content.decode()
    assert '<span class="mention">@Зайцева' in page
    assert "она знает" in page


def test_nobody_is_mentioned_who_may_not_see_it(world: World) -> None:
    made = builders.on_approval(world)

    with pytest.raises(Invalid, match="Тимофеев"):
        say(made, world.manager, "Посмотри, @manager2")

    answer = logged_in(world.manager).post(
        f"/requests/{made.pk}/comments/", {"text": "Посмотри, @manager2"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Посмотри, @manager2" in page
    assert "Тимофеев" in page
    assert not Notice.objects.filter(kind="mention").exists()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@supervisor", {"supervisor"}),
        ("Да, @supervisor. И (@a.b), @c-d!", {"supervisor", "a.b", "c-d"}),
        ("a@b.example и @ и @@x", {"x"} - {"x"}),
        ("@ivan@firm.example, гляньте", {"ivan@firm.example"}),
    ],
)
def test_what_is_a_mention(text: str, names: set[str]) -> None:
    assert mentioned_names(text) == names


def test_a_mention_is_read_with_the_persons_name(world: World) -> None:
    read = with_names("@supervisor, @nobody: @supervisor.", [world.supervisor])

    name = world.supervisor.short_name
    assert read == f"@{name}, @nobody: @{name}."


def test_nothing_is_said_with_nothing_or_too_much(world: World) -> None:
    made = builders.draft(world)

    for text in ("", "  \n", "я" * 2001):
        with pytest.raises(Invalid):
            say(made, world.manager, text)
        client = logged_in(world.manager)
        assert client.post(f"/requests/{made.pk}/comments/", {"text": text}).status_code == 422


def test_said_twice_is_said_once(world: World) -> None:
    made, key = builders.draft(world), uuid.uuid4()

    for _click in range(2):
        say(made, world.manager, "Жду ответа", form_key=key)

    assert made.events.filter(kind="comment.added").count() == 1


def test_what_is_typed_is_shown_as_text(world: World) -> None:
    made = builders.on_approval(world)
    say(made, world.manager, "<script>alert(1)</script>\nвторая строка @supervisor")

    page = logged_in(world.supervisor).get("/tasks/").content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br>вторая строка" in page


def test_a_remark_from_the_inbox_comes_back_to_its_task(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    supervisor = logged_in(world.supervisor)
    sent = {"from": "tasks", "task": task.pk}

    answer = supervisor.post(f"/requests/{made.pk}/comments/", {**sent, "text": "Смета?"})
    wrong = supervisor.post(f"/requests/{made.pk}/comments/", {**sent, "text": " "})

    assert (answer.status_code, answer["Location"]) == (303, f"/tasks/?task={task.pk}")
    assert len(handles(supervisor.get(answer["Location"]), "comment")) == 1
    assert wrong.status_code == 422
    assert handles(wrong, "task-card")[0]["data-task-id"] == str(task.pk)
    other = supervisor.post(f"/requests/{made.pk}/comments/", {"text": "Ещё"})
    assert other["Location"] == f"/requests/{made.pk}/#comments"


def test_a_remark_does_not_end_the_time_of_undo(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    services.approve(task_id=task.pk, actor=world.supervisor)
    say(made, world.manager, "Спасибо")

    services.undo(task_id=task.pk, actor=world.supervisor)

    assert builders.open_task(made) == task


def test_whoever_watches_is_told_of_each_decision(world: World) -> None:
    made = builders.draft(world)
    for person in (world.director, world.supervisor, world.manager):
        services.watch(payment_request_id=made.pk, actor=person)
        services.watch(payment_request_id=made.pk, actor=person)
    services.submit(payment_request_id=made.pk, actor=world.manager)
    services.approve(task_id=builders.open_task(made).pk, actor=world.supervisor)
    services.accept(task_id=builders.open_task(made).pk, actor=world.manager)
    builders.pay(world, made)

    news = [notice_text(notice).split(":")[0] for notice in told(world.director, "watched")]
    assert news == ["Согласовано", "Принято и передано в оплату", "Оплачено"]
    # What one did oneself is no news, and the author is told otherwise.
    assert len(told(world.supervisor, "watched")) == 2
    assert not told(world.manager, "watched")


def test_an_undone_decision_is_no_news(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    services.watch(payment_request_id=made.pk, actor=world.director)
    services.refuse(task_id=task.pk, actor=world.supervisor, reason="Нет в плане")
    assert told(world.director, "watched")

    services.undo(task_id=task.pk, actor=world.supervisor)

    assert not told(world.director, "watched")


def test_whoever_sees_it_no_longer_is_told_no_more(world: World) -> None:
    made = builders.on_approval(world)
    leaver = builders._person("leaver", "Рыбаков Семён Ильич", world.purchasing, is_manager=True)
    services.watch(payment_request_id=made.pk, actor=leaver)
    leaver.department = world.marketing
    leaver.save(update_fields=["department"])

    services.approve(task_id=builders.open_task(made).pk, actor=world.supervisor)

    assert not told(leaver, "watched")


def test_watching_from_the_card(world: World) -> None:
    made = builders.on_approval(world)
    client = logged_in(world.accountant)
    path = f"/requests/{made.pk}/"

    assert client.post(f"{path}watch/")["Location"] == path
    assert handles(client.get(path), "watch")[0]["data-watched"] == "yes"
    assert client.post(f"{path}unwatch/").status_code == 303
    assert handles(client.get(path), "watch")[0]["data-watched"] == "no"
    assert not handles(logged_in(world.auditor).get(path), "watch")

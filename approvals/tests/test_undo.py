"""Undo: a decision taken back within seconds, before anything of it was mailed."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.core import mail
from django.utils import timezone

from approvals import services
from approvals.models import ApprovalTask, PaymentRequest
from approvals.states import UNDO_FOR
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import logged_in
from audit.refusals import Conflict, Forbidden
from audit.services import verify
from notifications.models import Notice
from notifications.services import notify
from outbox import services as outbox
from tests.worker import work

SECOND = datetime.timedelta(seconds=1)


def now_of(made: PaymentRequest) -> PaymentRequest:
    return PaymentRequest.objects.get(pk=made.pk)


def facts(made: PaymentRequest) -> dict[str, object]:
    """Everything that a decision moves."""
    it = now_of(made)
    return {
        name: getattr(it, name)
        for name in ("status", "round", "submitted_at", "approved_at", "closed_at", "waiting_since")
    }


def decide(task: ApprovalTask, verb: str, now: datetime.datetime | None = None) -> None:
    """One of the four decisions, by whose turn it is."""
    words = {"reason": "Нет сметы"} if verb in ("return_for_changes", "refuse") else {}
    getattr(services, verb)(task_id=task.pk, actor=task.assignee, now=now, **words)


@pytest.mark.parametrize("verb", ["approve", "return_for_changes", "refuse"])
def test_a_decision_is_taken_back_and_stays_in_the_history(world: World, verb: str) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    before = facts(made)
    decide(task, verb)

    services.undo(task_id=task.pk, actor=world.supervisor)

    assert facts(made) == before
    assert builders.open_task(made) == task
    kinds = list(made.events.order_by("seq").values_list("kind", flat=True))
    assert kinds[-2].startswith("request.")
    assert kinds[-1] == "decision.undone"
    newest = made.events.latest("seq")
    assert newest.data["task"] == task.pk
    assert newest.data["decision"] == made.events.get(seq=newest.seq - 1).kind.removeprefix(
        "request."
    )
    assert verify() == []


def test_an_acceptance_is_taken_back(world: World) -> None:
    made = builders.waiting_for_acceptance(world)
    task, before = builders.open_task(made), facts(made)
    decide(task, "accept")
    assert now_of(made).status == "approved"

    services.undo(task_id=task.pk, actor=world.manager)

    assert facts(made) == before
    assert builders.open_task(made) == task
    assert not Notice.objects.filter(kind="accepted").exists()


def test_the_planned_day_is_as_before(world: World) -> None:
    """An acceptance after the cut-off plans the payment for the next pay day."""
    made = builders.waiting_for_acceptance(world, pay_by=timezone.localdate())
    organisation = builders.organisation_settings()
    organisation.pay_cut_off = datetime.time(0)
    organisation.save()
    task = builders.open_task(made)
    decide(task, "accept")
    assert now_of(made).planned_on > timezone.localdate()

    services.undo(task_id=task.pk, actor=world.manager)

    assert now_of(made).planned_on == timezone.localdate()


def test_an_approval_that_was_the_last_word_is_taken_back(world: World) -> None:
    organisation = builders.organisation_settings()
    organisation.acceptance_step = False
    organisation.save()
    made = builders.on_approval(world)
    task, before = builders.open_task(made), facts(made)
    decide(task, "approve")
    assert now_of(made).status == "approved"

    services.undo(task_id=task.pk, actor=world.supervisor)

    assert facts(made) == before
    assert set(Notice.objects.values_list("kind", flat=True)) == {"task"}


@pytest.mark.parametrize("verb", ["approve", "return_for_changes", "refuse"])
def test_nothing_was_mailed_and_the_bell_is_as_before(world: World, verb: str) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    decide(task, verb)
    told = Notice.objects.get(user=world.manager)
    assert told.next_try_at == told.created_at + UNDO_FOR
    work()
    sent = [message for message in mail.outbox if "manager@" in message.to[0]]
    assert sent == []

    services.undo(task_id=task.pk, actor=world.supervisor)

    assert not Notice.objects.filter(user=world.manager).exists()
    work()
    assert [message for message in mail.outbox if "manager@" in message.to[0]] == []


def test_the_mail_leaves_by_itself_when_the_time_is_over(world: World) -> None:
    made = builders.on_approval(world)
    earlier = timezone.now() - UNDO_FOR
    decide(builders.open_task(made), "approve", now=earlier)

    work()

    assert len([message for message in mail.outbox if "manager@" in message.to[0]]) == 1


def test_the_task_after_an_undone_approval_is_closed(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    decide(task, "approve")
    acceptance = builders.open_task(made)
    services.undo(task_id=task.pk, actor=world.supervisor)

    with pytest.raises(Conflict, match="Белозёров"):
        services.accept(task_id=acceptance.pk, actor=world.manager)

    acceptance.refresh_from_db()
    assert acceptance.decision == "undone"
    # It can be decided again, and then accepted.
    decide(task, "approve")
    decide(builders.open_task(made), "accept")
    assert now_of(made).status == "approved"


def test_too_late_by_the_clock(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    decide(task, "approve")
    task.refresh_from_db()
    assert task.decided_at is not None

    with pytest.raises(Conflict, match="Белозёров"):
        services.undo(
            task_id=task.pk, actor=world.supervisor, now=task.decided_at + UNDO_FOR + SECOND
        )

    services.undo(task_id=task.pk, actor=world.supervisor, now=task.decided_at + UNDO_FOR)


def test_too_late_once_somebody_acted(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    decide(task, "approve")
    decide(builders.open_task(made), "accept")

    with pytest.raises(Conflict, match="Кравцова"):
        services.undo(task_id=task.pk, actor=world.supervisor)

    assert now_of(made).status == "approved"


def test_too_late_once_the_draft_was_touched(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    decide(task, "return_for_changes")
    services.update_draft(
        payment_request_id=made.pk, actor=world.manager, fields={"basis": "Договор 18"}
    )

    with pytest.raises(Conflict, match="Кравцова"):
        services.undo(task_id=task.pk, actor=world.supervisor)


def test_too_late_when_mail_is_on_the_way(world: World) -> None:
    """Even within the time: what cannot be unsaid is not undone."""
    made = builders.on_approval(world)
    task = builders.open_task(made)
    decide(task, "approve")
    told = Notice.objects.get(user=world.manager)
    assert outbox.claim(Notice, told.pk, now=timezone.now() + UNDO_FOR)

    with pytest.raises(Conflict):
        services.undo(task_id=task.pk, actor=world.supervisor)

    task.refresh_from_db()
    assert task.decision == "approved"
    assert Notice.objects.filter(pk=told.pk).exists()


def test_only_by_whoever_decided(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    decide(task, "approve")

    for person in (world.manager, world.director, world.admin, world.accountant):
        with pytest.raises(Forbidden):
            services.undo(task_id=task.pk, actor=person)


def test_twice_is_once(world: World) -> None:
    made = builders.on_approval(world)
    task, key = builders.open_task(made), uuid.uuid4()
    decide(task, "approve")
    services.undo(task_id=task.pk, actor=world.supervisor, form_key=key)

    services.undo(task_id=task.pk, actor=world.supervisor, form_key=key)

    with pytest.raises(Conflict):
        services.undo(task_id=task.pk, actor=world.supervisor, form_key=uuid.uuid4())
    assert made.events.filter(kind="decision.undone").count() == 1


def test_the_same_page_decides_again_after_an_undo(world: World) -> None:
    """The button's key was used for the decision that was taken back; it is no double click."""
    made = builders.on_approval(world)
    task, key = builders.open_task(made), uuid.uuid4()
    services.approve(task_id=task.pk, actor=world.supervisor, form_key=key)
    services.undo(task_id=task.pk, actor=world.supervisor)

    services.approve(task_id=task.pk, actor=world.supervisor, form_key=key)

    assert made.events.filter(kind="request.approved").count() == 2
    assert builders.open_task(made).kind == "accept"


def test_the_news_of_an_earlier_round_stay(world: World) -> None:
    made = builders.on_approval(world)
    decide(builders.open_task(made), "return_for_changes")
    services.submit(payment_request_id=made.pk, actor=world.manager)
    task = builders.open_task(made)
    notify(user=world.manager, kind="no_letter", context={"request_id": made.pk})
    decide(task, "refuse")

    services.undo(task_id=task.pk, actor=world.supervisor)

    kept = Notice.objects.filter(user=world.manager).order_by("pk").values_list("kind", flat=True)
    assert list(kept) == ["returned", "no_letter"]


def test_by_the_page(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    supervisor = logged_in(world.supervisor)
    supervisor.post(f"/tasks/{task.pk}/approve/")

    answer = supervisor.post(f"/tasks/{task.pk}/undo/", {"from": "tasks"})

    assert (answer.status_code, answer["Location"]) == (303, f"/tasks/?task={task.pk}")
    late = supervisor.post(f"/tasks/{task.pk}/undo/")
    assert late.status_code == 409
    assert "Белозёров" in late.content.decode()

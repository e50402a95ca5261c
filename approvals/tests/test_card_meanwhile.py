"""Somebody moves a request while another person's card of it is being put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from approvals import selectors, services
from approvals.models import ApprovalTask, PaymentRequest
from approvals.tests.builders import World, approved, open_task, waiting_for_acceptance
from tests.neighbour import Person

pytestmark = pytest.mark.django_db


def meanwhile(monkeypatch: pytest.MonkeyPatch, reading: str, act: Callable[[], object]) -> None:
    """`act` happens once, just before the card reads this."""
    read = getattr(selectors, reading)
    left = [act]

    def first_act(*args: Any, **kwargs: Any) -> Any:
        if left:
            left.pop()()
        return read(*args, **kwargs)

    monkeypatch.setattr(selectors, reading, first_act)


def test_the_author_takes_the_acceptance_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = approved(world)
    task = ApprovalTask.objects.get(payment_request=made, kind="accept")
    accountant = Person("accountant")
    accountant.get("/")
    meanwhile(monkeypatch, "events_of", lambda: services.undo(task_id=task.pk, actor=world.manager))

    accountant.get(f"/requests/{made.pk}/")

    assert PaymentRequest.objects.get(pk=made.pk).status == "on_approval"
    assert accountant.get(f"/requests/{made.pk}/").one("task", kind="accept")


def test_the_author_accepts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = waiting_for_acceptance(world)
    accountant = Person("accountant")
    accountant.get("/")
    task = open_task(made)
    meanwhile(
        monkeypatch, "tasks_of", lambda: services.accept(task_id=task.pk, actor=world.manager)
    )

    accountant.get(f"/requests/{made.pk}/")

    assert accountant.get(f"/requests/{made.pk}/").one("request-status")["status"] == "approved"

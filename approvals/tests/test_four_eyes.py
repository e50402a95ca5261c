"""No payment goes through one pair of hands: who wrote a request neither decides about it nor pays it.

Whatever roles a person has, and whatever stands in the rows: by the policies, by the services, and over HTTP.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError
from django.http import HttpResponse
from django.utils import timezone

from approvals import policies, services
from approvals.models import ApprovalTask, Payment, PaymentRequest
from approvals.selectors import organisation_settings
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import logged_in
from audit.refusals import Forbidden, Invalid, Refused
from people.models import User
from tests.faults.forms import request_form

ROLES = ("is_manager", "is_accountant", "is_administrator", "is_auditor")


@pytest.fixture
def everything(world: World) -> User:
    """A manager with every role, without a supervisor, head of the department and the default approver."""
    person = world.manager
    for role in ROLES:
        setattr(person, role, True)
    person.supervisor = None
    person.save()
    world.purchasing.head = person
    world.purchasing.save()
    organisation = organisation_settings()
    organisation.default_approver = person
    organisation.save()
    return person


@pytest.fixture
def sent(world: World) -> PaymentRequest:
    """Sent to the supervisor, before its author came to power."""
    return builders.on_approval(world)


@pytest.fixture
def own_task(sent: PaymentRequest, everything: User) -> ApprovalTask:
    """The author's own request, and somebody has put its task into the author's hands."""
    task = builders.open_task(sent)
    ApprovalTask.objects.filter(pk=task.pk).update(assignee=everything)
    task.refresh_from_db()
    return task


def test_nobody_is_their_own_approver(world: World, everything: User) -> None:
    """Head and default approver are the author, there is no supervisor: then nobody decides."""
    made = builders.draft(world)

    with pytest.raises(Invalid):
        services.submit(payment_request_id=made.pk, actor=everything)

    assert PaymentRequest.objects.get(pk=made.pk).status == "draft"
    assert not ApprovalTask.objects.exists()


def test_nobody_is_their_own_supervisor(world: World) -> None:
    world.manager.supervisor = world.manager

    with pytest.raises(IntegrityError):
        world.manager.save()


def test_who_stands_in_for_the_supervisor_does_not_for_themselves(world: World) -> None:
    """The supervisor has left, and the author heads the department meanwhile: it goes further up."""
    world.supervisor.is_active = False
    world.supervisor.save()
    world.purchasing.head = world.manager
    world.purchasing.save()

    task = builders.open_task(builders.on_approval(world))

    assert task.assignee == world.director


def policy(verb: str, payment_request: PaymentRequest, actor: User) -> Refused | None:
    """What the policies say to it."""
    task = ApprovalTask.objects.filter(payment_request=payment_request, decision="").first()
    if verb == "pay":
        return policies.why_not_pay(payment_request, actor)
    assert task is not None
    return policies.why_not_decide(task, payment_request, actor)


def payment(payment_request: PaymentRequest, actor: User) -> Any:
    return services.record_payment(
        payment_request_id=payment_request.pk,
        actor=actor,
        paid_on=timezone.localdate(),
        number="373",
        payment_order=builders.upload(actor),
    )


DECISIONS: dict[str, Callable[[ApprovalTask, User], Any]] = {
    "approve": lambda task, actor: services.approve(task_id=task.pk, actor=actor),
    "return": lambda task, actor: services.return_for_changes(
        task_id=task.pk, actor=actor, reason="Так надо"
    ),
    "refuse": lambda task, actor: services.refuse(task_id=task.pk, actor=actor, reason="Так надо"),
}


@pytest.mark.parametrize("verb", DECISIONS)
def test_the_author_does_not_decide(own_task: ApprovalTask, everything: User, verb: str) -> None:
    client = logged_in(everything)

    assert isinstance(policy(verb, own_task.payment_request, everything), Forbidden)
    with pytest.raises(Forbidden):
        DECISIONS[verb](own_task, everything)
    form = {"reason": "Так надо", "actor": "1", "assignee": str(everything.pk), "author": "1"}
    assert client.post(f"/tasks/{own_task.pk}/{verb}/", form).status_code == 403

    own_task.refresh_from_db()
    assert own_task.is_open
    assert PaymentRequest.objects.get().status == "on_approval"


def test_nor_together_with_others(world: World, own_task: ApprovalTask, everything: User) -> None:
    """Of the ticked tasks those of others are approved, and the own one is not."""
    theirs = builders.open_task(builders.on_approval(world, author=world.supervisor))
    ApprovalTask.objects.filter(pk=theirs.pk).update(assignee=everything)

    answer = logged_in(everything).post("/tasks/approve/", {"task": [own_task.pk, theirs.pk]})

    assert answer.status_code == 303
    states = dict(ApprovalTask.objects.values_list("pk", "decision"))
    assert (states[own_task.pk], states[theirs.pk]) == ("", "approved")


@pytest.mark.parametrize("walk", ["approved", "paid"])
def test_the_author_does_not_pay(world: World, walk: str) -> None:
    made = getattr(builders, walk)(world)
    world.manager.is_accountant = True
    world.manager.save()
    before = Payment.objects.count()

    assert isinstance(policy("pay", made, world.manager), Forbidden)
    with pytest.raises(Forbidden):
        payment(made, world.manager)
    assert pay_over_http(made, world.manager).status_code == 403

    assert Payment.objects.count() == before
    page = logged_in(world.manager).get(f"/requests/{made.pk}/").content.decode()
    assert f"/requests/{made.pk}/payments/" not in page


def pay_over_http(made: PaymentRequest, user: User) -> HttpResponse:
    form = {
        "form_key": str(uuid.uuid4()),
        "number": "373",
        "paid_on": timezone.localdate().isoformat(),
        "payment_order": builders.pdf(),
        "actor": "1",
        "author": "1",
    }
    return logged_in(user).post(f"/requests/{made.pk}/payments/", form)


def test_another_accountant_pays(world: World) -> None:
    made = builders.approved(world)

    assert pay_over_http(made, world.accountant).status_code == 303
    assert PaymentRequest.objects.get(pk=made.pk).status == "paid"


def test_a_form_cannot_say_whose_request_it_is_or_where_it_stands(world: World) -> None:
    """Fields that no page has: an author, a status, a decision, an amount that is paid."""
    no_fields = {"status": "approved", "paid_amount": "12.00", "number": "999", "round": "7"}
    form = request_form(world, author=world.supervisor.pk, **no_fields)

    assert logged_in(world.manager).post("/requests/new/", form).status_code == 303

    made = PaymentRequest.objects.get()
    assert (made.author, made.status, made.paid_amount) == (world.manager, "draft", 0)
    assert (made.number, made.round) != (999, 7)

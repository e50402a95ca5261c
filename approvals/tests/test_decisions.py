"""A request's way through its states: who may move it, what is written with each move, and the ways back."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from approvals import services
from approvals.models import ApprovalTask, PaymentRequest
from approvals.selectors import organisation_settings
from approvals.tests import builders
from approvals.tests.builders import World
from audit.refusals import Conflict, Forbidden, Invalid
from audit.services import verify
from notifications.models import Letter, Notice
from people.models import User

pytestmark = pytest.mark.django_db


def now_of(made: PaymentRequest) -> PaymentRequest:
    return PaymentRequest.objects.get(pk=made.pk)


def kinds(made: PaymentRequest) -> list[str]:
    return list(made.events.values_list("kind", flat=True))


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def test_the_whole_way_from_draft_to_paid_writes_an_event_a_step(world: World) -> None:
    made = builders.paid(world)

    assert made.status == "paid"
    assert made.amount_left == 0
    of_files = {"document.added", "paper.drawn_up"}
    assert [kind for kind in kinds(made) if kind not in of_files] == [
        "request.created",
        "request.submitted",
        "request.approved",
        "request.accepted",
        "payment.recorded",
    ]
    assert verify() == []
    assert told(world.supervisor) == ["task"]
    assert told(world.manager) == ["approved", "paid"]
    assert told(world.accountant) == ["accepted"]
    letter = Letter.objects.get()
    assert letter.to_email == world.contact.email
    attached = [document.kind for document in letter.attachments.all()]
    assert attached == ["payment_order", "payment_notice"]


def test_approval_goes_to_the_supervisor_and_then_back_to_the_author(world: World) -> None:
    made = builders.waiting_for_acceptance(world)

    assert made.status == "on_approval"
    task = builders.open_task(made)
    assert (task.kind, task.assignee) == ("accept", world.manager)


def test_without_the_acceptance_step_approval_is_enough(world: World) -> None:
    organisation = organisation_settings()
    organisation.acceptance_step = False
    organisation.save()

    made = builders.waiting_for_acceptance(world)

    assert made.status == "approved"
    assert not ApprovalTask.objects.filter(decision="").exists()
    assert told(world.manager) == ["approved"]
    assert told(world.accountant) == ["accepted"]


def test_return_keeps_the_number_and_the_decisions_and_counts_the_round(world: World) -> None:
    made = builders.on_approval(world)
    services.return_for_changes(
        task_id=builders.open_task(made).pk, actor=world.supervisor, reason="Приложите договор"
    )

    returned = now_of(made)
    assert (returned.status, returned.round, returned.number) == ("draft", 2, made.number)
    assert told(world.manager) == ["returned"]

    services.submit(payment_request_id=made.pk, actor=world.manager)
    services.approve(task_id=builders.open_task(made).pk, actor=world.supervisor)
    rounds = made.tasks.exclude(decision="").values_list("round", "decision")
    assert list(rounds.order_by("pk")) == [(1, "returned"), (2, "approved")]


@pytest.mark.parametrize("verb", [services.return_for_changes, services.refuse])
def test_return_and_refusal_need_a_reason(world: World, verb) -> None:  # type: ignore[no-untyped-def]
    made = builders.on_approval(world)

    with pytest.raises(Invalid) as refusal:
        verb(task_id=builders.open_task(made).pk, actor=world.supervisor, reason="  ")

    assert "reason" in refusal.value.errors
    assert now_of(made).status == "on_approval"


def test_refusal_ends_it_and_tells_the_author(world: World) -> None:
    made = builders.on_approval(world)
    services.refuse(
        task_id=builders.open_task(made).pk, actor=world.supervisor, reason="Нет в плане"
    )

    assert now_of(made).status == "refused"
    assert told(world.manager) == ["refused"]
    with pytest.raises(Conflict):
        services.submit(payment_request_id=made.pk, actor=world.manager)


def test_nobody_approves_their_own_request_even_as_its_assignee(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    ApprovalTask.objects.filter(pk=task.pk).update(assignee=world.manager)

    with pytest.raises(Forbidden):
        services.approve(task_id=task.pk, actor=world.manager)


@pytest.mark.parametrize("who", ["manager2", "accountant", "director", "auditor", "admin"])
def test_only_the_assignee_decides(world: World, who: str) -> None:
    made = builders.on_approval(world)

    with pytest.raises(Forbidden):
        services.approve(task_id=builders.open_task(made).pk, actor=getattr(world, who))


def test_a_second_decision_is_told_of_the_first(world: World) -> None:
    made = builders.on_approval(world)
    task = builders.open_task(made)
    services.refuse(task_id=task.pk, actor=world.supervisor, reason="Нет в плане")

    with translation.override("ru"), pytest.raises(Conflict) as refusal:
        services.approve(task_id=task.pk, actor=world.supervisor)

    assert world.supervisor.short_name in refusal.value.reason
    assert f"{timezone.localdate():%d.%m.%Y}" in refusal.value.reason


def test_the_same_form_twice_is_one_decision(world: World) -> None:
    made = builders.on_approval(world)
    task, key = builders.open_task(made), uuid.uuid4()

    services.approve(task_id=task.pk, actor=world.supervisor, form_key=key)
    services.approve(task_id=task.pk, actor=world.supervisor, form_key=key)

    assert kinds(made).count("request.approved") == 1
    with pytest.raises(Conflict):
        services.approve(task_id=task.pk, actor=world.supervisor, form_key=uuid.uuid4())


@pytest.mark.parametrize("who", ["supervisor", "accountant"])
def test_supervisor_and_accountants_accept_for_the_author(world: World, who: str) -> None:
    made = builders.waiting_for_acceptance(world)
    actor = getattr(world, who)
    services.accept(task_id=builders.open_task(made).pk, actor=actor)

    assert now_of(made).status == "approved"
    task = made.tasks.get(kind="accept")
    assert (task.assignee, task.decided_by) == (world.manager, actor)
    assert made.events.get(kind="request.accepted").data["for_author"] is True


def test_a_supervisor_who_came_after_the_approval_accepts_too(world: World) -> None:
    made = builders.waiting_for_acceptance(world)
    world.manager.supervisor = world.supervisor2
    world.manager.save(update_fields=["supervisor"])
    visible = PaymentRequest.objects.visible_to(world.supervisor2)

    assert visible.get() == made
    services.accept(task_id=builders.open_task(made).pk, actor=world.supervisor2)
    assert visible.get().status == "approved"


@pytest.mark.parametrize("who", ["director", "auditor", "admin", "manager2"])
def test_nobody_else_accepts_for_the_author(world: World, who: str) -> None:
    made = builders.waiting_for_acceptance(world)

    with pytest.raises(Forbidden):
        services.accept(task_id=builders.open_task(made).pk, actor=getattr(world, who))


def test_withdrawal_closes_the_task_and_starts_a_round(world: World) -> None:
    made = builders.on_approval(world)
    services.withdraw(payment_request_id=made.pk, actor=world.manager)

    withdrawn = now_of(made)
    assert (withdrawn.status, withdrawn.round) == ("draft", 2)
    assert made.tasks.get().decision == "withdrawn"
    with pytest.raises(Conflict):
        services.withdraw(payment_request_id=made.pk, actor=world.manager)


@pytest.mark.parametrize("walk", ["draft", "on_approval", "waiting_for_acceptance", "approved"])
@pytest.mark.parametrize("who", ["manager", "admin"])
def test_author_or_administrator_cancels_before_any_payment(
    world: World, walk: str, who: str
) -> None:
    made = getattr(builders, walk)(world)
    services.cancel(payment_request_id=made.pk, actor=getattr(world, who), reason="Рейс отменили")

    assert now_of(made).status == "cancelled"
    assert not made.tasks.filter(decision="").exists()


def test_cancelling_needs_a_reason_and_no_payment(world: World) -> None:
    made = builders.approved(world)
    with pytest.raises(Invalid):
        services.cancel(payment_request_id=made.pk, actor=world.manager, reason="")
    builders.pay(world, made, Decimal("100.00"))
    with pytest.raises(Conflict):
        services.cancel(payment_request_id=made.pk, actor=world.manager, reason="Передумали")


def test_accountant_returns_an_approved_request_and_its_approver_is_told(world: World) -> None:
    made = builders.approved(world)
    services.return_to_author(
        payment_request_id=made.pk, actor=world.accountant, reason="Неверные реквизиты"
    )

    returned = now_of(made)
    assert (returned.status, returned.round) == ("draft", 2)
    assert told(world.supervisor)[-1] == "returned"
    assert told(world.manager)[-1] == "returned"


def test_accountant_returns_nothing_that_is_part_paid(world: World) -> None:
    made = builders.approved(world)
    builders.pay(world, made, Decimal("1.00"))

    with pytest.raises(Conflict):
        services.return_to_author(
            payment_request_id=made.pk, actor=world.accountant, reason="Ошибка"
        )


def test_the_approver_is_found_upwards_and_never_the_author(world: World) -> None:
    User.objects.filter(pk=world.supervisor.pk).update(is_active=False)
    world.purchasing.parent = world.board
    world.purchasing.save()

    assert builders.open_task(builders.on_approval(world)).assignee == world.director


def test_without_anybody_to_approve_submit_is_refused_and_nothing_is_made(world: World) -> None:
    User.objects.filter(pk__in=[world.supervisor.pk, world.director.pk]).update(is_active=False)
    made = builders.draft(world)

    with pytest.raises(Invalid) as refusal:
        services.submit(payment_request_id=made.pk, actor=world.manager)

    assert world.admin.full_name in refusal.value.reason
    assert now_of(made).status == "draft"
    assert not ApprovalTask.objects.exists()


def test_submit_names_each_missing_field(world: World) -> None:
    made = builders.draft(world, invoice=False, payer=None)
    builders.create_company(
        actor=world.admin,
        is_own=True,
        kind="organisation",
        name="ООО «Лиственный берег Монтаж»",
        inn="7799101028",
        kpp="779901001",
        ogrn="1207799101025",
    )

    with pytest.raises(Invalid) as refusal:
        services.submit(payment_request_id=made.pk, actor=world.manager)

    assert set(refusal.value.errors) == {"payer", "invoice"}


def test_payer_and_account_choose_themselves_where_there_is_one(world: World) -> None:
    made = builders.draft(world, payer=None, bank_account=None)
    services.submit(payment_request_id=made.pk, actor=world.manager)

    sent = now_of(made)
    assert (sent.payer, sent.bank_account) == (world.payer, world.account)


def test_a_passed_pay_by_lets_other_edits_and_stops_submit(world: World) -> None:
    then = timezone.now() - datetime.timedelta(days=10)
    made = services.create_request(
        actor=world.manager,
        fields=builders.fields(world, pay_by=timezone.localdate(then)),
        invoice=builders.upload(world.manager),
        now=then,
    )
    services.update_draft(
        payment_request_id=made.pk, actor=world.manager, fields={"basis": "Договор № 1"}
    )

    with pytest.raises(Invalid) as refusal:
        services.submit(payment_request_id=made.pk, actor=world.manager)
    assert set(refusal.value.errors) == {"pay_by"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bank_account", "other_account"),
        ("contact", "other_contact"),
        ("payer", "other_company"),
    ],
)
def test_forged_ties_are_refused_at_their_field(world: World, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        builders.draft(world, **{field: getattr(world, value)})

    assert field in refusal.value.errors
    assert not PaymentRequest.objects.exists()


def test_the_company_is_fixed(world: World) -> None:
    made = builders.draft(world)

    with pytest.raises(Invalid) as refusal:
        services.update_draft(
            payment_request_id=made.pk,
            actor=world.manager,
            fields={"company": world.other_company},
        )
    assert "company" in refusal.value.errors


def test_fields_change_in_draft_only_and_by_the_author(world: World) -> None:
    made = builders.draft(world)
    with pytest.raises(Forbidden):
        services.update_draft(
            payment_request_id=made.pk, actor=world.supervisor, fields={"basis": "x"}
        )
    services.submit(payment_request_id=made.pk, actor=world.manager)
    with pytest.raises(Conflict):
        services.update_draft(
            payment_request_id=made.pk, actor=world.manager, fields={"basis": "x"}
        )


def test_vat_is_worked_out_follows_the_amount_and_keeps_a_correction(world: World) -> None:
    made = builders.draft(world)
    assert made.vat_amount == Decimal("8845.08")

    def change(**changes: Decimal) -> Decimal | None:
        return services.update_draft(
            payment_request_id=made.pk,
            actor=world.manager,
            fields=changes,  # type: ignore[arg-type]
        ).vat_amount

    assert change(amount=Decimal("61.00")) == Decimal("11.00")
    assert change(vat_amount=Decimal("10.99")) == Decimal("10.99")
    assert change(amount=Decimal("122.00")) == Decimal("10.99")


def test_the_same_form_makes_one_request(world: World) -> None:
    key = uuid.uuid4()
    first = services.create_request(
        actor=world.manager, fields=builders.fields(world), form_key=key
    )
    second = services.create_request(
        actor=world.manager, fields=builders.fields(world), form_key=key
    )

    assert first == second
    assert PaymentRequest.objects.count() == 1


def test_submit_at_once_makes_nothing_where_something_is_missing(world: World) -> None:
    with pytest.raises(Invalid) as refusal:
        services.create_request(
            actor=world.manager, fields=builders.fields(world), submit_at_once=True
        )

    assert "invoice" in refusal.value.errors
    assert not PaymentRequest.objects.exists()


def test_only_managers_make_requests(world: World) -> None:
    for who in (world.accountant, world.auditor, world.admin):
        with pytest.raises(Forbidden):
            services.create_request(actor=who, fields=builders.fields(world))

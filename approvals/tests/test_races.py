"""Eight people at once on PostgreSQL: one wins, the others are told who did."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from approvals import services
from approvals.models import Event, Payment, PaymentOrder, PaymentRequest, Register
from approvals.tests import builders
from approvals.tests.builders import World
from audit.refusals import Conflict, Invalid
from audit.services import verify
from documents.models import Document, DocumentKind
from notifications.models import Letter, Notice

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
THREADS = 8
ACCEPTING, UNDOING = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def world(transactional_db: None) -> World:
    return builders.build_world()


def at_once(act: Callable[[int], object]) -> list[Exception | None]:
    """What each of eight threads met when all began at the same moment: None, or how it was refused."""
    start = threading.Barrier(THREADS)
    met: list[Exception | None] = [None] * THREADS

    def run(place: int) -> None:
        try:
            start.wait(timeout=10)
            act(place)
        except (Conflict, Invalid) as refusal:
            met[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return met


def one_won(met: list[Exception | None], winner: str) -> None:
    assert met.count(None) == 1
    losers = [refusal for refusal in met if refusal is not None]
    assert all(isinstance(refusal, Conflict) for refusal in losers)
    assert all(winner in str(refusal) for refusal in losers)
    assert verify() == []


def events(kind: str) -> int:
    return Event.objects.filter(kind=kind).count()


def test_eight_approve_one_task(world: World) -> None:
    task = builders.open_task(builders.on_approval(world))

    met = at_once(lambda place: services.approve(task_id=task.pk, actor=world.supervisor))

    one_won(met, world.supervisor.short_name)
    assert events("request.approved") == 1
    assert Notice.objects.filter(kind="approved").count() == 1


def test_an_approval_is_undone_or_accepted(world: World) -> None:
    """Its approver takes it back at the moment when its author accepts it: one of them wins."""
    for _attempt in range(4):
        made = builders.on_approval(world)
        task = builders.open_task(made)
        services.approve(task_id=task.pk, actor=world.supervisor)
        acceptance = builders.open_task(made)

        def act(place: int, first: int = task.pk, second: int = acceptance.pk) -> None:
            if place % 2:
                services.accept(task_id=second, actor=world.manager, form_key=ACCEPTING)
            else:
                services.undo(task_id=first, actor=world.supervisor, form_key=UNDOING)

        met = at_once(act)

        accepted = PaymentRequest.objects.get(pk=made.pk).status == "approved"
        winners, losers = (met[1::2], met[::2]) if accepted else (met[::2], met[1::2])
        assert winners == [None] * (THREADS // 2)
        told = world.manager if accepted else world.supervisor
        assert all(told.short_name in str(refusal) for refusal in losers)
        assert open_tasks(made) == (0 if accepted else 1)
        news = Notice.objects.filter(context__request_id=made.pk).exclude(kind="task")
        assert set(news.values_list("kind", flat=True)) == (
            {"approved", "accepted"} if accepted else set()
        )
        assert verify() == []


def open_tasks(made: PaymentRequest) -> int:
    return made.tasks.filter(decision="").count()


def test_eight_give_one_number(world: World) -> None:
    """To orders of eight requests of one payer."""
    requests = [builders.approved(world) for _place in range(THREADS)]

    met = at_once(lambda place: builders.ordered(world, requests[place], number="12"))

    assert met.count(None) == 1
    assert all(set(r.errors) == {"number"} for r in met if isinstance(r, Invalid))
    assert PaymentOrder.objects.count() == events("order.drawn_up") == 1
    papers = Document.objects.filter(kind=DocumentKind.ORDER_FORM)
    assert papers.count() == 1
    assert verify() == []


def test_eight_orders_for_one_request_are_for_no_more_than_is_left(world: World) -> None:
    made = builders.approved(world)

    met = at_once(lambda place: builders.ordered(world, made, amount=made.amount))

    assert met.count(None) == 1
    assert all(set(r.errors) == {"amount"} for r in met if isinstance(r, Invalid))
    assert PaymentOrder.objects.count() == 1


def test_eight_pay_one_request(world: World) -> None:
    made = builders.approved(world)
    orders = [builders.upload(world.accountant, f"п-п {place}.pdf") for place in range(THREADS)]

    met = at_once(
        lambda place: services.record_payment(
            payment_request_id=made.pk,
            actor=world.accountant,
            paid_on=timezone.localdate(),
            number="373",
            payment_order=orders[place],
        )
    )

    one_won(met, world.accountant.short_name)
    assert Payment.objects.count() == events("payment.recorded") == Letter.objects.count() == 1


def test_eight_part_payments_never_add_up_above_the_amount(world: World) -> None:
    made = builders.approved(world, amount=Decimal("100.00"), vat_amount=None)
    orders = [builders.upload(world.accountant, f"п-п {place}.pdf") for place in range(THREADS)]

    met = at_once(
        lambda place: services.record_payment(
            payment_request_id=made.pk,
            actor=world.accountant,
            amount=Decimal("30.00"),
            paid_on=timezone.localdate(),
            number="373",
            payment_order=orders[place],
        )
    )

    assert met.count(None) == 3
    assert PaymentRequest.objects.get(pk=made.pk).paid_amount == Decimal("90.00")
    assert verify() == []


def test_eight_submit_one_draft(world: World) -> None:
    made = builders.draft(world)

    met = at_once(lambda place: services.submit(payment_request_id=made.pk, actor=world.manager))

    one_won(met, world.manager.short_name)
    assert events("request.submitted") == 1
    assert Notice.objects.filter(kind="task").count() == 1


def test_eight_draw_up_the_register_of_a_day(world: World) -> None:
    """Its folder, and the year's, are made once; who comes later finds that nothing has changed."""
    today = timezone.localdate()
    builders.approved(world, pay_by=today)

    met = at_once(lambda place: services.draw_up_register(on=today, actor=world.accountant))

    assert met == [None] * THREADS
    [register] = Register.objects.all()
    assert register.document.paper.version == 1
    assert verify() == []

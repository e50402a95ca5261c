"""The running totals are what all rows come to, whatever happens, folded or not."""

from __future__ import annotations

import datetime
import functools
import random
import threading
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from approvals import services, total_lines
from approvals.models import ApprovalTask, Payment, PaymentRequest, TotalLine
from approvals.selectors import organisation_settings
from approvals.services import totals
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.true_sums import picture_of, same_for_all, true_picture_of
from audit.refusals import Conflict, Forbidden, Invalid
from people.models import Department

STEPS = 60


class Walk:
    """Steps at random, by the real services; what is refused is no step."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.dice = world, random.Random(seed)

    def step(self) -> None:
        acts = [self.make, self.submit, self.decide, self.pay, self.plan, self.undo]
        rare = [self.cancel, self.withdraw, self.send_back]
        for act in self.dice.choices(acts + rare, [4, 4, 9, 5, 2, 2, 1, 1, 1], k=20):
            try:
                act()
                return
            except (Conflict, Forbidden, Invalid):
                continue

    def make(self) -> None:
        author = self.dice.choice([self.world.manager, self.world.manager2, self.world.supervisor])
        builders.draft(
            self.world,
            author=author,
            amount=Decimal(self.dice.randrange(1, 10**7)) / 100,
            pay_by=timezone.localdate() + datetime.timedelta(days=self.dice.randrange(4)),
        )

    def submit(self) -> None:
        it = self.one("draft")
        services.submit(payment_request_id=it.pk, actor=it.author)

    def decide(self) -> None:
        task = self.chosen(ApprovalTask.objects.filter(decision=""))
        how = self.dice.choice(["yes"] * 5 + ["refuse", "return"])
        if task.kind == "accept":
            services.accept(task_id=task.pk, actor=task.assignee)
        elif how == "yes":
            services.approve(task_id=task.pk, actor=task.assignee)
        elif how == "refuse":
            services.refuse(task_id=task.pk, actor=task.assignee, reason="нет")
        else:
            services.return_for_changes(task_id=task.pk, actor=task.assignee, reason="ещё")

    def pay(self) -> None:
        it = self.one("approved")
        part = self.dice.choice([None, None, Decimal("0.01"), it.amount_left / 2])
        services.record_payment(
            payment_request_id=it.pk,
            actor=self.world.accountant,
            amount=part and part.quantize(Decimal("0.01")),
            paid_on=timezone.localdate() - datetime.timedelta(days=self.dice.randrange(2)),
            number="373",
            payment_order=builders.upload(self.world.accountant),
        )

    def plan(self) -> None:
        it = self.one("approved", "on_approval")
        day = timezone.localdate() + datetime.timedelta(days=self.dice.randrange(9))
        services.plan_day(payment_request_id=it.pk, actor=self.world.accountant, day=day)

    def cancel(self) -> None:
        it = self.one("draft", "on_approval", "approved")
        services.cancel(payment_request_id=it.pk, actor=self.world.admin, reason="зря")

    def withdraw(self) -> None:
        it = self.one("on_approval")
        services.withdraw(payment_request_id=it.pk, actor=it.author)

    def send_back(self) -> None:
        it = self.one("approved")
        services.return_to_author(
            payment_request_id=it.pk, actor=self.world.accountant, reason="не тот счёт"
        )

    def undo(self) -> None:
        task = ApprovalTask.objects.filter(decided_by__isnull=False).order_by("-decided_at").first()
        if task is not None and task.decided_by is not None:
            services.undo(task_id=task.pk, actor=task.decided_by)

    def one(self, *statuses: str) -> PaymentRequest:
        return self.chosen(PaymentRequest.objects.filter(status__in=statuses))

    def chosen(self, rows: Any) -> Any:
        found = list(rows)
        if not found:
            raise Conflict("none")
        return self.dice.choice(found)


def fresh() -> int:
    return TotalLine.objects.filter(is_folded=False).count()


def unfolded_and_folded(world: World) -> None:
    """Everybody is told the truth, before the lines are folded and after."""
    assert totals.differences() == []
    truth = functools.cache(true_picture_of)
    same_for_all(world, picture_of, truth)
    totals.fold()
    assert fresh() == 0
    assert totals.differences() == []
    same_for_all(world, picture_of, truth)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_the_totals_are_true(world: World, seed: int) -> None:
    organisation = organisation_settings()
    organisation.payment_order_required = organisation.invoice_required = False
    organisation.save()
    walk = Walk(world, seed)
    for step in range(STEPS):
        walk.step()
        assert totals.differences() == [], step
        if step % 15 == 14:
            unfolded_and_folded(world)
    assert len(set(TotalLine.objects.values_list("stage", flat=True))) >= 6


def test_people_who_move_see_the_totals_of_what_they_see(world: World) -> None:
    builders.waiting_for_acceptance(world)
    builders.approved(world, author=world.manager2)
    world.manager.department = world.marketing
    world.manager.save(update_fields=["department"])
    Department.objects.filter(pk=world.purchasing.pk).update(head=world.supervisor2)
    builders.on_approval(world)

    same_for_all(world, picture_of, true_picture_of)


def test_rows_that_change_by_hand_are_followed_too(world: World) -> None:
    it, other = builders.approved(world), builders.paid(world)
    waiting = builders.waiting_for_acceptance(world)
    builders.pay(world, it, Decimal("1"))
    rows = PaymentRequest.objects.filter(pk__in=[it.pk, other.pk, waiting.pk])

    rows.update(author_department=world.marketing)
    rows.update(currency="USD")
    Payment.objects.filter(payment_request=it).update(
        paid_on=timezone.localdate() - datetime.timedelta(days=5)
    )
    ApprovalTask.objects.filter(payment_request=waiting).update(kind="approve")
    assert totals.differences() == []
    ApprovalTask.objects.filter(payment_request=waiting).update(kind="accept")
    assert totals.differences() == []
    ApprovalTask.objects.filter(payment_request=waiting).delete()
    Payment.objects.filter(payment_request=it).delete()

    unfolded_and_folded(world)


def test_a_planted_error_is_told_and_mended(world: World) -> None:
    builders.approved(world)
    totals.fold()
    TotalLine.objects.filter(stage="approved").update(count=5)

    def check(*options: str) -> str:
        said = StringIO()
        with pytest.raises(SystemExit):
            call_command("check_totals", *options, stdout=said, stderr=StringIO())
        return said.getvalue()

    assert "-4 requests" in check("--dry-run")
    assert "-4 requests" in check()
    call_command("check_totals", stdout=(said := StringIO()))
    assert said.getvalue() == "The totals are what all rows come to.\n"
    same_for_all(world, picture_of, true_picture_of)


def test_a_missing_trigger_is_told_and_made_again(world: World) -> None:
    for statement in total_lines.drop_statements(connection.vendor):
        with connection.cursor() as cursor:
            cursor.execute(statement)
    builders.approved(world)
    assert totals.differences()

    with pytest.raises(SystemExit):
        call_command("check_totals", stdout=(said := StringIO()), stderr=StringIO())

    assert "trigger approvals_totals_request_added is missing" in said.getvalue()
    assert totals.missing_triggers() == []
    builders.paid(world)
    unfolded_and_folded(world)


def test_every_trigger_survived_the_migrations(db: None) -> None:
    """SQLite loses them with each table that Django rebuilds."""
    assert totals.missing_triggers() == []


def test_rows_may_come_in_bulk(world: World) -> None:
    it = builders.draft(world)
    with totals.totals_set_aside():
        rows = [
            PaymentRequest(
                company=world.company,
                author=world.manager,
                author_department=world.purchasing,
                amount=Decimal(number),
                purpose="-",
                pay_by=it.pay_by,
                planned_on=it.planned_on,
                created_at=it.created_at,
                waiting_since=it.created_at,
            )
            for number in range(1, 4)
        ]
        PaymentRequest.objects.bulk_create(rows)
        assert totals.differences()

    assert totals.missing_triggers() == []
    unfolded_and_folded(world)


# --- Several at once ------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_decisions_wait_for_nothing_of_each_other_nor_for_folding() -> None:
    """Two transactions stay open, of requests of one department, day and payer; a third one folds."""
    world = builders.build_world()
    tasks = [builders.open_task(builders.on_approval(world)) for _number in range(2)]
    inside, done = threading.Barrier(2), threading.Barrier(2)

    def decide() -> None:
        try:
            with transaction.atomic():
                services.approve(task_id=tasks[1].pk, actor=world.supervisor)
                inside.wait(timeout=30)
                done.wait(timeout=30)
        finally:
            connection.close()

    thread = threading.Thread(target=decide)
    thread.start()
    inside.wait(timeout=30)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '1ms'")
        services.approve(task_id=tasks[0].pk, actor=world.supervisor)
        assert totals.fold() > 0
    assert totals.differences() == []
    done.wait(timeout=30)
    thread.join(timeout=30)

    unfolded_and_folded(world)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_checking_takes_its_time() -> None:
    """A million rows are summed for longer than a page may take; later statements may not."""
    limits = []

    def look(execute: Callable[..., Any], statement: str, *rest: Any) -> Any:
        if "HAVING" in statement:
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                limits.append(cursor.fetchone()[0])
        return execute(statement, *rest)

    with connection.execute_wrapper(look):
        assert totals.differences() == []
    assert limits == ["0"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] != "0"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_eight_writers_while_others_fold_and_mend() -> None:
    world = builders.build_world()
    tasks = [builders.open_task(builders.on_approval(world)) for _number in range(16)]
    writing = threading.Event()
    faults: list[BaseException] = []

    def run(act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as fault:
            faults.append(fault)
            raise
        finally:
            connection.close()

    def write(place: int) -> None:
        for task in tasks[place::8]:
            made = services.approve(task_id=task.pk, actor=world.supervisor)
            services.accept(task_id=builders.open_task(made).pk, actor=world.manager)
            builders.pay(world, made, Decimal("10"))

    def tend() -> None:
        while not writing.is_set():
            totals.fold()
            assert totals.differences() == []
            assert totals.mend() == 0

    writers = [threading.Thread(target=run, args=(lambda n=n: write(n),)) for n in range(8)]
    tending = threading.Thread(target=run, args=(tend,))
    for thread in [tending, *writers]:
        thread.start()
    for thread in writers:
        thread.join(timeout=120)
    writing.set()
    tending.join(timeout=60)

    assert faults == []
    assert PaymentRequest.objects.filter(status="approved", paid_amount=10).count() == 16
    call_command("check_totals", verbosity=0)
    unfolded_and_folded(world)

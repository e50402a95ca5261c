"""What the running totals must say, added up from all rows that a person sees, one by one."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from approvals.models import PaymentRequest, Stage
from approvals.pay_calendar import Period, Slice, overdue
from approvals.pay_calendar import days as days_of
from approvals.states import TaskKind
from approvals.totals import Picture, of_statuses
from people.models import User

# Every day of the tests, and the one after which all is late.
FAR = (datetime.date(2000, 1, 1), datetime.date(2100, 1, 1))
PEOPLE = ("manager", "manager2", "supervisor", "supervisor2", "director", "accountant", "admin")


def picture_of(user: User) -> dict[str, Any]:
    """The pictures of the dashboard, as plain values."""
    picture = Picture(user)
    return {
        "stages": {
            stage.status: [(it.currency, it.amount, it.count) for it in stage.totals]
            for stage in picture.stages()
        },
        "days": {
            stage: [(it.day, it.payer, it.currency, it.amount, it.count) for it in found]
            for stage in (Stage.ON_APPROVAL, Stage.ACCEPTING, Stage.APPROVED)
            if (found := picture.left_by_day(stage))
        },
        "calendar": _calendar_of(user),
        "overdue": [(it.currency, it.amount, it.count) for it in overdue(user, FAR[1], payer=None)],
        "all": [(it.currency, it.amount, it.count) for it in of_statuses(user, [])],
    }


def true_picture_of(user: User) -> dict[str, Any]:
    """The same by looking at every request."""
    stages: dict[str, Any] = {stage.status: Sums() for stage in Picture(user, []).stages()}
    days: dict[str, Sums] = {}
    calendar, late, everything = Sums(), Sums(), Sums()
    rows = PaymentRequest.objects.visible_to(user).select_related("payer")
    for it in rows.prefetch_related("tasks", "payments"):
        stages[it.status].add((it.currency,), it.amount)
        if it.status in ("on_approval", "approved"):
            accepting = any(t.decision == "" and t.kind == TaskKind.ACCEPT for t in it.tasks.all())
            stage = "accepting" if accepting else it.status
            name = it.payer.name if it.payer else None
            day = days.setdefault(stage, Sums())
            day.add((it.planned_on, name, it.currency), it.amount_left)
            state = "in_approval" if stage == "on_approval" else stage
            calendar.add((it.planned_on, state, name, it.currency), it.amount_left)
            if stage == "approved":
                late.add((it.currency,), it.amount_left)
        everything.add((it.currency,), it.amount)
        for day_on in {payment.paid_on for payment in it.payments.all()}:
            paid = sum(p.amount for p in it.payments.all() if p.paid_on == day_on)
            calendar.add((day_on, "paid", it.payer and it.payer.name, it.currency), paid)
    return {
        "calendar": calendar.lines(),
        "overdue": late.lines(),
        "all": everything.lines(),
        "stages": {status: sums.lines() for status, sums in stages.items()},
        "days": {stage: sums.lines() for stage, sums in days.items()},
    }


def _calendar_of(user: User) -> list[tuple[Any, ...]]:
    found = days_of(user, Period(*FAR), payer=None, named=2)
    return sorted(
        (day, it.state, it.payer, it.currency, it.amount, it.count)
        for day, its in found.items()
        for it in Sums.merged(its.slices)
    )


class Sums:
    """Amounts and numbers by key."""

    def __init__(self) -> None:
        self.amounts: dict[tuple[Any, ...], Decimal] = {}
        self.counts = Counter[tuple[Any, ...]]()

    def add(self, key: tuple[Any, ...], amount: Decimal) -> None:
        self.amounts[key] = self.amounts.get(key, Decimal(0)) + amount
        self.counts[key] += 1

    @staticmethod
    def merged(slices: list[Slice]) -> list[Slice]:
        """One slice a state, payer and currency."""
        found: dict[tuple[str, str, str], Slice] = {}
        for it in slices:
            key = (it.state, it.payer, it.currency)
            other = found.get(key)
            found[key] = (
                Slice(*key, other.amount + it.amount, other.count + it.count) if other else it
            )
        return list(found.values())

    def lines(self) -> list[tuple[Any, ...]]:
        """Key, amount and number, in order of key."""
        return [(*key, amount, self.counts[key]) for key, amount in sorted(self.amounts.items())]


def same_for_all(world: Any, told: Callable[[User], Any], true: Callable[[User], Any]) -> None:
    """What pages are told is what is true, for everybody."""
    for name in PEOPLE:
        user = getattr(world, name)
        assert told(user) == true(user), name

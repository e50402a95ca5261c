"""What the board asks: a page of each stage's requests, what they come to, and where each may be moved.

Nothing is written here. The number of queries is the same however many requests there are.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals import keyset, policies, selectors
from approvals.listed import with_open_tasks
from approvals.models import (
    ApprovalTask,
    PaymentRequest,
    PaymentRequestQuerySet,
    Stage,
)
from approvals.models.access import AccessShape
from approvals.registry import totals_up_to
from approvals.states import Status, TaskKind
from approvals.totals import Picture, Total
from audit.refusals import Refused
from counterparties.models import Company
from people.models import User
from people.prepared import prepared

# The columns, in the order in which a request passes them.
STAGES = (Stage.DRAFT, Stage.ON_APPROVAL, Stage.ACCEPTING, Stage.APPROVED, Stage.PAID)
PER_COLUMN = 20
# What was paid off longer ago is in the registry.
PAID_FOR = datetime.timedelta(days=30)
# What no running total knows is counted and summed up to so many.
COUNTED = 10_000
ORDERS = {
    Stage.DRAFT: ("pay_by", "pk"),
    Stage.ON_APPROVAL: ("pay_by", "pk"),
    Stage.ACCEPTING: ("pay_by", "pk"),
    Stage.APPROVED: ("planned_on", "pk"),
    Stage.PAID: ("-closed_at", "-pk"),
}


@dataclass(frozen=True)
class Asked:
    """What a board is narrowed to: one's own requests and turns, one payer."""

    is_mine: bool = False
    payer: Company | None = None

    def __bool__(self) -> bool:
        return self.is_mine or self.payer is not None


@dataclass(frozen=True)
class Column:
    """A page of a stage's requests; `after` is the way to the next, "" where there is none.

    `totals` is None for more than are counted.
    """

    stage: Stage
    rows: list[PaymentRequest] = field(default_factory=list)
    after: str = ""
    totals: list[Total] | None = field(default_factory=list)

    @property
    def count(self) -> int | None:
        return None if self.totals is None else sum(total.count for total in self.totals)


@dataclass(frozen=True)
class Step:
    """Something that may be done with a request; `to` is the stage it leads to, None off the board."""

    code: str
    to: Stage | None
    refusal: Refused | None


class Board:
    """What one person sees of every stage, at one moment."""

    def __init__(self, user: User, asked: Asked, *, now: datetime.datetime) -> None:
        self._user, self._asked, self._now = user, asked, now
        self._access = PaymentRequest.objects.access_of(user)

    def columns(self, begin: Mapping[str, str], *, first: int | None = None) -> list[Column]:
        """Every column; `begin` has the places where some of them begin, by stage.

        The request `first` stands on top of its column, wherever its place is: it has just been moved.
        """
        moved = self._one(first)
        at = stage_of(moved, _open_task(moved)) if moved is not None else None
        totals = self._totals()
        columns = [
            self._page(stage, begin.get(stage, ""), without=first, totals=totals[stage])
            for stage in STAGES
        ]
        if moved is not None:
            for column in columns:
                if column.stage == at:
                    column.rows.insert(0, moved)
        _with_tasks(row for column in columns for row in column.rows)
        return columns

    def column(self, stage: Stage, begin: str, *, first: int | None = None) -> Column:
        """One column from a place on, without its totals."""
        column = self._page(stage, begin, without=first, totals=[])
        _with_tasks(column.rows)
        return column

    def _page(
        self, stage: Stage, begin: str, *, without: int | None, totals: list[Total] | None
    ) -> Column:
        order = ORDERS[stage]
        if not begin and without is None:
            found = self._first(stage)
        else:
            rows = self.in_order(stage)
            if without is not None:
                rows = rows.exclude(pk=without)
            if begin and (later := keyset.after(rows, order, begin)) is not None:
                rows = later
            found = list(rows[: PER_COLUMN + 1])
        more = keyset.cursor_of(found[PER_COLUMN - 1], order) if len(found) > PER_COLUMN else ""
        return Column(stage, found[:PER_COLUMN], more, totals)

    def _first(self, stage: Stage) -> list[PaymentRequest]:
        """The beginning of a column, by a statement that is kept."""
        values: list[Any] = [self._user.pk]
        if stage == Stage.PAID:
            values.append(self._now - PAID_FOR)
        if self._asked.payer is not None:
            values.append(self._asked.payer.pk)
        return _cards(
            *values, access=self._access.shape(), stage=stage, is_mine=self._asked.is_mine
        )

    def in_order(self, stage: Stage) -> Any:
        """All of a column, as its cards show them."""
        return _for_cards(self._of(stage)).order_by(*ORDERS[stage])

    def _of(self, stage: Stage) -> PaymentRequestQuerySet:
        """The requests of a stage that are asked for and may be seen."""
        rows = PaymentRequest.objects.visible_to(self._user, self._access)
        since = self._now - PAID_FOR if stage == Stage.PAID else None
        payer = self._asked.payer.pk if self._asked.payer is not None else None
        mine = _is_of(self._user.pk, stage) if self._asked.is_mine else Q()
        return rows.filter(mine, _is_asked(stage, since, payer))

    def _totals(self) -> dict[Stage, list[Total] | None]:
        """Of what is open, from the running totals; of what is narrowed down or was paid, row by row."""
        counted: Iterable[Stage] = STAGES
        totals: dict[Stage, list[Total] | None] = {}
        if not self._asked:
            counted = (Stage.PAID,)
            open_stages = [stage for stage in STAGES if stage != Stage.PAID]
            picture = Picture(self._user, open_stages, access=self._access)
            totals.update(picture.by_stage())
        for stage in counted:
            totals[stage] = totals_up_to(COUNTED, [self._of(stage)])
        return totals

    def _one(self, pk: int | None) -> PaymentRequest | None:
        if pk is None:
            return None
        visible = PaymentRequest.objects.visible_to(self._user, self._access)
        found: PaymentRequest | None = _for_cards(visible).filter(pk=pk).first()
        if found is not None:
            _with_tasks([found])
        return found


def stage_of(payment_request: PaymentRequest, task: ApprovalTask | None) -> Stage:
    """The column in which a request stands, by its open task."""
    if task is not None and task.kind == TaskKind.ACCEPT:
        return Stage.ACCEPTING
    return Stage(payment_request.status)


def steps_of(
    payment_request: PaymentRequest,
    task: ApprovalTask | None,
    user: User,
    *,
    with_acceptance: bool,
) -> list[Step]:
    """All that leads on, back or out from where a request stands, and why this person may not do it.

    Asks nothing of the database for a request of `Board` with its open task; `with_acceptance` says whether
    the organisation has its authors accept what was approved.
    """
    it, stage = payment_request, stage_of(payment_request, task)
    steps = []
    if stage == Stage.DRAFT:
        steps = [Step("submit", Stage.ON_APPROVAL, policies.why_not_submit(it, user))]
    elif stage == Stage.ON_APPROVAL and task is not None:
        refusal = policies.why_not_decide(task, it, user)
        approved = Stage.ACCEPTING if with_acceptance else Stage.APPROVED
        steps = [
            Step("approve", approved, refusal),
            Step("return", Stage.DRAFT, refusal),
            Step("refuse", None, refusal),
        ]
    elif stage == Stage.ACCEPTING and task is not None:
        steps = [Step("accept", Stage.APPROVED, policies.why_not_accept(task, it, user))]
    elif stage == Stage.APPROVED:
        back = policies.why_not_return_to_author(it, user)
        steps = [
            Step("pay", Stage.PAID, policies.why_not_pay(it, user)),
            Step("return_request", Stage.DRAFT, back),
        ]
    if it.status == Status.ON_APPROVAL:
        steps.append(Step("withdraw", Stage.DRAFT, policies.why_not_withdraw(it, user)))
    if it.is_open:
        steps.append(Step("cancel", None, policies.why_not_cancel(it, user)))
    return steps


@prepared
def _cards(
    person: int, *values: Any, access: AccessShape, stage: Stage, is_mine: bool
) -> QuerySet[PaymentRequest]:
    """The beginning of a column; `values` are since when (of what is paid), and a payer."""
    rest = list(values)
    since = rest.pop(0) if stage == Stage.PAID else None
    asked = _is_asked(stage, since, rest.pop(0) if rest else None)
    mine = _is_of(person, stage) if is_mine else Q()
    rows = PaymentRequest.objects.visible_as(person, access).filter(mine, asked)
    cards: QuerySet[PaymentRequest] = _for_cards(rows).order_by(*ORDERS[stage])[: PER_COLUMN + 1]
    return cards


def _is_of(person: int, stage: Stage) -> Q:
    """What the person wrote, and what waits for them."""
    mine = Q(author=person)
    if stage in (Stage.ON_APPROVAL, Stage.ACCEPTING):
        turns = ApprovalTask.objects.filter(assignee=person, decision="")
        mine |= Q(pk__in=turns.values("payment_request_id"))
    return mine


def _is_asked(stage: Stage, since: datetime.datetime | None, payer: int | None) -> Q:
    condition = _is_at(stage)
    if since is not None:
        condition &= Q(closed_at__gte=since)
    if payer is not None:
        condition &= Q(payer=payer)
    return condition


def _is_at(stage: Stage) -> Q:
    """Whether a request stands at a stage."""
    if stage not in (Stage.ON_APPROVAL, Stage.ACCEPTING):
        return Q(status=stage.value)
    accepting = Q(
        Exists(
            ApprovalTask.objects.filter(
                payment_request=OuterRef("pk"), decision="", kind=TaskKind.ACCEPT
            )
        )
    )
    return Q(status=Status.ON_APPROVAL) & (accepting if stage == Stage.ACCEPTING else ~accepting)


def _for_cards(rows: PaymentRequestQuerySet) -> Any:
    """With what a card shows, but for the tasks: those of all columns are one query."""
    return selectors.for_list(rows).prefetch_related(None)


def _with_tasks(rows: Iterable[PaymentRequest]) -> None:
    with_open_tasks(list(rows))


def _open_task(payment_request: Any) -> ApprovalTask | None:
    return payment_request.open_tasks[0] if payment_request.open_tasks else None

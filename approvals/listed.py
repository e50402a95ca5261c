"""A page of the registry and what its filter comes to, by statements that were made once.

What is searched for, and what a person sees of whom much is seen outside of their departments, is asked as
`approvals.registry` says it, anew each time.
"""

from __future__ import annotations

import datetime
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from approvals import keyset, selectors
from approvals.models import ApprovalTask, PaymentRequest
from approvals.models.access import AccessShape
from approvals.registry import Asked
from approvals.totals import Total
from people.models import User
from people.prepared import prepared

# Keys are put in by one of these numbers, the last of them several times: a statement for each number would
# be kept. A page of the registry has 51, a board up to 101.
FEW_KEYS, KEYS = 64, 128


@dataclass(frozen=True)
class Shape:
    """A filter without its values: whose access, which criteria, and those that are not put in as values."""

    access: AccessShape
    names: tuple[str, ...]
    rest: tuple[tuple[str, Hashable], ...]


class Listed:
    """What fits a filter, in an order, with all that a row shows (`selectors.for_list`)."""

    def __init__(
        self, asked: Asked, by: tuple[str, ...], *, is_sorted: bool, ties: Iterable[str]
    ) -> None:
        self._asked, self._by, self._is_sorted, self._ties = asked, by, is_sorted, tuple(ties)

    def part(self, start: int, stop: int) -> list[PaymentRequest]:
        """The rows from `start` to before `stop`."""
        kept = shape_of(self._asked) if self._by else None
        if kept is None:
            return list(self._rows()[start:stop])
        values, shape = kept
        rows = _rows(
            *values,
            shape=shape,
            by=self._by,
            is_sorted=self._is_sorted,
            ties=self._ties,
            start=start,
            stop=stop,
        )
        return with_open_tasks(rows)

    def after(self, cursor: str) -> QuerySet[PaymentRequest] | None:
        """The rows that follow a place; None where it is no place of this order."""
        return keyset.after(self._rows(), self._by, cursor) if self._by else None

    def _rows(self) -> QuerySet[PaymentRequest]:
        rows: Any = self._asked.ordered(self._by, is_sorted=self._is_sorted)
        return selectors.for_list(rows, *self._ties)


def totals_up_to(asked: Asked, most: int) -> list[Total] | None:
    """`Asked.totals_up_to`."""
    kept = shape_of(asked)
    if kept is None:
        return asked.totals_up_to(most)
    values, shape = kept
    sums: dict[str, tuple[Decimal, int]] = {}
    left = most
    for number in range(2 if _is_in_two(shape.access) else 1):
        for currency, amount, count in _sums(*values, shape=shape, part=number, stop=most + 1):
            before, counted = sums.get(currency, (Decimal(0), 0))
            sums[currency] = (before + amount, counted + count)
            left -= count
        if left < 0:
            return None
    return [Total(code, *it) for code, it in sorted(sums.items())]


def with_open_tasks(requests: list[PaymentRequest]) -> list[PaymentRequest]:
    """Gives each its `open_tasks`: none or one, with whoever has it."""
    tasks: dict[int, list[ApprovalTask]] = {it.pk: [] for it in requests}
    keys = list(tasks)
    for first in range(0, len(keys), KEYS):
        some = keys[first : first + KEYS]
        number = FEW_KEYS if len(some) <= FEW_KEYS else KEYS
        for task in _open_tasks(*some, *[some[-1]] * (number - len(some))):
            tasks[task.payment_request_id].append(task)
    for it in requests:
        it.open_tasks = tasks[it.pk]  # type: ignore[attr-defined]
    return requests


def shape_of(asked: Asked) -> tuple[list[Any], Shape] | None:
    """The values of a filter (the person's key first) and its shape; None where no statement is kept."""
    if asked.hits is not None or asked.criteria.get("q"):
        return None
    access = asked.access.shape()
    if not (access.is_all or access.sees_few or access.sees_few_outside):
        return None
    values: list[Any] = [asked.user.pk]
    names, rest = [], []
    for name, value in sorted(asked.criteria.items()):
        if not value:
            continue
        if type(value) in (int, datetime.date):
            names.append(name)
            values.append(value)
        else:
            rest.append((name, tuple(value) if isinstance(value, list) else value))
    return values, Shape(access, tuple(names), tuple(rest))


def _is_in_two(access: AccessShape) -> bool:
    return not access.is_all and not access.sees_few


def _asked(shape: Shape, person: int, values: Iterable[Any]) -> Asked:
    user = User(pk=person, is_accountant=shape.access.is_all)
    given: Any = dict(zip(shape.names, values, strict=True)) | {
        name: list(value) if isinstance(value, tuple) else value for name, value in shape.rest
    }
    asked = Asked(user, given)
    asked.access = PaymentRequest.objects.access_as(person, shape.access)
    return asked


@prepared
def _rows(
    person: int,
    *values: Any,
    shape: Shape,
    by: tuple[str, ...],
    is_sorted: bool,
    ties: tuple[str, ...],
    start: int,
    stop: int,
) -> QuerySet[PaymentRequest]:
    rows: Any = _asked(shape, person, values).ordered(by, is_sorted=is_sorted)
    return selectors.for_list(rows, *ties).prefetch_related(None)[start:stop]


@prepared
def _amounts(
    person: int, *values: Any, shape: Shape, part: int, stop: int
) -> QuerySet[PaymentRequest, Any]:
    rows = _asked(shape, person, values).parts()[part]
    return rows.order_by().values_list("currency", "amount")[:stop]


def _sums(*values: Any, shape: Shape, part: int, stop: int) -> list[tuple[str, Decimal, int]]:
    """Of a part's first rows: currency, sum, number."""
    kept = _amounts.statement(*values, shape=shape, part=part, stop=stop)
    if kept is None:
        return []
    sql, parameters = kept
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT currency, SUM(amount), COUNT(*)"  # noqa: S608 - the ORM's own SQL
            f" FROM ({sql}) AS lines GROUP BY currency",
            parameters,
        )
        return [(code, Decimal(str(amount)), count) for code, amount, count in cursor.fetchall()]


@prepared
def _open_tasks(*requests: int) -> QuerySet[ApprovalTask]:
    tasks = ApprovalTask.objects.filter(payment_request__in=requests, decision="")
    people = ("assignee__full_name", "assignee__username")
    return tasks.select_related("assignee").only("payment_request_id", "kind", "decision", *people)

"""Keeping the running totals short and right. Every function may run twice, and while others write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from approvals import total_lines as sql
from approvals.models import TotalLine

# Any number that nobody else's advisory lock has.
TURN = 7_461_624


@dataclass(frozen=True)
class Difference:
    """A key, and what its rows come to beyond its lines."""

    department: int | None
    stage: str
    day: str
    payer: int | None
    currency: str
    count: int
    amount: Decimal
    amount_left: Decimal

    def __str__(self) -> str:
        where = f"department {self.department or '-'}, {self.stage}, {self.day or 'any day'}"
        return f"{where}, payer {self.payer or '-'}: {self.count:+d} requests"


def fold() -> int:
    """Put one line in place of the lines of each key that has new ones; how many were taken away.

    Lines of transactions that are not committed yet stay for the next time, as all do where somebody
    else is folding.
    """
    if not TotalLine.objects.filter(is_folded=False).exists():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [TURN])
            if not cursor.fetchone()[0]:
                return 0
            cursor.execute(sql.FOLD)
            return int(cursor.fetchone()[0])
        cursor.execute(f"SELECT max(id) FROM {sql.LINES}")  # noqa: S608
        last = cursor.fetchone()[0]
        cursor.execute(sql.FOLD_IN)
        cursor.execute(sql.FOLD_OUT, [last])
        return int(cursor.rowcount)


def unfolded(*, most: int) -> int:
    """How many lines wait for folding, counted up to `most`."""
    return TotalLine.objects.filter(is_folded=False).order_by()[:most].count()


def differences() -> list[Difference]:
    """Where the lines are not what all rows come to, as of one moment."""
    with connection.cursor() as cursor:
        _take_your_time(cursor)
        cursor.execute(sql.compared(connection.vendor))
        return [
            Difference(department, stage, str(day or ""), payer, currency, int(count), amount, left)
            for department, stage, day, payer, currency, count, amount, left, *_seconds in cursor
        ]


@transaction.atomic
def mend() -> int:
    """Add a line for each difference, and the triggers where they are missing; how many lines."""
    with connection.cursor() as cursor:
        _take_your_time(cursor)
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])
        if sql.missing_triggers(connection):
            _run(cursor, sql.create_statements(connection.vendor))
        cursor.execute(sql.summed(sql.differences(connection.vendor)))
        return int(cursor.rowcount)


@transaction.atomic
def fill() -> None:
    """All lines anew, one a key: after a load into empty tables that no trigger saw."""
    with connection.cursor() as cursor:
        _take_your_time(cursor)
        cursor.execute(f"DELETE FROM {sql.LINES}")  # noqa: S608
        cursor.execute(sql.summed(sql.everything(connection.vendor), folded=True))


def missing_triggers() -> list[str]:
    """Names of the triggers that should write the lines and are not there."""
    return sql.missing_triggers(connection)


@contextmanager
def totals_set_aside() -> Iterator[None]:
    """A transaction that fills tables in bulk: nothing is counted row by row, and all of it at the end.

    Others who write requests wait until it ends: it is for a database that nobody works in yet.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            _run(cursor, sql.drop_statements(connection.vendor))
        yield
        mend()
    fold()


def _take_your_time(cursor: Any) -> None:
    """All rows are read: longer than a page may take, within a transaction of its own."""
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        cursor.execute("SET LOCAL statement_timeout = 0")


def _run(cursor: Any, statements: list[str]) -> None:
    for statement in statements:
        cursor.execute(statement)

"""Tables without what slows a load down: indexes, keys and triggers are put back after it, all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

# An index is sorted in so much memory, by this process and so many helpers.
SORTING, HELPERS = "1GB", 2

INDEXES = """
SELECT c.relname, i.relname, pg_get_indexdef(x.indexrelid)
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE c.oid = ANY(%s::regclass[])
  AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = x.indexrelid AND contype IN ('p', 'u', 'x'))
ORDER BY c.relname, i.relname
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE contype IN ('p', 'u', 'f') AND (conrelid = ANY(%s::regclass[]) OR
      (contype = 'f' AND confrelid = ANY(%s::regclass[])))
ORDER BY conrelid::regclass::text, array_position('{p,u,f}', contype::text), conname
"""


@dataclass(frozen=True)
class Taken:
    """What was taken off: the statements that put it back, in their order."""

    keys: list[str]
    indexes: list[str]
    links: list[str]


@contextmanager
def bare(tables: Sequence[str], said: Callable[[str], None]) -> Iterator[None]:
    """The tables emptied, and without indexes, keys and triggers inside (PostgreSQL, in a transaction).

    With them, and checked, after it. Left by an exception they have them with the transaction's end.
    """
    names = ", ".join(f'"{table}"' for table in tables)
    taken = _take_off(tables)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = %s", [SORTING])
        cursor.execute("SET LOCAL max_parallel_maintenance_workers = %s", [HELPERS])
        for what, statements in (
            ("keys", taken.keys),
            ("indexes", taken.indexes),
            ("links", taken.links),
        ):
            for statement in statements:
                cursor.execute(statement)
            said(what)
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


def _take_off(tables: Sequence[str]) -> Taken:
    names = list(tables)
    taken = Taken(keys=[], indexes=[], links=[])
    with connection.cursor() as cursor:
        cursor.execute(INDEXES, [names])
        indexes = cursor.fetchall()
        cursor.execute(CONSTRAINTS, [names, names])
        constraints = cursor.fetchall()
        # Keys that others point at go after what points at them.
        for table, name, kind, definition in sorted(constraints, key=lambda row: row[2] != "f"):
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            back = taken.links if kind == "f" else taken.keys
            back.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for _table, name, definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
            taken.indexes.append(definition)
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    return taken

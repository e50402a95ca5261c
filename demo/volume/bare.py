"""Tables without what slows a load down: indexes, keys and triggers are put back after it, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

# Two at a time: more do not make two processors any faster, and each sorts in its own memory.
AT_ONCE = 2
SORTING = "512MB"

INDEXES = """
SELECT c.relname, i.relname, pg_get_indexdef(x.indexrelid)
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE c.oid = ANY(%s::regclass[])
  AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = x.indexrelid AND contype IN ('p', 'u', 'x'))
ORDER BY pg_relation_size(c.oid) DESC, i.relname
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE contype IN ('p', 'u', 'f') AND (conrelid = ANY(%s::regclass[]) OR
      (contype = 'f' AND confrelid = ANY(%s::regclass[])))
ORDER BY conname
"""


@dataclass(frozen=True)
class Taken:
    """What was taken off: statements that put it back, those of one table together."""

    builds: dict[str, list[str]]
    keys: list[str]
    checks: dict[str, list[str]]


@contextmanager
def bare(tables: Sequence[str]) -> Iterator[None]:
    """The tables without indexes, keys and triggers inside; with them, and checked, after it (PostgreSQL).

    Left by an exception they stay bare: half a load is good for nothing, the database is made anew.
    """
    taken = _take_off(tables)
    yield
    _put_back(taken, tables)


def _take_off(tables: Sequence[str]) -> Taken:
    names = list(tables)
    taken = Taken(builds={}, keys=[], checks={})
    with connection.cursor() as cursor:
        cursor.execute(INDEXES, [names])
        indexes = cursor.fetchall()
        cursor.execute(CONSTRAINTS, [names, names])
        constraints = cursor.fetchall()
        for table, name, kind, definition in sorted(constraints, key=lambda row: row[2] != "f"):
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            add = f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}'
            if kind == "f":
                taken.keys.append(f"{add} NOT VALID")
                check = f'ALTER TABLE {table} VALIDATE CONSTRAINT "{name}"'
                taken.checks.setdefault(table, []).append(check)
            else:
                builds = taken.builds.setdefault(table, [])
                builds.insert(0 if kind == "p" else len(builds), add)
        for table, name, definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
            taken.builds.setdefault(table, []).append(definition)
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    return taken


def _put_back(taken: Taken, tables: Sequence[str]) -> None:
    _together(taken.builds)
    with connection.cursor() as cursor:
        for statement in taken.keys:
            cursor.execute(statement)
        for table in tables:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
    _together(taken.checks)


def _together(statements: dict[str, list[str]]) -> None:
    """Each table's in their order, two tables at a time; the longest lists first."""
    work = sorted(statements.values(), key=len, reverse=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _done in pool.map(_execute, work):
            pass


def _execute(statements: list[str]) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = %s", [SORTING])
            cursor.execute("SET statement_timeout = 0")
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("RESET maintenance_work_mem")
            cursor.execute("RESET statement_timeout")
    finally:
        connection.close()  # this thread's own

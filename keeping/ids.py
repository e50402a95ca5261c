"""The numbers that a database gives out next: kept with the rows, so that none is given twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connections, models

from keeping.rows import Table


def last_given(alias: str, tables: list[Table]) -> dict[str, int]:
    """Table -> the last number that was given out, also to a row that is gone."""
    found = {}
    with connections[alias].cursor() as cursor:
        if connections[alias].vendor == "postgresql":
            for table in filter(_counts, tables):
                cursor.execute(
                    "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)",
                    [_quoted(alias, table), _pk(table).column],
                )
                found[table.label] = int(cursor.fetchone()[0] or 0)
        else:
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
            given = dict(cursor.fetchall())
            for table in filter(_counts, tables):
                found[table.label] = int(given.get(table.model._meta.db_table, 0))
    return found


def go_on_after(alias: str, tables: list[Table], last: Mapping[str, int], gap: int = 0) -> None:
    """Give out numbers above `last` and above every row's, and `gap` further on."""
    with connections[alias].cursor() as cursor:
        for table in filter(_counts, tables):
            name, column = (
                _quoted(alias, table),
                connections[alias].ops.quote_name(_pk(table).column),
            )
            cursor.execute(f"SELECT max({column}) FROM {name}")  # noqa: S608
            number = max(int(cursor.fetchone()[0] or 0), last.get(table.label, 0))
            number += gap if number else 0
            if not number:
                continue
            if connections[alias].vendor == "postgresql":
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                    [name, _pk(table).column, number],
                )
                continue
            row: list[int | str] = [number, table.model._meta.db_table]
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", row)
            if not cursor.rowcount:
                cursor.execute("INSERT INTO sqlite_sequence (seq, name) VALUES (%s, %s)", row)


def _counts(table: Table) -> bool:
    return isinstance(_pk(table), models.AutoField | models.BigAutoField | models.SmallAutoField)


def _pk(table: Table) -> Any:
    return table.model._meta.pk


def _quoted(alias: str, table: Table) -> str:
    return connections[alias].ops.quote_name(table.model._meta.db_table)

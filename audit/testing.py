"""The one door through the append-only triggers, for the test suite's flush between tests.

A test with real transactions ends with a flush: TRUNCATE on PostgreSQL, DELETE on SQLite, and both are what
the triggers refuse. Nothing but tests imports this module (a test sees to that).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations

from audit.operations import create_statements, drop_statements
from audit.services import event_models


@contextmanager
def triggers_off(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Within this block event rows can be changed: how a test plays somebody with the database's password."""
    there = set(connection.introspection.table_names())
    tables = [name for model in event_models() if (name := model._meta.db_table) in there]
    _run(connection, [sql for table in tables for sql in drop_statements(connection.vendor, table)])
    try:
        yield
    finally:
        _run(
            connection,
            [sql for table in tables for sql in create_statements(connection.vendor, table)],
        )


@contextmanager
def flush_allowed() -> Iterator[None]:
    """Within this block Django's flush command goes through; anything else is refused as ever."""
    flush = BaseDatabaseOperations.execute_sql_flush

    def with_door(self: BaseDatabaseOperations, sql_list: Sequence[str]) -> None:
        with triggers_off(self.connection):
            flush(self, sql_list)

    with patch.object(BaseDatabaseOperations, "execute_sql_flush", with_door):
        yield


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)

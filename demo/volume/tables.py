"""Rows on their way into a table: by COPY on PostgreSQL, by many-rows inserts elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db import connection, models

Row = Sequence[Any]


class Table:
    """A model's table; each row gives `names`, and every other column has what the model gives a new row.

    Values are as the columns hold them: keys, text of money, aware times, dates, JSON as its text.
    """

    def __init__(self, model: type[models.Model], *names: str) -> None:
        self.model = model
        self.names = names

    @cached_property
    def _others(self) -> list[models.Field[Any, Any]]:
        known = {self.model._meta.get_field(name) for name in self.names}
        return [
            field
            for field in self.model._meta.concrete_fields
            if field not in known and not field.generated and not field.primary_key
        ]

    @cached_property
    def columns(self) -> list[Any]:
        given = [self.model._meta.get_field(name).column for name in self.names]  # type: ignore[union-attr]
        return [*given, *(field.column for field in self._others)]

    @cached_property
    def constants(self) -> tuple[Any, ...]:
        """What the columns hold that no row gives: text and numbers alone."""
        return tuple(field.get_db_prep_save(_new(field), connection) for field in self._others)

    def write(self, rows: Iterable[Row]) -> None:
        """All of them, whatever they may break is found by the constraints."""
        quoted = ", ".join(f'"{column}"' for column in self.columns)
        name, constants = self.model._meta.db_table, self.constants
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f'COPY "{name}" ({quoted}) FROM STDIN') as copy:
                    for row in rows:
                        copy.write_row((*row, *constants))
                return
            marks = ", ".join(["%s"] * len(self.columns))
            cursor.executemany(
                f'INSERT INTO "{name}" ({quoted}) VALUES ({marks})',  # noqa: S608 - our own names
                [(*map(_adapted, row), *constants) for row in rows],
            )


def _new(field: models.Field[Any, Any]) -> Any:
    """What a new row holds: the database's own default, where it is a plain value, is the model's too."""
    return field.get_default()


def _adapted(value: Any) -> Any:
    """As SQLite keeps it."""
    adapt: Callable[[Any], Any]
    if isinstance(value, datetime):
        adapt = connection.ops.adapt_datetimefield_value
    elif isinstance(value, date):
        adapt = connection.ops.adapt_datefield_value
    else:
        return value
    return adapt(value)

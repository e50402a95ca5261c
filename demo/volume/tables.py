"""Rows on their way into a table, as lines of text: by COPY on PostgreSQL, by many-rows inserts elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.db import connection, models

from audit.services import as_text

# What stands in a line for a column's value that is not there.
NULL = r"\N"
# What would have to be written otherwise in a line: no text of a made-up company has any of them.
_SPECIAL = frozenset("\\\t\r\n")


class Table:
    """A model's table; each line gives `names`, and every other column has what the model gives a new row.

    Those that hold nothing then are not named at all.

    A line holds its values as text with a tab between two: keys, money, '2026-11-24 09:00:00' in UTC, dates,
    1 and 0 for yes and no, JSON, and NULL.
    """

    def __init__(self, model: type[models.Model], *names: str) -> None:
        self.model = model
        self.names = names

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @cached_property
    def _others(self) -> list[models.Field[Any, Any]]:
        known = {self.model._meta.get_field(name) for name in self.names}
        return [
            field
            for field in self.model._meta.concrete_fields
            if field not in known
            and not field.generated
            and not field.primary_key
            and field.get_default() is not None
        ]

    @cached_property
    def columns(self) -> list[Any]:
        given = [self.model._meta.get_field(name).column for name in self.names]  # type: ignore[union-attr]
        return [*given, *(field.column for field in self._others)]

    @cached_property
    def _end(self) -> str:
        """What every line ends with: what the columns hold that no line gives, text and numbers alone."""
        values = [_as_text(field.get_default()) for field in self._others]
        return "".join(f"\t{value}" for value in values) + "\n"

    def text(self, lines: Iterable[str]) -> bytes:
        """All lines as COPY takes them."""
        whole = self._end.join([*lines, ""])
        return whole.encode()

    def write(self, text: bytes, *, frozen: bool = False) -> None:
        """All rows; whatever they may break is found by the constraints.

        `frozen`: seen by everybody from the first, into a table that this transaction emptied.
        """
        if not text:
            return
        quoted = ", ".join(f'"{column}"' for column in self.columns)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                how = " (FREEZE)" if frozen else ""
                with cursor.copy(f'COPY "{self.name}" ({quoted}) FROM STDIN{how}') as copy:
                    copy.write(text)
                return
            marks = ", ".join(["%s"] * len(self.columns))
            cursor.executemany(
                f'INSERT INTO "{self.name}" ({quoted}) VALUES ({marks})',  # noqa: S608 - our own names
                [
                    [None if value == NULL else value for value in line.split("\t")]
                    for line in text.decode().splitlines()
                ],
            )


def write_objects(rows: Sequence[models.Model]) -> None:
    """New rows of one model, with whatever they hold: far cheaper than `bulk_create`, and as unchecked."""
    if not rows:
        return
    fields = [
        field
        for field in rows[0]._meta.concrete_fields
        if not field.generated and not (field.primary_key and rows[0].pk is None)
    ]
    table = Table(type(rows[0]), *(field.name for field in fields))
    names = [field.attname for field in fields]
    table.write(
        table.text("\t".join([_as_text(getattr(row, name)) for name in names]) for row in rows)
    )


def checked(text: str) -> str:
    """The text, which may stand in a line as it is. Raises ValueError."""
    if not _SPECIAL.isdisjoint(text):
        raise ValueError(f"this cannot stand in a line of rows: {text!r}")
    return text


def _as_text(value: Any) -> str:
    """What a field of a row holds, as a line holds it."""
    if isinstance(value, str):
        return checked(value)
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    return checked(as_text(value)) if isinstance(value, dict) else str(value)

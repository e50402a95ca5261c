"""Rows on their way: out of any database, into lines of text or another database, counted and summed up.

A line is one row: a JSON array of its columns in the model's order. The same row makes the same line whatever
database holds it, so two tables are the same when their tallies are.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, cast
from uuid import UUID

from django.apps.registry import Apps
from django.db import DatabaseError, connections, models

from keeping.databases import is_kept
from keeping.failures import Refusal

BATCH = 2_000
Row = tuple[Any, ...]


@dataclass
class Tally:
    """What a table held: how many rows, a digest over their lines in order, the sums of its money columns."""

    count: int = 0
    sha256: str = ""
    sums: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For a manifest."""
        return asdict(self)


class Table:
    """A model's table: its columns, and how values become text and come back."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.label = model._meta.label_lower
        self.fields: list[models.Field[Any, Any]] = [
            column
            for column in model._meta.concrete_fields
            if not getattr(column, "generated", False)
        ]
        self.columns = [str(column.column) for column in self.fields]
        self.money = {
            number: str(column.column)
            for number, column in enumerate(self.fields)
            if isinstance(column, models.DecimalField)
        }

    def read(self, alias: str) -> Iterator[Row]:
        """Every row in order of its primary key."""
        rows = cast(Any, self.model)._base_manager.using(alias).order_by("pk")
        names = [column.attname for column in self.fields]
        yield from rows.values_list(*names).iterator(chunk_size=BATCH)

    def line(self, row: Row) -> str:
        """The row as text."""
        return _encode(list(row))

    def row(self, line: str) -> Row:
        """The row of a line. Raises ValueError when it is none of this table."""
        values = json.loads(line)
        if len(values) != len(self.fields):
            raise ValueError(f"{self.label}: a row of {len(values)} columns")
        return tuple(
            value if isinstance(column, models.JSONField) else column.to_python(value)
            for column, value in zip(self.fields, values, strict=True)
        )

    def tallied(
        self, rows: Iterable[Row], tally: Tally, each: Callable[[str], object] = str
    ) -> Iterator[Row]:
        """The same rows; `tally` is filled in while they pass, and `each` is given their lines."""
        digest, sums = hashlib.sha256(), dict.fromkeys(self.money, Decimal(0))
        for row in rows:
            line = self.line(row)
            digest.update(line.encode() + b"\n")
            for number in self.money:
                sums[number] += row[number] or 0
            tally.count += 1
            each(line)
            yield row
        tally.sha256 = digest.hexdigest()
        tally.sums = {self.money[number]: f"{total:f}" for number, total in sums.items()}

    def tally(self, alias: str) -> Tally:
        """What the table holds now."""
        tally = Tally()
        for _row in self.tallied(self.read(alias), tally):
            pass
        return tally

    def write(self, alias: str, rows: Iterable[Row]) -> None:
        """Put rows in as they are, primary keys and all. Raises Refusal, naming the row that is not taken."""
        source = iter(rows)
        while batch := list(islice(source, BATCH)):
            self._write_batch(alias, batch)

    def clear(self, alias: str) -> None:
        """Take away what migrations filled in by themselves (nothing, in an append-only table)."""
        connection = connections[alias]
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(self.model._meta.db_table)}")  # noqa: S608

    def _write_batch(self, alias: str, batch: list[Row]) -> None:
        connection = connections[alias]
        quote = connection.ops.quote_name
        table, columns = quote(self.model._meta.db_table), ", ".join(map(quote, self.columns))
        prepared = [
            [
                column.get_db_prep_save(value, connection)
                for column, value in zip(self.fields, row, strict=True)
            ]
            for row in batch
        ]
        try:
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                        for row in prepared:
                            copy.write_row(row)
                else:
                    places = ", ".join(["%s"] * len(self.columns))
                    cursor.executemany(
                        f"INSERT INTO {table} ({columns}) VALUES ({places})",  # noqa: S608
                        prepared,
                    )
        except DatabaseError as error:
            # PostgreSQL holds what SQLite never checked: lengths, for one.
            raise Refusal(f"{self.label}: {_why(error, batch)}") from error


def tables(apps: Apps) -> list[Table]:
    """Every table that is kept, in order of name; foreign keys are checked when the transaction ends."""
    found = [Table(model) for model in apps.get_models(include_auto_created=True) if is_kept(model)]
    return sorted(found, key=lambda table: table.label)


def _why(error: DatabaseError, batch: list[Row]) -> str:
    """What the database says, without the value that it says it about."""
    said = getattr(error.__cause__, "diag", None)
    if said is None:
        return f"a row is not taken ({error})"
    where = re.search(r"line (\d+)(?:, column (\w+))?", said.context or "")
    row = batch[int(where[1]) - 1][0] if where else "?"
    return f"row {row}, column {where[2] if where else '?'}: {said.message_primary}"


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date() | time():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case UUID():
            return str(value)
        case timedelta():
            return str(value)
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
    raise TypeError(f"A column of type {type(value).__name__} cannot be kept")


_encode = json.JSONEncoder(
    default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode

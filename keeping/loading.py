"""Filling an installation that nobody has worked in yet: files first, then all rows in one transaction.

So nobody ever sees a row whose file is not there, and a failure leaves no half of the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from typing import IO, Any

from audit import selectors as audit
from documents.selectors import Promised
from documents.storage import Store
from keeping import databases, ids
from keeping.failures import Refusal
from keeping.objects import Differs, in_parallel, is_there, put, text_of
from keeping.rows import Row, Table, Tally

EVIDENCE = f"{audit.FOLDER}/"
Say = Callable[[str], object]


class Arrival(Enum):
    """How a file's journey ended."""

    ARRIVED = 1
    THERE = 2
    IN_THE_WAY = 3
    LOST = 4


def put_files(
    store: Store,
    files: Iterable[Promised],
    opened: Callable[[Promised], AbstractContextManager[IO[bytes]]],
    *,
    say: Say,
) -> list[str]:
    """Put every file at its key, unless the very bytes lie there already; what could not be had, a line each.

    `opened` gives a file's bytes, verified (FileNotFoundError, Differs). Raises Refusal, and has written
    over nothing, where other bytes lie at a key; what proves the history goes with the rows, over older ones.
    """

    def arrive(file: Promised) -> tuple[Arrival, str]:
        try:
            if is_there(store, file):
                return Arrival.THERE, ""
        except Differs:
            if not file.key.startswith(EVIDENCE):
                return Arrival.IN_THE_WAY, f"{file.row}: another file lies at {file.key}"
        try:
            with nullcontext(text_of(file)) if file.text is not None else opened(file) as content:
                put(store, file, content)
        except (FileNotFoundError, Differs):
            return Arrival.LOST, f"{file.row}: its bytes are lost or changed ({file.key})"
        return Arrival.ARRIVED, ""

    lines: dict[Arrival, list[str]] = {arrival: [] for arrival in Arrival}
    count = Counter[Arrival]()
    for arrival, line in in_parallel(arrive, files):
        count[arrival] += 1
        if line:
            lines[arrival].append(line)
    say(
        f"{count[Arrival.ARRIVED]} files were put into the storage and read back, "
        f"{count[Arrival.THERE]} were there already"
    )
    if in_the_way := lines[Arrival.IN_THE_WAY]:
        shown = "\n".join(in_the_way[:20])
        raise Refusal(
            f"{shown}\n{len(in_the_way)} other files lie in the way, so no row was written. "
            "Take an empty storage, or look at these first."
        )
    return lines[Arrival.LOST]


def make_ready(alias: str, migrations: databases.Applied) -> None:
    """Make the tables anew in a database that nobody has worked in; raises Refusal when somebody has."""
    if reason := databases.why_not_empty(alias):
        raise Refusal(f"The database is in use: {reason}. Take an empty one.")
    databases.drop_tables(alias)
    databases.make_tables(alias, migrations)


def fill(
    alias: str,
    tables: list[Table],
    rows_of: Callable[[Table], Iterator[Row]],
    *,
    expected: Mapping[str, Any] | None,
    last_ids: Mapping[str, int],
    gap: int = 0,
) -> dict[str, Tally]:
    """Write all rows, read them back and compare; call it within a transaction (`databases.work_on`).

    `expected`: table -> the tally that its rows must have (as JSON), where that is known beforehand.
    """
    tallies = {}
    for table in tables:
        table.clear(alias)
    for table in tables:
        given = Tally()
        table.write(alias, table.tallied(rows_of(table), given))
        if expected is not None and given.as_json() != expected[table.label]:
            raise Refusal(f"{table.label}: the rows are not those that were kept")
        if (kept := table.tally(alias)) != given:
            raise Refusal(
                f"{table.label}: {given.count} rows went in and came back otherwise ({kept.count})"
            )
        tallies[table.label] = given
    ids.go_on_after(alias, tables, last_ids, gap)
    return tallies

"""The whole of it into an empty database."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from approvals.models import PaymentRequest
from approvals.services import totals
from counterparties.models import BankAccount, Company, Contact
from demo.volume import process
from demo.volume.bare import bare
from demo.volume.fates import Fates
from demo.volume.payees import Parties, enter
from demo.volume.rows import TABLES, Stretch
from demo.volume.size import Size
from demo.volume.staff import Staff, hire
from documents.models import Folder
from people.models import User

# So many requests are made and written at a time; what chance gives them hangs on it.
STRETCH = 2_500
# Below it, taking indexes off and putting them back takes longer than it saves.
MANY = 20_000


@dataclass(frozen=True)
class World:
    """What the requests are made of, as each process that makes some gets it."""

    size: Size
    staff: Staff
    parties: Parties
    first_folder: int


def is_empty() -> bool:
    return not (
        User.objects.exists() or Company.objects.exists() or PaymentRequest.objects.exists()
    )


def load(
    size: Size, *, password: str, processes: int, said: Callable[[str], None] = lambda text: None
) -> None:
    """Write all of it. More than one process: on PostgreSQL alone, and in no transaction as a whole."""
    is_postgres = connection.vendor == "postgresql"
    alone = processes < 2 or not is_postgres or connection.in_atomic_block
    with transaction.atomic():
        staff = hire(size, password)
        parties = enter(size, actor=staff.managers[0].pk)
    said(f"{User.objects.count()} people, {Company.objects.count()} companies")
    first_folder = Folder.objects.order_by("-pk").values_list("pk", flat=True)[0]
    world = World(size, staff, parties, first_folder)
    tables = [table.model._meta.db_table for table in TABLES]
    with_indexes = alone or size.requests < MANY
    with _unhurried(), nullcontext() if with_indexes else bare(tables):
        done = _all_here(world) if alone else _by_processes(world, processes)
        for count in done:
            said(f"{count} requests")
        said("indexes and constraints")
    _set_sequences()
    # Their triggers were off, or had a line for each row.
    totals.mend()
    totals.fold()
    _tidy()


def _all_here(world: World) -> Iterator[int]:
    with transaction.atomic():
        count = 0
        for numbers in _stretches(world.size):
            _write(world, numbers)
            count += len(numbers)
            yield count


def _by_processes(world: World, processes: int) -> Iterator[int]:
    connection.close()
    count = 0
    with ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=process.begin,
        initargs=(pickle.dumps(world),),
    ) as pool:
        for future in as_completed(
            [pool.submit(_one, numbers) for numbers in _stretches(world.size)]
        ):
            count += future.result()
            yield count


def _one(numbers: range) -> int:
    with transaction.atomic():
        _write(process.told(), numbers)
    return len(numbers)


def _stretches(size: Size) -> Iterable[range]:
    for start in range(1, size.requests + 1, STRETCH):
        yield range(start, min(start + STRETCH, size.requests + 1))


def _write(world: World, numbers: range) -> None:
    stretch = Stretch(first_folder=world.first_folder, seed=world.size.seed, now=world.size.now)
    for fate in Fates(world.size, world.staff, world.parties).draw(numbers):
        stretch.add(fate)
    for table, rows in stretch.rows.items():
        table.write(rows)


@contextmanager
def _unhurried() -> Iterator[None]:
    """No statement of ours takes too long."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")


def _set_sequences() -> None:
    """The next row of each table comes after those that were written with their keys."""
    models: list[type[Model]] = [*(table.model for table in TABLES), Company, BankAccount, Contact]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def _tidy() -> None:
    """Statistics for the planner; and what index-only scans need, where a transaction does not forbid it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("VACUUM (ANALYZE, PARALLEL 2)")
            cursor.execute("RESET statement_timeout")
        else:
            cursor.execute("ANALYZE")

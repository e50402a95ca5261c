"""The whole of it into an empty database, in one transaction: interrupted, it has never been.

On PostgreSQL also the indexes, keys and triggers are taken off and put back within it, so whatever ends it, a
`kill -9` or a power cut, leaves the database as empty and as whole as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from approvals.models import PaymentRequest
from approvals.services import totals
from counterparties.models import BankAccount, Company, Contact
from demo.volume.bare import bare
from demo.volume.making import World
from demo.volume.payees import enter
from demo.volume.process import makers
from demo.volume.rows import TABLES
from demo.volume.size import Size
from demo.volume.staff import hire
from documents.models import Folder
from people.models import User

# Below it, taking indexes off and putting them back takes longer than it saves.
MANY = 20_000


def is_empty() -> bool:
    return not (
        User.objects.exists() or Company.objects.exists() or PaymentRequest.objects.exists()
    )


def load(
    size: Size, *, password: str, processes: int, said: Callable[[str], None] = lambda text: None
) -> None:
    """Write all of it. More than one process, and tables without their indexes: on PostgreSQL alone."""
    is_postgres = connection.vendor == "postgresql"
    is_bare = is_postgres and size.requests >= MANY
    with transaction.atomic():
        _take_your_time()
        with bare([table.name for table in TABLES], said) if is_bare else nullcontext():
            _write_all(size, password, processes if is_postgres else 1, said, frozen=is_bare)
        _set_sequences()
        # Their triggers were off, or had a line for each row.
        totals.mend()
        totals.fold()
        said("running totals")
    _tidy()


def _write_all(
    size: Size, password: str, processes: int, said: Callable[[str], None], *, frozen: bool
) -> None:
    staff = hire(size, password)
    parties = enter(size, actor=staff.managers[0].pk)
    # What Django left for the end of the transaction, while there are few rows to look at.
    connection.check_constraints()
    said(f"{User.objects.count()} people, {Company.objects.count()} companies")
    first_folder = Folder.objects.order_by("-pk").values_list("pk", flat=True)[0]
    world = World(size, staff, parties, first_folder)
    stretches = world.stretches()
    with _texts(world, stretches, processes) as texts:
        for numbers, parts in zip(stretches, texts, strict=True):
            for table, text in zip(TABLES, parts, strict=True):
                table.write(text, frozen=frozen)
            said(f"{numbers[-1]} requests")


@contextmanager
def _texts(world: World, stretches: list[range], processes: int) -> Iterator[Iterator[list[bytes]]]:
    if processes < 2 or len(stretches) < 2:
        yield world.made(stretches)
        return
    with makers(world, stretches, min(processes, len(stretches))) as texts:
        yield texts


def _take_your_time() -> None:
    """No statement of this transaction takes too long, nor does a pause between two."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


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

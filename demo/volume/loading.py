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
from demo.volume.process import Makers
from demo.volume.registers import draw_up_registers
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
    """Write all of it. Processes of their own, and tables without their indexes: on PostgreSQL alone."""
    is_postgres = connection.vendor == "postgresql"
    is_bare = is_postgres and size.requests >= MANY
    with _makers(processes if is_bare else 1) as made, transaction.atomic():
        _take_your_time()
        with bare([table.name for table in TABLES], said) if is_bare else nullcontext():
            world = _people_and_companies(size, password)
            said(f"{User.objects.count()} people, {Company.objects.count()} companies")
            for numbers, parts in zip(world.stretches(), made(world), strict=True):
                for table, text in zip(TABLES, parts, strict=True):
                    table.write(text, frozen=is_bare)
                said(f"{numbers[-1]} requests")
        _set_sequences()
        # Their triggers were off, or had a line for each row.
        totals.fill()
        draw_up_registers(size)
        said("running totals and registers")
    _tidy()


@contextmanager
def _makers(count: int) -> Iterator[Callable[[World], Iterator[list[bytes]]]]:
    """What gives the text of all rows: `count` processes, or for one of them this one."""
    if count < 2:
        yield lambda world: world.made(world.stretches())
        return
    makers = Makers(count)
    try:
        yield makers.made
    finally:
        makers.end()


def _people_and_companies(size: Size, password: str) -> World:
    staff = hire(size, password)
    parties = enter(size, actor=staff.managers[0].pk)
    # What Django left for the end of the transaction, while there are few rows to look at.
    connection.check_constraints()
    first_folder = Folder.objects.order_by("-pk").values_list("pk", flat=True)[0]
    return World(size, staff, parties, first_folder)


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
            # No row was ever deleted, so there is nothing to clean up in any index.
            cursor.execute("VACUUM (ANALYZE, INDEX_CLEANUP OFF)")
            cursor.execute("RESET statement_timeout")
        else:
            cursor.execute("ANALYZE")

"""Databases as back-ups and moves need them: one moment of one, or one that nobody has worked in yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from django.apps import apps as installed
from django.apps.registry import Apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model
from django.db.utils import ConnectionHandler, load_backend

from audit.services import event_models
from keeping.failures import Refusal
from people.models import User

SNAPSHOT = "snapshot"
TURN = 7_461_623  # any number that nobody else's advisory lock has
# A session lets whoever holds it in, and so does a link of a letter, so a back-up must not; the uploads of a
# form go with its session.
# Totals are written anew by the rows that arrive.
LEFT_BEHIND = {
    "people.session",
    "people.entrylink",
    "people.passwordrequest",
    "sessions.session",
    "documents.upload",
    "notifications.testletter",
    "approvals.totalline",
}
Applied = dict[str, list[str]]


@contextmanager
def opened(alias: str, settings: Mapping[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    """A database that the settings do not name, under `alias` while the block runs, without a pool."""
    whole = deepcopy(ConnectionHandler({"default": dict(settings)}).settings["default"])
    whole["OPTIONS"].pop("pool", None)
    connection = load_backend(whole["ENGINE"]).DatabaseWrapper(whole, alias)
    connections[alias] = connection
    try:
        yield connection
    finally:
        connection.close()
        del connections[alias]


@contextmanager
def work_on(alias: str) -> Iterator[None]:
    """One transaction, in which a statement may take as long as it takes."""
    connection = connections[alias]
    with transaction.atomic(using=alias):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                    cursor.execute(f"SET LOCAL {limit} = 0")
        yield


@contextmanager
def one_at_a_time(database: BaseDatabaseWrapper) -> Iterator[None]:
    """Wait until nobody else is in such a block; on SQLite, which one machine alone has, at once."""
    if database.vendor != "postgresql":
        yield
        return
    with (
        opened("turn", database.settings_dict) as connection,
        work_on("turn"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])
        yield


@contextmanager
def snapshot(source: str = "default", *, frozen: bool = False) -> Iterator[str]:
    """The alias of a connection on which every read sees the one moment in which the block began.

    Others go on writing meanwhile, unless it is `frozen`: then they wait, and fail when it takes long.
    """
    settings = deepcopy(connections[source].settings_dict)
    settings["DISABLE_SERVER_SIDE_CURSORS"] = False  # all of it is one transaction, pooler or not
    if connections[source].vendor == "postgresql":
        settings["OPTIONS"]["isolation_level"] = IsolationLevel.REPEATABLE_READ
    else:
        settings["OPTIONS"]["transaction_mode"] = "IMMEDIATE" if frozen else "DEFERRED"
    with (
        opened(SNAPSHOT, settings) as connection,
        work_on(SNAPSHOT),
        connection.cursor() as cursor,
    ):
        if frozen and connection.vendor == "postgresql":
            tables = [model._meta.db_table for model in installed.get_models() if is_kept(model)]
            names = ", ".join(connection.ops.quote_name(table) for table in tables)
            cursor.execute(f"LOCK TABLE {names} IN SHARE MODE")
        cursor.execute("SELECT count(*) FROM django_migrations")  # the moment is the first read's
        cursor.fetchone()
        yield SNAPSHOT


def is_kept(model: type[Model]) -> bool:
    """Whether the model has a table of its own whose rows go along."""
    return (
        model._meta.managed and not model._meta.proxy and model._meta.label_lower not in LEFT_BEHIND
    )


def applied(alias: str) -> Applied:
    """App -> its migrations that this database has, in order of name."""
    found: Applied = {}
    for app, name in sorted(MigrationRecorder(connections[alias]).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found


def models_at(migrations: Applied) -> Apps:
    """The models as they were after these migrations.

    Raises Refusal when this program does not know one of them: what it is to read is newer than it.
    """
    loader = MigrationLoader(None)
    unknown = [
        f"{app}.{name}"
        for app, names in migrations.items()
        for name in names
        if (app, name) not in loader.disk_migrations
    ]
    if unknown:
        raise Refusal(
            f"This is from a newer program, with migrations unknown here: {', '.join(unknown)}"
        )
    return loader.project_state(_leaves(migrations, loader)).apps


def is_today(migrations: Applied) -> bool:
    """Whether these migrations are all that this program has."""
    have = {(app, name) for app, names in migrations.items() for name in names}
    return set(MigrationLoader(None).graph.nodes) <= have


def make_tables(alias: str, migrations: Applied) -> None:
    """Migrate an empty database to exactly these migrations, and leave out what Django fills in by itself.

    A migration that asks for rows without saying of which database gets this one's too.
    """
    usual, connections["default"] = connections["default"], connections[alias]
    try:
        executor = MigrationExecutor(connections[alias])
        executor.migrate(_leaves(migrations, executor.loader))
    finally:
        connections["default"] = usual


def why_not_empty(alias: str) -> str:
    """What shows that somebody works in this database; empty when nobody ever has."""
    with connections[alias].cursor() as cursor:
        there = set(connections[alias].introspection.table_names(cursor))
        for table in (User._meta.db_table, *(model._meta.db_table for model in event_models())):
            if table in there:
                name = connections[alias].ops.quote_name(table)
                cursor.execute(f"SELECT 1 FROM {name} LIMIT 1")  # noqa: S608
                if cursor.fetchone():
                    return f"{table} has rows"
    return ""


def drop_tables(alias: str) -> None:
    """Take the program's own tables away from a database that nobody has worked in (`why_not_empty`)."""
    connection = connections[alias]
    ours = {"django_migrations"}
    if "django_migrations" in connection.introspection.table_names():
        ours |= {
            model._meta.db_table
            for model in models_at(applied(alias)).get_models(include_auto_created=True)
        }
    with connection.cursor() as cursor:
        tables = sorted(ours & set(connection.introspection.table_names(cursor)))
        names = [connection.ops.quote_name(table) for table in tables]
        if not names:
            return
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP TABLE {', '.join(names)}")
            return
        with connection.constraint_checks_disabled():
            for name in names:
                cursor.execute(f"DROP TABLE {name}")


def _leaves(migrations: Applied, loader: MigrationLoader) -> list[tuple[str, str]]:
    """Of each app the migrations that no other of the same app, among these, follows."""
    nodes = {(app, name) for app, names in migrations.items() for name in names}
    followed = {
        parent.key
        for node in nodes & set(loader.graph.node_map)
        for parent in loader.graph.node_map[node].parents
        if parent.key[0] == node[0]
    }
    return sorted(nodes & set(loader.graph.node_map) - followed)

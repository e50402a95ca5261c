"""What every test starts from: own files, an empty cache, Russian words; and which tests apply to a run."""

import gc
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils import translation
from pytest_django import DjangoDbBlocker
from storages.backends.s3 import S3Storage
from xdist.scheduler import LoadFileScheduling

from audit.testing import flush_allowed
from people import start
from tests.stack import migrated
from tests.storage import was_used

# As in manage.py: what a start makes stays, and to look through it for garbage again and again takes time.
gc.set_threshold(100_000)

pytest_plugins = ["tests.stack.fixtures", "tests.register", "tests.press"]

# Whoever uses one of these needs more than a database.
MARKED_BY_FIXTURE = {
    "full_stack": "services",
    "smtp_server": "services",
    "rig_of_module": "services",
    "page": "browser",
    "browser": "browser",
    "embedded_program": "sqlite_only",
}

# A test with none of these asks no database: it says the same on any, and once is enough.
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}

# Recorded answers and files of others, kept beside the project where there are any.
SAMPLES = settings.BASE_DIR.parent / "shared" / "samples"


# Begun first, for a worker that begins one of these last keeps the whole run waiting.
LONG = (
    "test_operations_stack.py",
    "test_restoring.py",
    "test_moving.py",
    "test_fuzz.py",
    "test_broker.py",
    "test_worker_killed.py",
    "test_press_attacks.py",
    "test_access.py",
    "test_https_stack.py",
    "test_single_sign_on_browser.py",
)


def needs_stack(nodeid: str) -> bool:
    """Whether a test's file uses the whole program that is started once; they say so in their names."""
    name = Path(nodeid.split("::")[0]).name
    return name.endswith(("_stack.py", "_browser.py")) and name not in LONG


# Waits until the demo's papers, which become due one by one for minutes, are made.
LAST_ON_STACK = "test_doctor_stack.py"


def begins_at(item: pytest.Item) -> tuple[bool, bool, int]:
    """The order of files: those on the whole program, then the other long ones."""
    name = item.path.name
    number = LONG.index(name) if name in LONG else len(LONG)
    return not needs_stack(item.nodeid), name == LAST_ON_STACK, number


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """A worker takes a file at a time, and all that need the whole program are one 'file'."""

    def _split_scope(self, nodeid: str) -> str:
        """What is given to one worker together."""
        if os.environ.get("MATRIX") == "whole":
            return nodeid.split("[")[-1].removesuffix("]").split("-")[-3:][0]  # the language
        return "stack" if needs_stack(nodeid) else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Share the tests out among the workers of a parallel run."""
    return ByFile(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what does not apply to this run's database and servers; what is slow to start comes first."""
    on_postgres = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    excluded = {"sqlite_only"} if on_postgres else {"postgres"}
    if "S3_ENDPOINT_URL" not in os.environ:
        excluded |= {"services", "browser"}
    if not SAMPLES.is_dir():
        excluded.add("samples")
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        for fixture, marker in MARKED_BY_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)
        asks_database = DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
        if not (asks_database or item.get_closest_marker("django_db")):
            item.add_marker("once")
        markers = {marker.name for marker in item.iter_markers()}
        (dropped if markers & excluded else kept).append(item)
    kept.sort(key=begins_at)
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept


def bucket() -> Any:
    """The bucket behind the default storage (boto3 makes its classes as it runs: no types)."""
    return cast(S3Storage, storages["default"]).bucket


@pytest.fixture(scope="session", autouse=True)
def _bucket() -> None:
    """Each worker of a parallel run has a bucket of its own."""
    if settings.USES_S3:
        bucket().create()


@pytest.fixture(scope="session", autouse=True)
def _flush_allowed() -> Iterator[None]:
    """A test with real transactions ends with a flush, which the append-only tables refuse anybody else.

    On SQLite it deletes row by row, and the running totals count that.
    """
    flush = BaseDatabaseOperations.execute_sql_flush

    def without_totals(self: BaseDatabaseOperations, sql_list: Sequence[str]) -> None:
        flush(self, [*sql_list, *(sql for sql in sql_list if "approvals_totalline" in sql)])

    with patch.object(BaseDatabaseOperations, "execute_sql_flush", without_totals), flush_allowed():
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """The test database begins as a copy of one with all tables; Django looks whether one is missing."""
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated.on_postgres()
        yield
        return
    name = cast(Any, connection.creation)._get_test_db_name()
    # What is in memory is there for as long as somebody has it open.
    with closing(sqlite3.connect(name, uri=True)):
        migrated.copy_on_sqlite(migrated.on_sqlite(), name)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, which at the end nobody has open: a pool may just be opening a connection."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [connection.settings_dict["NAME"]],
            )


@pytest.fixture(autouse=True)
def _fresh_surroundings() -> Iterator[None]:
    """Nothing that an earlier test left in the cache, the language or the storage."""
    cache.clear()
    start.forget()
    with translation.override(settings.LANGUAGE_CODE):
        yield
    if was_used():
        bucket().objects.all().delete()
        was_used()  # by this very line
    shutil.rmtree(settings.DATA_DIR / "storage", ignore_errors=True)
    shutil.rmtree(settings.MAIL_DIR, ignore_errors=True)

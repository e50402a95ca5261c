"""Databases in a file of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keeping.databases import opened

OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": "PRAGMA journal_mode=WAL;",
}


@contextmanager
def file_database(path: Path) -> Iterator[str]:
    """The alias of an SQLite database in `path`."""
    settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": OPTIONS}
    with opened("box", settings):
        yield "box"

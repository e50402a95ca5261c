"""Databases with every table and nothing in them: migrated once, copied wherever one is needed.

Migrating takes six seconds of a processor, and a test run needs a dozen such databases.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
NAME = "signoff_migrated_"


def on_postgres() -> str:
    """The name of such a database on the stack's server; nobody connects to it, so that it can be copied."""
    address, name = os.environ["DATABASE_URL"], NAME + _fingerprint()
    with _only_one("migrated-postgres"), psycopg.connect(address, autocommit=True) as connection:
        there = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [NAME]
        )
        found = {row[0] for row in there}
        if name not in found:
            for old in found:
                connection.execute(f'DROP DATABASE "{old}"')
            draft = f"{NAME}draft"
            connection.execute(f'CREATE DATABASE "{draft}"')
            _migrate(f"{address.rpartition('/')[0]}/{draft}")
            connection.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
    return name


def copy_on_postgres(name: str) -> str:
    """A new database called `name` with all tables; its address."""
    address = os.environ["DATABASE_URL"]
    template = on_postgres()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return f"{address.rpartition('/')[0]}/{name}"


def on_sqlite() -> Path:
    """Such a file. It stays for later runs of the very same code."""
    path = BUILD / f"migrated-{_fingerprint()}.sqlite3"
    with _only_one("migrated-sqlite"):
        if not path.exists():
            for old in BUILD.glob("migrated-*.sqlite3"):
                old.unlink()
            draft = path.with_suffix(".draft")
            draft.unlink(missing_ok=True)
            with tempfile.TemporaryDirectory() as folder:
                made = Path(folder) / "db.sqlite3"
                _migrate(f"sqlite:///{made}")
                copy_on_sqlite(made, str(draft))
            draft.replace(path)
    return path


def copy_on_sqlite(source: Path, target: str) -> None:
    """Fill `target`, a path or the URI of a database in memory, with what is in `source`."""
    with (
        closing(sqlite3.connect(source)) as one,
        closing(sqlite3.connect(target, uri=True)) as other,
    ):
        one.backup(other)


def _migrate(database_url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, ROOT / "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "ENV_FILE": "",
                "DEMO": "1",
                "DATA_DIR": folder,
                "DATABASE_URL": database_url,
                "STATEMENT_TIMEOUT": "0",
            },
            check=True,
        )


@contextmanager
def _only_one(name: str) -> Iterator[None]:
    """The workers of a parallel run wait for the first of them."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / f"{name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fingerprint() -> str:
    """Of the program and of what it stands on: any change to either may be one to the tables."""
    digest = hashlib.sha256(f"{sys.version} {sqlite3.sqlite_version}".encode())
    rooms = (path.parent for path in ROOT.glob("*/migrations/"))
    paths = [path for room in (*rooms, ROOT / "config") for path in room.rglob("*.py")]
    for path in (ROOT / "requirements.txt", *sorted(paths)):
        if "tests" not in path.parts:
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]

"""Databases that were seeded once and are copied for each run, in one cluster that stays."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.stack.program import ROOT

# As it would be set up: what is committed is on the disk.
SETTINGS = ["shared_buffers=512MB", "max_connections=120", "max_wal_size=4GB"]
RUN = "bench"


def address(server: str, database: str) -> str:
    """The same server's other database."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def copy_of(server: str, rows: int, *, fresh: bool, env: dict[str, str]) -> str:
    """The address of a database with so many requests that may be written to; seeded where it must be."""
    seeded = f"seeded_{rows}"
    with psycopg.connect(address(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {RUN} WITH (FORCE)")
        if fresh:
            connection.execute(f"DROP DATABASE IF EXISTS {seeded} WITH (FORCE)")
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [seeded])
        if found.fetchone() is None:
            _seed(connection, address(server, seeded), rows, env)
        connection.execute(f"CREATE DATABASE {RUN} TEMPLATE {seeded} STRATEGY FILE_COPY")
    return address(server, RUN)


def _seed(
    connection: psycopg.Connection[tuple[object, ...]], url: str, rows: int, env: dict[str, str]
) -> None:
    """Under another name until it is whole."""
    draft, whole = f"draft_{rows}", urlsplit(url).path[1:]
    connection.execute(f"DROP DATABASE IF EXISTS {draft} WITH (FORCE)")
    connection.execute(f"CREATE DATABASE {draft}")
    own = {
        **env,
        "DATABASE_URL": address(url, draft),
        "SEED_ALLOWED": "1",
        "STATEMENT_TIMEOUT": "0",
    }
    for command in (["migrate", "--verbosity", "0"], ["seed", "--requests", str(rows)]):
        subprocess.run(
            [sys.executable, ROOT / "manage.py", *command],
            env={**os.environ, **own},
            cwd=ROOT,
            check=True,
            stdout=sys.stderr,
        )
    connection.execute(f"ALTER DATABASE {draft} RENAME TO {whole}")

"""Installations of their own, worked in by processes of their own, as operators do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.stack import warm
from tests.stack.migrated import copy_on_postgres, on_sqlite
from tests.stack.program import environment, s3_client

# A company's morning: one letter was sent and another waits; files are in their places, a logo is in its row.
MORNING = """
from django.core.management import call_command
from approvals.tests import builders as b
from documents import pictures
from notifications.models import Letter
from tests.worker import work
call_command("ensure_storage", verbosity=0)
world = b.build_world()
logo = bytes(range(256))
pictures.save(name="logo", content=logo, content_type="image/png", author=world.admin)
b.paid(world)
work()
b.paid(world, invoice_number="К-2")
"""


@dataclass
class Installation:
    """Where everything of it lies: the environment says it."""

    env: dict[str, str]

    @property
    def data_dir(self) -> Path:
        return Path(self.env["DATA_DIR"])

    @property
    def stored(self) -> Path:
        """The folder of the embedded storage."""
        return self.data_dir / "storage"

    def try_to(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run a management command; its status and all that it printed, in `stdout`."""
        return warm.run(arguments, self.env, together=True)

    def manage(self, *arguments: object) -> str:
        """Run a management command that must succeed; what it printed."""
        done = self.try_to(*arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def run(self, code: str) -> Any:
        """Run Python in this installation; what it leaves in `answer`, as JSON."""
        text = f"import django, json\ndjango.setup()\nanswer = None\n{code}\n"
        text += "print('\\n' + json.dumps(answer))"
        done = warm.run(["-c", text], self.env, together=True)
        assert done.returncode == 0, done.stdout
        return json.loads(done.stdout.splitlines()[-1])

    def tallies(self) -> dict[str, Any]:
        """Table -> count, digest and sums of its rows."""
        return self.run(
            "from django.apps import apps\nfrom keeping.rows import tables\n"
            "answer = {t.label: t.tally('default').as_json() for t in tables(apps)}"
        )

    def write_env(self, path: Path) -> Path:
        """Its settings as a file."""
        names = ("DATABASE_URL", "BROKER_URL", "SECRET_KEY", "DEMO", "DATA_DIR", "AUDIT_KEY")
        lines = [
            f"{name}={value}"
            for name, value in self.env.items()
            if name in names or name.startswith("S3_")
        ]
        path.write_text("\n".join(lines))
        return path


def embedded(folder: Path, *, with_tables: bool = False, **changes: str) -> Installation:
    """An installation on SQLite and files; nothing is in it yet."""
    folder.mkdir(parents=True)
    made = Installation(environment(folder, SECRET_KEY="k" * 60, EMAIL_URL="eml://", **changes))
    if with_tables:
        shutil.copy(on_sqlite(), made.data_dir / "db.sqlite3")
    return made


def on_servers(folder: Path, *, with_tables: bool = False, **changes: str) -> Installation:
    """An installation on the stack's PostgreSQL and S3, with a database and a bucket of its own."""
    server, _slash, database = os.environ["DATABASE_URL"].rpartition("/")
    name = f"keeping_{uuid.uuid4().hex[:12]}"
    if with_tables:
        copy_on_postgres(name)
    else:
        with psycopg.connect(f"{server}/{database}", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
    bucket = name.replace("_", "-")
    s3_client(os.environ).create_bucket(Bucket=bucket)
    s3 = {
        name: os.environ[name]
        for name in ("S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_REGION")
    }
    return embedded(folder, DATABASE_URL=f"{server}/{name}", S3_BUCKET=bucket, **s3, **changes)


def worked_in(installation: Installation) -> Installation:
    """The same, which has its tables, with a company's morning in it."""
    installation.run(MORNING)
    return installation

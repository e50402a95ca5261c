"""The program itself as it is installed: a web server and a worker in processes of their own."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psycopg
from botocore.config import Config

from tests.stack.mailbox import Mailbox, mail_server
from tests.stack.processes import Service, free_port, running

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent


@dataclass
class Program:
    """A running installation: where it answers, and the environment that it was started with."""

    base_url: str
    data_dir: Path
    env: dict[str, str]

    def manage(self, *arguments: str) -> str:
        """Run a management command in this installation; what it printed."""
        return subprocess.run(
            [sys.executable, ROOT / "manage.py", *arguments],
            env=self.env,
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout


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
        "ENV_FILE": "",
        "DEMO": "1",
        "DATA_DIR": str(data_dir),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PYTHONWARNINGS": "default",
        **changes,
    }


def answers(url: str) -> bool:
    """Whether `url` answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def prepare(env: dict[str, str]) -> None:
    """Tables, files, the demo's story: what an installation needs before it serves."""
    prepared = subprocess.run(
        [sys.executable, ROOT / "scripts" / "prepare.py"],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert prepared.returncode == 0, prepared.stdout[-3000:] + prepared.stderr[-5000:]


def base_url(env: Mapping[str, str]) -> str:
    """Where the installation answers."""
    return f"http://{env['HOST']}:{env['PORT']}"


def web(folder: Path, env: dict[str, str]) -> Service:
    """The web server."""
    command = [SCRIPTS / "granian", "--interface", "wsgi", "--blocking-threads", "4"]
    command += ["--host", env["HOST"], "--port", env["PORT"], "config.wsgi:application"]
    return Service(
        command,
        log=folder / "web.log",
        ready=lambda: answers(f"{base_url(env)}/healthz"),
        env=env,
        cwd=ROOT,
    )


def worker(
    folder: Path, env: dict[str, str], *options: str, name: str = "worker", pool: str = "threads"
) -> Service:
    """A worker of two, unless `options` say otherwise."""
    command = [SCRIPTS / "celery", "-A", "config", "--quiet", "worker", "-P", pool, "-c", "2"]
    command += ["--loglevel", "info", *options]
    return Service(command, log=folder / f"{name}.log", env=env, cwd=ROOT)


def beat(folder: Path, env: dict[str, str], name: str = "beat") -> Service:
    """The scheduler; each has a file of its own for what it ran when."""
    command = [SCRIPTS / "celery", "-A", "config", "--quiet", "beat", "--pidfile", ""]
    command += ["--schedule", folder / f"{name}.schedule"]
    return Service(command, log=folder / f"{name}.log", env=env, cwd=ROOT)


@contextmanager
def serving(folder: Path, env: dict[str, str]) -> Iterator[Program]:
    """Prepare, then run web, worker and scheduler until the block ends."""
    prepare(env)
    with ExitStack() as stack:
        for service in (worker(folder, env), beat(folder, env), web(folder, env)):
            stack.enter_context(running(service))
        yield Program(base_url=base_url(env), data_dir=Path(env["DATA_DIR"]), env=env)


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
    server, _slash, database = os.environ["DATABASE_URL"].rpartition("/")
    with psycopg.connect(f"{server}/{database}", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    s3 = s3_client(os.environ)
    bucket = f"signoff-{name.replace('_', '-')}"
    s3.create_bucket(Bucket=bucket)
    with mail_server() as mailbox:
        s3_names = ("S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_REGION")
        env = environment(
            folder,
            DATABASE_URL=f"{server}/{name}",
            BROKER_URL=os.environ["BROKER_URL"].rpartition("/")[0] + "/9",
            EMAIL_URL=mailbox.url,
            S3_BUCKET=bucket,
            **{key: os.environ[key] for key in s3_names},
        )
        with serving(folder, env) as program:
            yield FullStack(
                program.base_url, program.data_dir, env, mailbox=mailbox, s3=s3, bucket=bucket
            )


@contextmanager
def embedded(folder: Path) -> Iterator[Program]:
    """An installation on the embedded defaults: SQLite, folders for queue and files, letters as files."""
    with serving(folder, environment(folder)) as program:
        yield program

"""An installation to break: real processes, and servers that only they use, with a proxy before each.

The database is the test's own, so a test writes and reads rows as any other does, and goes straight to it;
the processes reach it, the broker, the storage and the mail server through proxies.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import redis
from botocore.config import Config
from celery import Celery
from django.conf import settings
from django.db import connection

from documents.models import Document, Folder
from notifications.models import Letter, Notice
from outbox.models import IntentRow
from people.models import User
from tests.over_http import HttpPerson
from tests.stack.mailbox import Mailbox, mail_server
from tests.stack.processes import Service, running
from tests.stack.program import base_url, environment, release, s3_client, service
from tests.stack.proxy import Proxy, proxied
from tests.stack.servers import Server, copy_database, postgres, s3, valkey

BUCKET = "signoff-faults"
# A worker that asks no others who they are is up a second sooner.
QUICK = ("--without-gossip", "--without-mingle")


PROMISES = (Folder, Document, Letter, Notice)
# How often the sweepers come: the scheduler's minute, told in seconds.
SWEEP_SECONDS = 2


class Rig:
    """What there is to break. The processes are started by whoever needs them, and end with the module."""

    prepared: ClassVar[bool] = False

    def __init__(
        self,
        folder: Path,
        *,
        database: Proxy,
        valkey: Server,
        broker: Proxy,
        s3: Server,
        storage: Proxy,
        mailbox: Mailbox,
        smtp: Proxy,
        postgres: Server | None = None,
    ) -> None:
        self.folder = folder
        self.database = database
        self.valkey = valkey
        self.broker = broker
        self.s3 = s3
        self.storage = storage
        self.mailbox = mailbox
        self.smtp = smtp
        self.postgres = postgres
        row = connection.settings_dict
        self.env = environment(
            folder,
            DEMO="0",
            SECRET_KEY=settings.SECRET_KEY,
            STATEMENT_TIMEOUT="2",
            WEB_WORKERS="1",
            WORKER_CONCURRENCY="2",
            DATABASE_URL=f"postgres://{row['USER']}@127.0.0.1:{database.port}/{row['NAME']}",
            **{**s3.names, "S3_BUCKET": BUCKET},
        )
        self.env |= {
            "BROKER_URL": f"redis://127.0.0.1:{broker.port}/0",
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{storage.port}",
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
            "PUBLIC_URL": base_url(self.env),
        }
        self.web = service("web", folder, self.env)
        self.worker = service("worker", folder, self.env, *QUICK)
        self.client = s3_client(s3.names)
        self._services: list[Service] = [self.web, self.worker]
        self._celery = Celery("tests", broker=valkey.names["BROKER_URL"], set_as_current=False)

    @property
    def base_url(self) -> str:
        """Where its web server answers."""
        return base_url(self.env)

    def begin_worker(self) -> None:
        """A worker, the one that runs or a new one; it may still be on its way up."""
        if not self.worker.is_running:
            self.worker.begin()

    def begin_web(self) -> None:
        """A web server, the one that runs or a new one."""
        if not self.web.is_running:
            if not Rig.prepared:
                release(self.env)
                Rig.prepared = True
            self.web.start()

    def another_worker(self, name: str, *options: str, **changes: str) -> Service:
        """One more worker, not started."""
        env = self.env | changes
        made = service("worker", self.folder, env, *QUICK, *options, called=name)
        self._services.append(made)
        return made

    def beat(self, name: str = "beat", **changes: str) -> Service:
        """A scheduler, not started."""
        schedule = f"--schedule={self.folder / name}"
        made = service("beat", self.folder, self.env | changes, schedule, called=name)
        self._services.append(made)
        return made

    def visitor(self, user: User | None = None) -> HttpPerson:
        """Somebody before its web server, logged in as `user`."""
        return HttpPerson(self.base_url, user=user)

    def wake(self, task: str, *arguments: int) -> None:
        """What a page or the scheduler does: a message to the workers."""
        self._celery.send_task(task, arguments, retry=False)

    def messages(self) -> int:
        """How many messages wait for a worker."""
        with redis.Redis.from_url(self.valkey.names["BROKER_URL"]) as broker:
            return int(broker.llen("celery"))  # type: ignore[arg-type]

    def settle(self, timeout: float = 90) -> None:
        """Sweep until nothing is due or claimed any more, as the scheduler does; AssertionError if never."""
        deadline = time.monotonic() + timeout
        swept = 0.0
        while waiting := [row for model in PROMISES for row in promised(model)]:
            now = time.monotonic()
            assert now < deadline, waiting
            if now - swept > SWEEP_SECONDS:
                swept = now
                for task in ("documents.sweep", "notifications.sweep"):
                    self.wake(task)
            time.sleep(0.05)

    def keys(self, prefix: str = "") -> list[str]:
        """The keys of the bucket's objects."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def read(self, key: str) -> bytes:
        """An object's bytes."""
        return bytes(self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def storages(
        self, *, through_proxy: bool = False, patience: float = 10, secret_key: str = ""
    ) -> dict[str, Any]:
        """STORAGES for the test's own process: to the same bucket, straight or as the program reaches it.

        `patience` is how many seconds an answer is waited for.
        """
        options = settings.STORAGES["default"]["OPTIONS"]
        port = self.storage.port if through_proxy else self.s3.port
        options = {
            **options,
            "endpoint_url": f"http://127.0.0.1:{port}",
            "bucket_name": BUCKET,
            "access_key": self.s3.names["S3_ACCESS_KEY"],
            "secret_key": secret_key or self.s3.names["S3_SECRET_KEY"],
            "client_config": options["client_config"].merge(Config(read_timeout=patience)),
        }
        return {
            **settings.STORAGES,
            "default": {**settings.STORAGES["default"], "OPTIONS": options},
        }

    def stop_database(self) -> None:
        """PostgreSQL ends as its administrator ends it; this process has let go of it before."""
        assert self.postgres is not None
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
        self.postgres.stop()

    def start_database(self) -> None:
        """It is there again, with all that was committed."""
        assert self.postgres is not None
        self.postgres.start()

    def mend(self) -> None:
        """Everything works again."""
        for proxy in (self.database, self.broker, self.storage, self.smtp):
            proxy.forget()
            proxy.accept()
        for server in (self.valkey, self.s3, self.postgres):
            if server is not None and not server.is_running:
                server.start()

    def empty(self) -> None:
        """Nothing is left of what was stored and sent."""
        for key in self.keys():
            self.client.delete_object(Bucket=BUCKET, Key=key)
        self.mailbox.reset()

    def end(self) -> None:
        """No process is left."""
        for process in self._services:
            process.kill()


@contextmanager
def on_own_postgres(folder: Path) -> Iterator[Server]:
    """A PostgreSQL that nobody else uses holds the test's database, for this process too."""
    where = connection.settings_dict
    shared = {name: where[name] for name in ("HOST", "PORT", "NAME")}
    source = f"postgres://{where['USER']}@{where['HOST']}:{where['PORT']}/{where['NAME']}"
    with running(postgres(folder)) as server:
        copy_database(source, server.names["DATABASE_URL"])
        _move_to({"HOST": "127.0.0.1", "PORT": server.port, "NAME": "signoff"})
        try:
            yield server
        finally:
            _move_to(shared)


def promised(model: type[IntentRow]) -> list[dict[str, Any]]:
    """The rows that somebody must still act on, and what is known of them."""
    names = ("pk", "next_try_at", "attempts", "claimed_at", "last_error")
    rows = model._default_manager.filter(next_try_at__isnull=False)
    return [{"model": model.__name__, **row} for row in rows.values(*names)]


def _move_to(place: dict[str, Any]) -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict.update(place)


@contextmanager
def rigged(folder: Path, postgres: Server | None = None) -> Iterator[Rig]:
    """A rig until the block ends."""
    with ExitStack() as stack:
        for part in ("valkey", "s3"):
            (folder / part).mkdir()
        broker = stack.enter_context(running(valkey(folder / "valkey")))
        storage = stack.enter_context(running(s3(folder / "s3")))
        mailbox = stack.enter_context(mail_server())
        rig = Rig(
            folder,
            database=stack.enter_context(proxied(int(connection.settings_dict["PORT"]))),
            valkey=broker,
            broker=stack.enter_context(proxied(broker.port)),
            s3=storage,
            storage=stack.enter_context(proxied(storage.port)),
            mailbox=mailbox,
            smtp=stack.enter_context(proxied(urlsplit(mailbox.url).port or 0)),
            postgres=postgres,
        )
        rig.client.create_bucket(Bucket=BUCKET)
        stack.callback(rig.end)
        yield rig

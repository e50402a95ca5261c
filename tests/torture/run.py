"""The run: people and faults, then quiet, then the books."""

from __future__ import annotations

import datetime
import random
import re
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from approvals.models import PaymentRequest  # noqa: E402
from approvals.tests.builders import build_world  # noqa: E402
from outbox import services as outbox  # noqa: E402
from tests.over_http import HttpPerson  # noqa: E402
from tests.stack.mailbox import Mailbox  # noqa: E402
from tests.stack.program import base_url, environment, release, s3_client, service  # noqa: E402
from tests.stack.proxy import proxied  # noqa: E402
from tests.stack.servers import Server  # noqa: E402
from tests.torture import books  # noqa: E402
from tests.torture.chaos import Chaos  # noqa: E402
from tests.torture.people import Accountant, Book, Manager, Supervisor  # noqa: E402

SETTLES_IN = 120.0  # seconds, at the very most
BEGAN = time.monotonic()
QUICK = ("--without-gossip", "--without-mingle")
PROCESSES = ("web", "worker", "beat")
A_TRACEBACK = re.compile(r'"event": "[a-z.]*unexpected_error"')


def torture(
    folder: Path, servers: dict[str, Server], mailbox: Mailbox, *, seconds: float, seed: int
) -> int:
    """0 when the books balance, else 1; all of it is printed."""
    with proxied(urlsplit(mailbox.url).port or 0) as smtp:
        names = {name: value for server in servers.values() for name, value in server.names.items()}
        env = environment(
            folder,
            DEMO="0",
            SECRET_KEY=settings.SECRET_KEY,
            WEB_WORKERS="1",
            WORKER_CONCURRENCY="2",
            SWEEP_SECONDS="2",
            **names,
            EMAIL_URL=f"smtp://127.0.0.1:{smtp.port}",
        )
        env["PUBLIC_URL"] = settings.PUBLIC_URL = base_url(env)
        release(env)
        world = build_world()
        processes = {
            "web": service("web", folder, env),
            "worker": service("worker", folder, env, *QUICK),
            "beat": service("beat", folder, env, f"--schedule={folder / 'beat'}"),
        }
        chaos = Chaos(processes, servers, smtp, mailbox, random.Random(f"{seed} chaos"))
        book = Book()
        url = base_url(env)
        players = [
            kind(name, url, getattr(world, name), world, book, seed)
            for kind, name in (
                (Manager, "manager"),
                (Manager, "manager2"),
                (Supervisor, "supervisor"),
                (Supervisor, "supervisor2"),
                (Accountant, "accountant"),
            )
        ]
        accountant = HttpPerson(url, user=world.accountant)
        let_go()
        try:
            for process in processes.values():
                process.start()
            print(f"begun after {time.monotonic() - BEGAN:.0f} s", flush=True)
            play(chaos, players, seconds)
            settled = settle(chaos)
            faults = [*book.faults, *chaos.faults]
            storage = s3_client(names)
            kills = sum(chaos.hits.values())
            faults += books.check(book, mailbox, storage, names["S3_BUCKET"], kills=kills)
            faults += books.pages(accountant)
            faults += logs(folder)
        finally:
            for process in processes.values():
                process.thaw() if process.is_running else None
                process.kill()
    say(book, chaos, settled, faults)
    if faults:
        keep = Path("build") / "torture"
        keep.mkdir(parents=True, exist_ok=True)
        for log in folder.glob("*.log"):
            (keep / log.name).write_bytes(log.read_bytes())
        print(f"again: make torture MINUTES={seconds / 60:g} SEED={seed}   (logs: {keep})")
    return 1 if faults else 0


def play(chaos: Chaos, players: list[object], seconds: float) -> None:
    """People and faults beside each other; everything is whole at the end, and every form answered."""
    people = [threading.Thread(target=player.play) for player in players]  # type: ignore[attr-defined]
    rage = threading.Thread(target=chaos.rage)
    for thread in (*people, rage):
        thread.start()
    time.sleep(seconds)
    chaos.stop.set()
    rage.join()
    for player in players:
        player.stop.set()  # type: ignore[attr-defined]
    for thread in people:
        thread.join()
    print(f"all is answered after {time.monotonic() - BEGAN:.0f} s", flush=True)


def settle(chaos: Chaos) -> float:
    """Let what waits be done, as if an hour had passed for it; how many seconds that took."""
    began = time.monotonic()
    # Nobody is left who holds a claim: whatever is claimed then was left by the dead.
    worker = chaos.processes["worker"]
    worker.kill()
    past = timezone.now() - 2 * outbox.LEASE
    for model in books.PROMISES:
        model._default_manager.exclude(claim_id=None).update(claimed_at=past)
    worker.start()
    while time.monotonic() - began < SETTLES_IN:
        left = 0
        for model in books.PROMISES:
            rows = model._default_manager.filter(next_try_at__isnull=False)
            left += rows.count()
            soon = timezone.now() + datetime.timedelta(seconds=3)
            rows.filter(claim_id=None, next_try_at__gt=soon).update(next_try_at=timezone.now())
        if not left:
            break
        time.sleep(1)
    return time.monotonic() - began


def logs(folder: Path) -> list[str]:
    """No 500 and no surprise in what the program wrote."""
    faults = []
    for name in PROCESSES:
        text = (folder / f"{name}.log").read_text(errors="replace")
        for line in text.splitlines():
            if '"status": 500' in line or A_TRACEBACK.search(line):
                faults.append(f"{name}'s log: {line[:900]}")
    return faults


def let_go() -> None:
    """This process holds no connection while the database goes up and down."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def say(book: Book, chaos: Chaos, settled: float, faults: list[str]) -> None:
    """A summary for people."""
    accepted = {kind: len(forms) for kind, forms in sorted(book.accepted.items())}
    statuses = Counter(PaymentRequest.objects.values_list("status", flat=True))
    print(f"accepted: {accepted}; refused: {dict(book.refused)}")
    print(f"answers: {dict(sorted(book.answers.items()))}")
    print(f"requests: {dict(statuses)}")
    print(f"faults made: {sum(chaos.hits.values())} {dict(sorted(chaos.hits.items()))}")
    print(f"settled in {settled:.0f} s; in all {time.monotonic() - BEGAN:.0f} s")
    print("books: balanced" if not faults else f"books: {len(faults)} FAULTS")
    for line in faults:
        print(f"  {line}")

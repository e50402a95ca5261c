"""One size from its start to its figures."""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import django
import psycopg

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from approvals.services import totals  # noqa: E402
from people.models import User  # noqa: E402
from tests.bench import pages, work  # noqa: E402
from tests.bench.load import Browser, at_once, one_by_one  # noqa: E402
from tests.bench.meters import Cpu, cpu_of, memory_of  # noqa: E402
from tests.bench.report import PageResult, SizeResult  # noqa: E402
from tests.stack.mailbox import Mailbox  # noqa: E402
from tests.stack.processes import Service, free_port, running  # noqa: E402
from tests.stack.program import ROOT, answers, base_url, in_shell, release, service  # noqa: E402

SETTLES_IN = 3.0
BEGAN = time.monotonic()


def say(what: str) -> None:
    print(f"{time.monotonic() - BEGAN:7.1f} s  {what}", file=sys.stderr, flush=True)


class Bench:
    """The product before it: its processes, its database's, and who may ask."""

    def __init__(self, folder: Path, env: dict[str, str], database: int, mailbox: Mailbox) -> None:
        self.folder = folder
        self.env = env
        self.database = database
        self.mailbox = mailbox
        self.web = service("web", folder, env)
        self.people = work.People(base_url(env))

    def cpu(self, server: Service | None = None) -> Cpu:
        process = (server or self.web).process
        assert process is not None
        return Cpu(cpu_of(process.pid), cpu_of(self.database))


def measure(
    rows: int, folder: Path, env: dict[str, str], database: int, mailbox: Mailbox, *, smoke: bool
) -> SizeResult:
    """Everything of one size."""
    result = SizeResult(rows)
    release(env)
    bench = Bench(folder, env, database, mailbox)
    with ExitStack() as stack:
        worker = service("worker", folder, env)
        stack.enter_context(running(worker))
        stack.enter_context(running(service("beat", folder, env, f"--schedule={folder / 'beat'}")))
        began = time.perf_counter()
        stack.enter_context(running(bench.web))
        result.figures["cold start of web"] = time.perf_counter() - began
        time.sleep(SETTLES_IN)
        assert bench.web.process is not None
        assert worker.process is not None
        memory = memory_of(bench.web.process.pid, worker.process.pid)
        result.figures["idle memory"] = memory / 2**20
        say("pages")
        if smoke:
            asked = _pages(bench, result, times=8, roles=["supervisor"])
        else:
            asked = _pages(bench, result, times=40)
        say("the same statements behind a bare function")
        _floor(bench, result, asked, times=10 if smoke else 40)
        say("lists, then work")
        _lists(bench, result, times=5 if smoke else 60)
        _work(bench, result, smoke=smoke)
    connection.close()
    return result


def _pages(
    bench: Bench, result: SizeResult, *, times: int, roles: Iterable[str] = pages.ROLES
) -> dict[str, list[tuple[str, Any]]]:
    """Every page of every role, by one client; what each asks the database, by the page's key."""
    asked = {}
    for role, username in pages.ROLES.items():
        if role not in roles:
            continue
        user = User.objects.get(username=username)
        client, browser = pages.logged_in(user), bench.people.browser(user)
        for page in pages.pages_of(role, user):
            statements = pages.asked_by(client, page.path)
            asked[page.key] = pages.readable(statements)
            # Both processes have it in their caches.
            one_by_one([partial(browser.get, page.path)] * 5)
            before = bench.cpu()
            measured = one_by_one([partial(browser.get, page.path)] * times)
            used = bench.cpu() - before
            if measured.statuses() != {200: times}:
                result.faults.append(f"{role}, {page.name}: {measured.statuses()}")
            result.pages.append(
                PageResult(
                    role=role,
                    name=page.name,
                    rate=measured.rate,
                    p50=measured.quantile(0.5),
                    p95=measured.quantile(0.95),
                    cpu_server=used.server / times * 1000,
                    cpu_database=used.database / times * 1000,
                    queries=len(statements),
                    size=measured.size,
                    sql_ms=_sql_alone(asked[page.key]),
                    bare_cpu=0,
                )
            )
    return asked


def _sql_alone(statements: list[tuple[str, Any]]) -> float:
    """Milliseconds of the statements, the best of five times."""
    best = float("inf")
    with psycopg.connect(str(settings_url()), autocommit=True) as plain:
        for _time in range(5):
            began = time.perf_counter()
            for sql, parameters in statements:
                plain.execute(sql.encode(), parameters).fetchall()
            best = min(best, time.perf_counter() - began)
    return best * 1000


def settings_url() -> str:
    """The database that this process reads."""
    it = settings.DATABASES["default"]
    return f"postgres://{it['USER']}@{it['HOST']}:{it['PORT']}/{it['NAME']}"


@contextmanager
def _bare(bench: Bench, asked: dict[str, list[tuple[str, Any]]]) -> Iterator[tuple[str, Service]]:
    """The bare WSGI function, served like the product."""
    statements = bench.folder / "statements"
    statements.write_bytes(pickle.dumps(asked))
    port = free_port()
    env = {**bench.env, "BENCH_STATEMENTS": str(statements), "PYTHONPATH": str(ROOT)}
    command = (
        f"granian --interface wsgi --host 127.0.0.1 --port {port} --workers 2 --blocking-threads 4"
        " tests.bench.bare:application"
    )
    url = f"http://127.0.0.1:{port}"
    bare = Service(
        in_shell(command),
        log=bench.folder / "bare.log",
        ready=partial(answers, f"{url}/"),
        env=env,
        cwd=ROOT,
    )
    with running(bare):
        yield url, bare


def _floor(
    bench: Bench, result: SizeResult, asked: dict[str, list[tuple[str, Any]]], *, times: int
) -> None:
    """The processor time of each page's statements behind a bare function, server and database."""
    with _bare(bench, asked) as (url, bare):
        browser = Browser(url)
        for page in result.pages:
            path = pages.Page(page.role, page.name, "").key
            one_by_one([partial(browser.get, path)] * 5)
            before = bench.cpu(bare)
            one_by_one([partial(browser.get, path)] * times)
            page.bare_cpu = (bench.cpu(bare) - before).both / times * 1000


def _lists(bench: Bench, result: SizeResult, *, times: int) -> None:
    """The registry's first page by eight clients at once, as the supervisor."""
    user = User.objects.get(username=pages.ROLES["supervisor"])
    [page] = [it for it in pages.pages_of("supervisor", user) if it.name == "list: all"]
    clients = [bench.people.browser(user) for _client in range(work.CLIENTS)]
    acts = [[partial(client.get, page.path)] * times for client in clients]
    before = bench.cpu()
    measured = at_once(acts)
    used = bench.cpu() - before
    result.figures["list, 8 clients"] = measured.rate
    result.figures["list, 8 clients: CPU ms"] = used.both / len(measured.answers) * 1000
    result.figures["list, 8 clients: p95 ms"] = measured.quantile(0.95)


def _work(bench: Bench, result: SizeResult, *, smoke: bool) -> None:
    figures = result.figures
    created = work.create(bench.people, 10 if smoke else 150)
    figures["create with its form"] = created.rate
    figures["create with its form: p95 ms"] = created.quantile(0.95)
    same = work.waiting(work.SAME_TASKS)
    tasks = work.waiting(60 if smoke else 600, skip=work.SAME_TASKS)
    acts = work.decisions(bench.people, tasks)
    before = bench.cpu()
    decided = at_once(acts)
    used = bench.cpu() - before
    figures["decide, 8 clients"] = decided.rate
    figures["decide, 8 clients: p95 ms"] = decided.quantile(0.95)
    figures["decide, 8 clients: CPU ms"] = used.both / len(tasks) * 1000
    if decided.statuses() != {303: len(tasks)}:
        result.faults.append(f"decide: {decided.statuses()}")
    raced, named = work.race(bench.people, same)
    statuses = raced.statuses()
    figures["race: yes"] = statuses.pop(303, 0)
    figures["race: 409"] = statuses.pop(409, 0)
    figures["race: 409 naming the winner"] = named
    if statuses:
        result.faults.append(f"race: {statuses}")
    figures["letters, one worker"] = work.letters(bench.mailbox, 20 if smoke else 200)
    # While the worker still folds what eight writers left.
    say("the totals against the sums of all rows")
    missing, differences = totals.missing_triggers(), totals.differences()
    figures["totals that differ after it"] = len(missing) + len(differences)
    result.faults += [str(fault) for fault in (*missing, *differences)]

"""`python -m tests.stack -- python scripts/measure.py [TIMES]`: what a page costs of processor time.

Processor time of web and database, not seconds on a clock: it hardly depends on what else the machine is
doing, and its inverse is how many pages a second one core carries. The demo company is loaded once, and TIMES
as many requests are copied into its tables, so that lists are as long as an office's after some years.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django  # noqa: E402
import psutil  # noqa: E402

django.setup()

from tests.over_http import HttpPerson  # noqa: E402
from tests.stack.program import FullStack, full_stack  # noqa: E402

PAGES = {
    "dashboard": "/",
    "registry": "/requests/",
    "registry, filtered": "/requests/?status=paid",
    "a request's card": "/requests/{request}/",
    "tasks": "/tasks/",
    "companies": "/companies/",
}
ROUNDS = 30
FIRST = 6  # templates are compiled and connections opened by these
COPIES = """
from django.db import connection
from approvals.models import PaymentRequest
from keeping.rows import Table
table = Table(PaymentRequest)
own = {"id", "folder_id", "form_key", "audit_seq", "audit_hash"}
names = [name for name in table.columns if name not in own]
with connection.cursor() as cursor:
    columns = ", ".join(names)
    cursor.execute(
        f"INSERT INTO approvals_paymentrequest ({columns}, audit_seq, audit_hash) "
        f"SELECT {columns}, 0, '' FROM approvals_paymentrequest, generate_series(1, %s)", [TIMES])
    cursor.execute("ANALYZE")
print(PaymentRequest.objects.count())
"""


def tree(process: psutil.Process) -> list[psutil.Process]:
    """A process and all below it."""
    return [process, *process.children(recursive=True)]


def spent(processes: list[psutil.Process]) -> float:
    """Processor seconds so far, of all of them that are still there."""
    seconds = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:4])  # with those of children that have ended
    return seconds


def named(word: str, also: str) -> psutil.Process:
    """The oldest process whose command line has both words."""
    found = [
        process
        for process in psutil.process_iter(["cmdline", "create_time"])
        if word in " ".join(process.info["cmdline"] or [])
        and also in (process.info["cmdline"] or [])
    ]
    return min(found, key=lambda process: process.info["create_time"])


def measure(stack: FullStack, what: str, once: Callable[[], object]) -> None:
    """Print what one round of `once` costs."""
    port = stack.env["DATABASE_URL"].rpartition(":")[2].split("/")[0]
    web, database = named("granian", stack.env["PORT"]), named("postgres", port)
    for _round in range(FIRST):
        once()
    before = spent(tree(web)), spent(tree(database)), time.monotonic()
    for _round in range(ROUNDS):
        once()
    after = spent(tree(web)), spent(tree(database)), time.monotonic()
    cost = [1000 * (then - now) / ROUNDS for now, then in zip(before, after, strict=True)]
    print(
        f"{what:<20} web {cost[0]:6.1f} ms   database {cost[1]:6.1f} ms   on the clock {cost[2]:6.1f} ms"
    )


def main() -> None:
    """All pages, as the accountant sees them, and a draft as a manager saves it."""
    times = sys.argv[1] if len(sys.argv) > 1 else "300"
    with (
        tempfile.TemporaryDirectory(prefix="signoff-measure-") as folder,
        full_stack(Path(folder), "measure") as stack,
    ):
        print(
            "requests:",
            stack.manage("shell", "-v", "0", "-c", COPIES.replace("TIMES", times)).strip(),
        )
        accountant, manager = (
            HttpPerson(stack.base_url, name) for name in ("accountant", "manager")
        )
        request = accountant.get("/requests/").all("registry-row")[0]["pk"]
        for what, path in PAGES.items():
            here = path.format(request=request)
            measure(stack, what, lambda here=here: accountant.get(here))  # type: ignore[misc]
        form = manager.get("/requests/new/")
        company = next(key for key in form.options_of("company") if key)
        fields: dict[str, Any] = {
            "amount": "1 000,00",
            "purpose": "Проба",
            "pay_by": "2030-01-09",
            "company": company,
        }

        def save() -> None:
            page = manager.get("/requests/new/")
            manager.send(page, "/requests/new/", action="save", **fields)

        measure(stack, "a draft: form, save", save)
        began = os.times()
        said = stack.manage("backup", str(Path(folder) / "backup"))
        ended = os.times()
        seconds = ended.children_user + ended.children_system
        seconds -= began.children_user + began.children_system
        print(f"a back-up: {seconds:.1f} s of processor time\n{said}", end="")
        memory = sum(
            process.memory_info().rss for process in tree(named("granian", stack.env["PORT"]))
        )
        print(f"web: {memory / 2**20:.0f} MB in all")


if __name__ == "__main__":
    main()

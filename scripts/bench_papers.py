"""Time and memory of papers: `python scripts/bench_papers.py [COUNT]`, 200 when not said.

Prints the original of the payment request for the demo company's requests, one after another, three ways: by
the press; by the tasks as a worker runs them (claimed, printed, filed); and by PlutoPrint on the same filled
HTML and CSS, where that is installed (`pip install plutoprint==0.23.0`). Each way in a process of its own, in
a folder that goes away afterwards. Seconds are by the clock and of the processor (all processes together);
memory is the peak of resident memory in MB (Linux), of the process and of its press.
"""

import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
WAYS = ("press", "tasks", "plutoprint")
KIND = "payment_request"


def peak(pid: int | str = "self") -> float:
    """The most resident memory that a process has had, in megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def processor(*pids: int | str) -> float:
    """Seconds that these processes have had of the processor."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def set_up() -> None:
    """Django on the folder that main() has made."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


def jobs(count: int) -> list[dict[str, Any]]:
    """The values of COUNT papers, of the demo's requests in turn."""
    from approvals.models import PaymentRequest
    from approvals.papers import values_for

    requests = list(PaymentRequest.objects.order_by("pk"))
    every = [values_for(KIND, request, "ru") for request in requests]
    return [every[number % len(every)] for number in range(count)]


def by_press(count: int) -> dict[str, float]:
    """Printed and thrown away."""
    from documents import press, printing
    from documents.originals import original
    from documents.press import pool

    values = jobs(count)
    template = original(KIND)

    def make(of: dict[str, Any]) -> press.Printed:
        whole, assets = printing.filled_out(of, url="")
        return press.print_pdf(template, values=whole, language="ru", title="x", assets=assets)

    begun = time.perf_counter()
    make(values[0])
    first = time.perf_counter() - begun
    [one] = pool.presses()
    begun, used = time.perf_counter(), processor("self", one.process.pid)
    pages = sum(make(of).pages for of in values)
    seconds = time.perf_counter() - begun
    return {
        "first": first,
        "seconds": seconds,
        "processor": processor("self", one.process.pid) - used,
        "pages": pages,
        "peak": peak(),
        "press": peak(one.process.pid),
    }


def by_tasks(count: int) -> dict[str, float]:
    """Claimed, printed, put into the storage, filed and finished, as a worker does it."""
    from django.utils import timezone

    from documents import papers, services
    from documents.models import Document, DocumentKind
    from documents.press import pool
    from documents.tasks import file_document, make_folder, make_paper
    from outbox.services import without_waking

    with without_waking():
        folder = services.ensure_folder(parent=None, name="bench")
        make_folder(folder.pk)
        drawn_up = [
            papers.draw_up(
                folder=folder,
                draft=papers.Draft(
                    kind=DocumentKind.PAYMENT_REQUEST,
                    template=KIND,
                    language="ru",
                    title="x",
                    file_name=f"{number}.pdf",
                    values=values,
                ),
                actor=None,
                now=timezone.now(),
            )
            for number, values in enumerate(jobs(count))
        ]
        begun, used = time.perf_counter(), processor("self")
        for document in drawn_up:
            make_paper(document.pk)
            file_document(document.pk)
        seconds = time.perf_counter() - begun
    stored = Document.objects.filter(folder=folder, state="stored").count()
    [one] = pool.presses()
    return {
        "seconds": seconds,
        "processor": processor("self", one.process.pid) - used,
        "pages": stored,
        "peak": peak(),
        "press": peak(one.process.pid),
    }


def by_plutoprint(count: int) -> dict[str, float]:
    """Filled by the same sandbox; the same fonts; printed here."""
    from documents import printing
    from documents.originals import original
    from documents.press import filling, fonts

    values, template = jobs(count), original(KIND)
    filled = []
    for of in values:
        whole, assets = printing.filled_out(of, url="")
        html = filling.fill(template.source, whole, language="ru", longest=10**7)
        filled.append((html, assets))
    before = peak()
    with tempfile.TemporaryDirectory() as folder:
        source = ROOT / "build" / "assets" / "vendor" / "fonts"
        kept = ROOT / "build" / "fonts"
        os.environ["FONTCONFIG_FILE"] = str(fonts.install(source, Path(folder), kept=kept))
        import plutoprint

        class Pictures(plutoprint.ResourceFetcher):
            """The pictures of the paper that is being printed."""

            now: dict[str, bytes] = {}

            def fetch_url(self, url: str) -> Any:
                content = self.now[url.removeprefix("asset:")]
                return plutoprint.ResourceData(content, "image/svg+xml")

        fetcher = Pictures()
        pages = 0
        begun, used = time.perf_counter(), processor("self")
        for html, pictures in filled:
            fetcher.now = pictures
            book = plutoprint.Book(plutoprint.PAGE_SIZE_A4, plutoprint.PAGE_MARGINS_NONE)
            book.custom_resource_fetcher = fetcher
            book.load_html(html, user_style=template.css)
            book.write_to_pdf_stream(io.BytesIO())
            pages += book.get_page_count()
        seconds = time.perf_counter() - begun
        used = processor("self") - used
    return {
        "seconds": seconds,
        "processor": used,
        "pages": pages,
        "peak": peak(),
        "before": before,
    }


def main() -> int:
    """Make the demo once, then each way in a process of its own."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(prefix="signoff-bench-") as folder:
        env = {**os.environ, "ENV_FILE": "", "DEMO": "1", "DATA_DIR": folder}
        for command in (["migrate", "--no-input"], ["ensure_storage"], ["demo"]):
            manage = [sys.executable, "manage.py", *command, "-v0"]
            subprocess.run(manage, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
        for way in WAYS:
            if way == "plutoprint" and importlib.util.find_spec(way) is None:
                print("plutoprint   not installed")
                continue
            asked = [sys.executable, __file__, str(count), way]
            done = subprocess.run(
                asked, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
            )
            told = json.loads(done.stdout.splitlines()[-1])
            print(f"{way:<12} {count} papers in {told['seconds']:6.1f} s", end=", ")
            print(f"{told['seconds'] / count * 1000:4.0f} ms each", end="; ")
            print(", ".join(f"{name} {told[name]:.1f}" for name in told if name != "seconds"))
    return 0


def one_way() -> None:
    """What main() starts: the figures as JSON on the last line."""
    set_up()
    ways = {"press": by_press, "tasks": by_tasks, "plutoprint": by_plutoprint}
    print(json.dumps(ways[sys.argv[2]](int(sys.argv[1]))))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        one_way()
    else:
        sys.exit(main())

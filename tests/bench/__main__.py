"""`python -m tests.bench 10000 100000`: servers of its own, the product as in production, its bars."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.bench import report, smoke
from tests.bench.seeded import SETTINGS, copy_of
from tests.stack.mailbox import mail_server
from tests.stack.processes import free_port, running
from tests.stack.program import ROOT, SCRIPTS
from tests.stack.servers import postgres, s3, valkey

SIZES = [10_000, 100_000, 1_000_000]
KEY = "only-for-measuring-" + "0123456789" * 4


def interrupted(number: int, frame: FrameType | None) -> None:
    """Unwind, so that every server ends whichever way this process is asked to stop."""
    raise SystemExit(128 + number)


def main() -> int:
    """0 when every bar is reached."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--smoke", action="store_true", help="10,000, a minute, ratios and counts")
    parser.add_argument("--fresh", action="store_true", help="seed anew")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupted)
    options.folder.mkdir(parents=True, exist_ok=True)
    sizes = [10_000] if options.smoke else sorted(options.sizes)
    options.folder = options.folder.resolve()
    if options.into is not None:
        [rows] = sizes
        options.into.write_text(json.dumps(_one(rows, options).as_json()))
        return 0
    results = []
    for rows in sizes:
        result = _in_a_process(rows, options)
        # At once: a million takes its time, and may be given up.
        report.print_size(result)
        sys.stdout.flush()
        results.append(result)
        if not options.smoke:
            report.save(results, options.folder)
    if options.smoke:
        lines = smoke.missed(results[0])
    else:
        report.print_growth(results)
        lines = report.missed(results)
    print()
    for line in lines or ["nothing that was looked at"]:
        print(f"missed: {line}")
    return 1 if lines else 0


def _in_a_process(rows: int, options: argparse.Namespace) -> report.SizeResult:
    """One size in a process of its own: Django's settings are read once for a process."""
    with tempfile.TemporaryDirectory(prefix="signoff-bench-") as folder:
        result = Path(folder) / "result.json"
        flags = [name for name in ("smoke", "fresh") if getattr(options, name)]
        subprocess.run(
            [
                *(sys.executable, "-m", "tests.bench", str(rows), "--into", result),
                *("--folder", options.folder, *(f"--{name}" for name in flags)),
            ],
            cwd=ROOT,
            check=True,
        )
        return report.SizeResult.of(json.loads(result.read_text()))


def _one(rows: int, options: argparse.Namespace) -> report.SizeResult:
    """One size, measured."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="signoff-bench-")))
        folder.chmod(0o711)
        database = stack.enter_context(running(postgres(options.folder, SETTINGS)))
        mailbox = stack.enter_context(mail_server())
        env = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ENV_FILE": "",
            "DEMO": "0",
            "DATA_DIR": str(folder / "own"),
            "SECRET_KEY": KEY,
            "EMAIL_URL": mailbox.url,
            "HOST": "127.0.0.1",
            "PORT": str(free_port()),
            "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
            "PYTHONWARNINGS": "default,ignore:You're running the worker with superuser privileges",
        }
        (folder / "own").mkdir()
        for make in (valkey, s3):
            env |= stack.enter_context(running(make(folder))).names
        env["PUBLIC_URL"] = f"http://127.0.0.1:{env['PORT']}"
        server = database.names["DATABASE_URL"]
        print(f"{rows:,} requests: the database", file=sys.stderr, flush=True)
        own = {**env, "DATABASE_URL": server}
        env["DATABASE_URL"] = copy_of(server, rows, fresh=options.fresh, env=own)
        print(f"{rows:,} requests: measuring", file=sys.stderr, flush=True)
        product = {**os.environ, **env}
        os.environ |= {**env, "LOG_REQUESTS": "0"}
        # Only now: settings are read from what was named above.
        from tests.bench.run import measure

        assert database.process is not None
        return measure(
            rows,
            folder,
            product,
            database.process.pid,
            mailbox,
            smoke=options.smoke,
        )


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.torture --minutes 5 --seed 1`: servers of its own around it, all of them breakable."""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.stack.mailbox import mail_server
from tests.stack.processes import running
from tests.stack.servers import postgres, s3, valkey


def interrupted(number: int, frame: FrameType | None) -> None:
    """Unwind, so that every server ends whichever way this process is asked to stop."""
    raise SystemExit(128 + number)


def main() -> int:
    """0 when the books balance."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    print(f"torture: {options.minutes:g} minutes, SEED={seed}", flush=True)
    signal.signal(signal.SIGTERM, interrupted)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="signoff-torture-")))
        folder.chmod(0o711)  # PostgreSQL runs as another user and must pass through
        servers = {
            make.__name__: stack.enter_context(running(make(folder)))
            for make in (postgres, valkey, s3)
        }
        mailbox = stack.enter_context(mail_server())
        for server in servers.values():
            os.environ |= server.names
        # This process reads and writes as the program does, before the faults and after them.
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ENV_FILE": "",
            "DEMO": "0",
            "DATA_DIR": str(folder / "own"),
            "SECRET_KEY": secrets.token_hex(32),
            "PUBLIC_URL": "http://127.0.0.1",
            "EMAIL_URL": mailbox.url,
            "SWEEP_SECONDS": "2",
        }
        # Only now: settings are read from what was named above.
        from tests.torture.run import torture

        return torture(folder, servers, mailbox, seconds=options.minutes * 60, seed=seed)


if __name__ == "__main__":
    sys.exit(main())

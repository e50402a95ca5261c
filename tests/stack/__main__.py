"""`python -m tests.stack [--without NAME] -- COMMAND …`: COMMAND with real servers around it."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.stack.processes import running
from tests.stack.servers import SERVERS


def interrupted(number: int, frame: FrameType | None) -> None:
    """Unwind, so that every server ends whichever way this process is asked to stop."""
    raise SystemExit(128 + number)


def main() -> int:
    """Servers up, the command, servers down; the command's exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.stack")
    parser.add_argument("--without", action="append", default=[], choices=sorted(SERVERS))
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="signoff-stack-")))
        folder.chmod(0o711)  # PostgreSQL runs as another user and must pass through
        env = dict(os.environ)
        for name, server in SERVERS.items():
            if name not in options.without:
                env |= stack.enter_context(running(server(folder))).names
        process = subprocess.Popen(options.command, env=env)
        try:
            return process.wait()
        except KeyboardInterrupt:
            return process.wait()  # the terminal told the command as well
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


if __name__ == "__main__":
    sys.exit(main())

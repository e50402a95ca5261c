"""The whole product in one foreground command: web server, worker and scheduler.

Ctrl-C, or SIGTERM, ends everything; a child that dies by itself is started again.
"""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sys.executable).parent
sys.path.insert(0, str(ROOT))

from config.env import read_env_file  # noqa: E402

PATIENCE = 10.0  # seconds that a child gets to finish what it is doing
PR_SET_PDEATHSIG = 1
# Celery warns a worker of root's rights; who tries the program out as root knows.
ROOT_IS_FINE = "ignore:You're running the worker with superuser privileges"


def die_with_parent() -> None:
    """Ask the kernel for a SIGTERM when the parent is killed outright (Linux; elsewhere nothing happens)."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    except (OSError, AttributeError):
        return


class Child:
    """One process of the program, in a process group of its own."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.command = command
        self.start()

    def start(self) -> None:
        """Start it, or start it again."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env={**os.environ, "PYTHONWARNINGS": ROOT_IS_FINE},
            start_new_session=True,
            preexec_fn=die_with_parent,
        )

    def revive(self) -> None:
        """Start it again when it has died, a second after its last start at the soonest."""
        if self.process.poll() is not None and time.monotonic() - self.started_at > 1:
            print(f"{self.name} ended by itself; starting it again", file=sys.stderr)
            self.kill()
            self.start()

    def terminate(self) -> None:
        """Ask it to finish."""
        if self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """Leave nothing of its group."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def commands(host: str, port: str) -> dict[str, list[str]]:
    """Name -> command line of every child."""
    granian = ["granian", "--interface", "wsgi", "--host", host, "--port", port]
    granian += ["--workers", "1", "--blocking-threads", "4", "--log-level", "warning"]
    granian += ["--log-config", str(ROOT / "config" / "granian.json")]
    celery = ["celery", "--quiet", "-A", "config", "worker", "-B", "-P", "threads", "-c", "2"]
    celery += ["--without-gossip", "--without-mingle", "--loglevel", "warning"]
    return {
        "web": [str(SCRIPTS / granian[0]), *granian[1:], "config.wsgi:application"],
        "worker": [str(SCRIPTS / celery[0]), *celery[1:]],
    }


def is_taken(host: str, port: str) -> bool:
    """Whether the address is in use, so that it can be said before anything is started."""
    try:
        family, kind, _protocol, _name, address = socket.getaddrinfo(
            host, int(port), type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        return True
    return False


def interrupted(number: int, frame: object) -> None:
    """Unwind from wherever the main loop is."""
    raise KeyboardInterrupt


def answers(address: str) -> bool:
    """Whether the program is up."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as response:  # noqa: S310 - ours
            return int(response.status) == 200
    except OSError:
        return False


def parent_catches_interrupts() -> bool:
    """Whether our parent has a handler for SIGINT right now (Linux; elsewhere False)."""
    try:
        status = Path(f"/proc/{os.getppid()}/status").read_text()
    except OSError:
        return False
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGINT - 1) & 1)


def serve(children: list[Child], address: str) -> None:
    """Say where the program is once it answers; keep the children alive until told to stop."""
    # A SIGINT to make alone is not passed on: make drops its handler and waits for us to end.
    under_make = parent_catches_interrupts()
    announced = False
    while not under_make or parent_catches_interrupts():
        if not announced and answers(address):
            announced = True
            print(f"Signoff is at {address}/ (Ctrl-C ends it)", flush=True)
        for child in children:
            child.revive()
        time.sleep(0.3)


def main() -> int:
    """Prepare, serve until told to stop, leave nothing behind."""
    # SIGINT as well: a shell that starts us in the background has it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    die_with_parent()
    read_env_file(ROOT)
    host, port = os.environ.setdefault("HOST", "127.0.0.1"), os.environ.setdefault("PORT", "8000")
    if is_taken(host, port):
        print(f"{host}:{port} is in use: PORT=8080 make run takes another port", file=sys.stderr)
        return 1
    here = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared with
    children: list[Child] = []
    try:
        prepared = subprocess.run([sys.executable, ROOT / "scripts" / "prepare.py"], check=False)
        if prepared.returncode:
            return prepared.returncode
        children += [Child(name, command) for name, command in commands(host, port).items()]
        serve(children, f"http://{here}:{port}")
    except KeyboardInterrupt:
        pass
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in children:
            child.terminate()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and any(
            child.process.poll() is None for child in children
        ):
            time.sleep(0.05)
        for child in children:
            child.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Starting servers on free ports, waiting until they answer, and ending them for certain."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class NotReadyError(RuntimeError):
    """A server that did not come up; the message ends with what it printed."""


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody accepts connections on this port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(
    command: Sequence[object],
    *,
    log: Path,
    ready: Callable[[], bool],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stop: signal.Signals = signal.SIGTERM,
    timeout: float = 60,
    patience: float = 10,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` in a process group of its own until the block ends; `log` gets what it prints."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
        )
    try:
        wait_until(ready, process=process, log=log, timeout=timeout)
        yield process
    finally:
        end(process, stop=stop, patience=patience)


def wait_until(
    ready: Callable[[], bool], *, process: subprocess.Popen[bytes], log: Path, timeout: float
) -> None:
    """Return when `ready()`; NotReadyError when the process ended first or the time is over."""
    deadline = time.monotonic() + timeout
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            printed = log.read_text(errors="replace")[-3000:]
            raise NotReadyError(f"{process.args!r} did not come up:\n{printed}")
        time.sleep(0.05)


def end(
    process: subprocess.Popen[bytes],
    *,
    stop: signal.Signals = signal.SIGTERM,
    patience: float = 10,
) -> None:
    """Ask the process to stop; `patience` seconds later at most, leave nothing of its group."""
    if process.poll() is None:
        process.send_signal(stop)
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()

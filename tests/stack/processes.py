"""Starting servers on free ports, waiting until they answer, and ending them for certain."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

S = TypeVar("S", bound="Service")


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


class Service:
    """A process on its own, in a group of its own, that may be stopped, killed, frozen and started again.

    What it keeps (a port, a data folder) is in its command, so a second start finds what the first left.
    """

    def __init__(
        self,
        command: Sequence[object],
        *,
        log: Path,
        ready: Callable[[], bool] = lambda: True,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        timeout: float = 60,
        patience: float = 10,
    ) -> None:
        self.command = [str(part) for part in command]
        self.log = log
        self.ready = ready
        self.env = dict(env) if env is not None else None
        self.cwd = cwd
        self.stop_signal = stop_signal
        self.timeout = timeout
        self.patience = patience
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended since."""
        return self.process is not None and self.process.poll() is None

    def begin(self) -> None:
        """Start it and return at once; `wait` says when it is ready."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self.env,
                cwd=self.cwd,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Return when it is ready; NotReadyError, and nothing left of it, when it does not come up."""
        assert self.process is not None, "not started"
        try:
            wait_until(self.ready, process=self.process, log=self.log, timeout=self.timeout)
        except BaseException:
            self.kill()
            raise

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.begin()
        self.wait()

    def stop(self) -> None:
        """Ask it to end, and make sure that nothing of it is left; nothing to do when it is not there."""
        if self.process is not None:
            end(self.process, stop=self.stop_signal, patience=self.patience)

    def kill(self) -> None:
        """SIGKILL to all of it: no time for a last word."""
        if self.process is not None:
            self._signal(signal.SIGKILL)
            self.process.wait()

    def freeze(self) -> None:
        """It lives and does nothing: connections are taken by the kernel, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was frozen."""
        self._signal(signal.SIGCONT)

    def printed(self) -> str:
        """All that it has printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None, "not started"
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass


@contextmanager
def running(service: S) -> Iterator[S]:
    """The service from now until the block ends."""
    try:
        service.start()
        yield service
    finally:
        service.stop()


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

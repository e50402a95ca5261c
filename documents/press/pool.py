"""The press as the product sees it: processes started when there is a job, kept warm, killed at a limit.

Safe to call from threads; a process forked off this one starts presses of its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, cast

from documents.press import faults, wire
from documents.press.faults import PressMissing, TemplateFault
from documents.press.wire import Message

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARIES = Path(__file__).with_name("libraries.py")
# How many documents one process of the product makes at a time.
SIZE = 2
# Loading WeasyPrint and the fonts takes a second; on a machine that is busy, many.
START_SECONDS = 60.0
# Sooner than a press leaves by itself (`worker.IDLE_SECONDS`), so that no job meets one that is leaving.
IDLE_SECONDS = 240.0
JOBS_EACH = 500
# Where the system's loader looks for pango; nothing else of our environment goes along.
PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
READY_AGAIN_SECONDS = 15.0


def _environment(**more: str) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


class Press:
    """One process and the pipes to it. Raises PressMissing where there is no pango."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="signoff-press-")
        self.jobs = 0
        self.used_at = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "documents.press.worker", self.folder],
            cwd=ROOT,
            env=_environment(TMPDIR=self.folder, HOME=self.folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the texts of documents do not belong into logs
            bufsize=0,
            start_new_session=True,  # a Ctrl-C is for us; it goes when its pipe closes
        )
        self._questions = cast(IO[bytes], self.process.stdin)
        self._answers = cast(IO[bytes], self.process.stdout)
        try:
            hello = self._receive(START_SECONDS)
        except (wire.Ended, wire.TooLate) as error:
            self.end()
            is_ready.forget()
            raise PressMissing("the press does not start") from error
        except BaseException:
            self.end()
            raise
        if "missing" in hello:
            self.end()
            is_ready.forget()
            raise PressMissing(hello["missing"])

    def ask(self, job: bytes, *, seconds: float) -> Message:
        """The answer to a packed job. Raises wire.Ended when the press dies, wire.TooLate at its limit."""
        wire.send(self._questions.fileno(), job)
        answer = self._receive(seconds)
        self.jobs += 1
        self.used_at = time.monotonic()
        return answer

    def is_fresh(self) -> bool:
        """Whether it may be given another job."""
        return (
            self.process.poll() is None
            and self.jobs < JOBS_EACH
            and time.monotonic() - self.used_at < IDLE_SECONDS
        )

    def used_up_its_time(self) -> bool:
        """Whether it died of the timer that a job sets."""
        return self.process.wait() in (-signal.SIGPROF, -signal.SIGALRM)

    def end(self) -> None:
        """Kill it, whatever it does, and leave nothing of it."""
        self.let_go()
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def let_go(self) -> None:
        """Close our ends of its pipes."""
        self._questions.close()
        self._answers.close()

    def _receive(self, seconds: float) -> Message:
        return wire.receive(self._answers.fileno(), seconds=seconds)


class Pool:
    """A few presses, each lent to one thread at a time."""

    def __init__(self, size: int = SIZE) -> None:
        self._free = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Press] = []
        self._lent: set[Press] = set()

    def run(self, job: Message, *, clock: float) -> Message:
        """Have the job done; waits while all presses are busy. Raises TemplateFault and PressMissing."""
        packed = wire.pack(job)
        with self._free:
            try:
                return self._run(packed, clock)
            except wire.Ended:
                # Perhaps it was not the job: somebody killed the press, or the machine was out of memory.
                try:
                    return self._run(packed, clock)
                except wire.Ended as error:
                    raise TemplateFault(faults.BROKE_DOWN) from error

    def _run(self, packed: bytes, clock: float) -> Message:
        press = self._take()
        is_good = False
        try:
            answer = press.ask(packed, seconds=clock)
            is_good = bool(answer["again"])
        except wire.TooLate as error:
            raise TemplateFault(faults.TIME) from error
        except wire.Ended as error:
            if press.used_up_its_time():
                raise TemplateFault(faults.TIME) from error
            raise
        finally:
            self._give_back(press, is_good=is_good)
        if "fault" in answer:
            fault = answer["fault"]
            raise TemplateFault(
                fault["reason"], detail=fault["detail"], line=fault["line"], part=fault["part"]
            )
        return answer

    def _take(self) -> Press:
        press = None
        while press is None:
            with self._lock:
                press = self._idle.pop() if self._idle else None
            if press is None:
                press = Press()
            elif not press.is_fresh():
                press.end()
                press = None
        with self._lock:
            self._lent.add(press)
        return press

    def _give_back(self, press: Press, *, is_good: bool) -> None:
        with self._lock:
            self._lent.discard(press)
            if is_good:
                self._idle.append(press)
        if not is_good:
            press.end()

    def presses(self) -> list[Press]:
        """All that live now; takes no lock, for a fork may have been made while somebody held it."""
        return [*self._idle, *self._lent]

    def end(self) -> None:
        """Kill all of them; the next job starts anew."""
        with self._lock:
            presses, self._idle = self.presses(), []
        for press in presses:
            press.end()


class Readiness:
    """Whether this machine has what the press needs, asked of a small process and remembered."""

    def __init__(self) -> None:
        self._is_ready = False
        self._again_at = 0.0

    def __call__(self) -> bool:
        """True is remembered for good, False for a few seconds: somebody may be installing it."""
        if not self._is_ready and time.monotonic() >= self._again_at:
            asked = subprocess.run(
                [sys.executable, "-I", LIBRARIES],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            self._is_ready = asked.returncode == 0
            self._again_at = time.monotonic() + READY_AGAIN_SECONDS
        return self._is_ready

    def forget(self) -> None:
        """Ask anew the next time."""
        self._is_ready, self._again_at = False, 0.0


_pool = Pool()
is_ready = Readiness()


def run(job: Message, *, clock: float) -> Message:
    """Have the job done by a press of this process. Raises TemplateFault and PressMissing."""
    return _pool.run(job, clock=clock)


def presses() -> list[Press]:
    """The presses of this process that live now."""
    return _pool.presses()


def end() -> None:
    """Kill the presses of this process; the next job starts a new one."""
    _pool.end()


def _forked() -> None:
    """A fork has our pipes as well: it lets go of them, or our presses would never see us end."""
    global _pool
    inherited, _pool = _pool, Pool()
    for press in inherited.presses():
        press.let_go()


os.register_at_fork(after_in_child=_forked)
atexit.register(end)

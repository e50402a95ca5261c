"""The press itself: a process that makes documents, a job at a time, until its pipe closes.

`python -m documents.press.worker FOLDER`, started by `documents.press.pool` with an empty environment. No
Django, no settings, no database, no secret is in here. FOLDER is its own, for fonts and what libraries put
aside.
"""

from __future__ import annotations

import ctypes.util
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from documents.press import faults, wire
from documents.press.faults import TemplateFault
from documents.press.wire import Message

ROOT = Path(__file__).resolve().parent.parent.parent
FONTS = ROOT / "build" / "assets" / "vendor" / "fonts"
WHOLE_FONTS = ROOT / "build" / "fonts"
IDLE_SECONDS = 300.0
# The parent looks at the clock; this ends a job whose parent has died meanwhile.
GRACE_SECONDS = 2.0
OPEN_FILES = 64
LARGEST_FILE = 32 * 1024 * 1024


def limit(name: int, value: int) -> None:
    """Lower a limit of this process; where the system refuses, the parent's own limits still hold."""
    try:
        hard = resource.getrlimit(name)[1]
        resource.setrlimit(name, (value, hard))
    except (ValueError, OSError):
        return


def set_up(folder: Path) -> dict[str, Callable[[Message], Message]]:
    """Load everything, shut the doors; what can be asked of this press. OSError where pango is missing."""
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    limit(resource.RLIMIT_FSIZE, LARGEST_FILE)
    # The heavy parts, here and nowhere else; fontconfig reads its variable when it is loaded.
    from documents.press import fonts, guard

    os.environ["FONTCONFIG_FILE"] = str(fonts.install(FONTS, folder, kept=WHOLE_FONTS))
    if sys.platform == "linux":
        # WeasyPrint goes through every name that a library may have, and cffi asks compiler and linker about
        # each, in processes of their own; what is there (`libraries.missing`) is found by its own name.
        ctypes.util.find_library = _nowhere
    from documents.press import jobs

    guard.shut(
        readable=[
            sys.prefix,
            sys.base_prefix,
            str(ROOT / "locale"),
            str(ROOT / "documents" / "press"),
        ],
        writable=str(folder),
    )
    return jobs.JOBS


def _nowhere(name: str) -> str | None:
    """In place of ctypes' own search."""
    return None


def work(job: Message, jobs: dict[str, Callable[[Message], Message]]) -> tuple[Message, bool]:
    """The answer to a job, and whether this press is still good for another."""
    limit(resource.RLIMIT_AS, job["memory"])
    # Both end the process wherever it is, in C as well; the parent sees of which signal it died.
    signal.setitimer(signal.ITIMER_PROF, job["seconds"])
    signal.setitimer(signal.ITIMER_REAL, job["clock"] + GRACE_SECONDS)
    try:
        return jobs[job["do"]](job), True
    except TemplateFault as fault:
        return {"fault": fault.as_answer()}, True
    except MemoryError:
        # What is left of this process is not to be trusted.
        return {"fault": TemplateFault(faults.MEMORY).as_answer()}, False
    except (
        Exception
    ) as error:  # WeasyPrint's own mistakes: this document's fault, not the press's end
        detail = f"{type(error).__name__}: {error}"[:300]
        return {"fault": TemplateFault(faults.LAYOUT, detail=detail).as_answer()}, True
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)


def clear_away(folder: Path) -> None:
    """The folder with all that is in it; shutil would open files by ways that are shut by now."""
    for here, folders, files in os.walk(folder, topdown=False):
        for name in files:
            os.unlink(os.path.join(here, name))
        for name in folders:
            os.rmdir(os.path.join(here, name))
    os.rmdir(folder)


def main() -> None:
    """Say that the press is ready, or what is missing; then work."""
    # Libraries print where they like: answers go through a descriptor that they do not know.
    answers = os.dup(1)
    os.dup2(2, 1)
    # Ctrl-C is for the program that started us; it closes the pipe when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    folder = Path(sys.argv[1])
    try:
        jobs = set_up(folder)
    except OSError as error:
        wire.send(answers, wire.pack({"missing": str(error)[:300]}))
        return
    wire.send(answers, wire.pack({"ready": True}))
    serve(jobs, answers)
    # The parent does this as well, unless it was killed.
    clear_away(folder)


def serve(jobs: dict[str, Callable[[Message], Message]], answers: int) -> None:
    """A job after another, until there are no more or the process is not to be trusted."""
    is_good = True
    while is_good:
        try:
            job = wire.receive(0, seconds=IDLE_SECONDS)
            answer, is_good = work(job, jobs)
            reply: dict[str, Any] = {**answer, "again": is_good}
            wire.send(answers, wire.pack(reply))
        except (wire.Ended, wire.TooLate):
            return


if __name__ == "__main__":
    main()

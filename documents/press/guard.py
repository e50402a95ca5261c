"""The last door: once it is shut, this process reaches no network, starts no program and opens few files.

The sandbox and the fetcher refuse first; this is for what they might miss. Python calls audit hooks before
the act and knows no way to take one off again. What C libraries do by themselves is not seen here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

# First words of the events that are refused whatever they ask for.
_REFUSED = ("socket", "subprocess", "ctypes", "webbrowser", "urllib", "ftplib", "http", "smtplib")
_REFUSED_EXACTLY = frozenset(
    {
        "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile",
        "os.kill", "os.killpg", "os.link", "os.symlink", "os.rename", "os.chmod", "os.chown", "pty.spawn",
    }
)  # fmt: skip


def shut(*, readable: Iterable[str], writable: str) -> None:
    """From now on open files only below `readable` folders, and write only below `writable`."""
    inside = _below([writable])
    open_to_read = _below([writable, *readable])

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, int):
                return  # a descriptor that is open already
            allowed = inside if _writes(mode, flags) else open_to_read
            if not allowed(os.fsdecode(path)):
                raise PermissionError("The press opens no such file.")
        elif event in _REFUSED_EXACTLY or event.startswith(_REFUSED):
            raise PermissionError(f"The press does not do this: {event}.")

    sys.addaudithook(hook)


def _below(folders: Iterable[str]) -> Callable[[str], bool]:
    roots = tuple(os.path.realpath(folder) + os.sep for folder in folders if folder)
    return lambda path: os.path.realpath(path).startswith(roots)


def _writes(mode: str | None, flags: int) -> bool:
    if mode:
        return bool(set(mode) & set("wax+"))
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND))

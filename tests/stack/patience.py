"""Waiting for what other processes do, no longer than it takes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T], *, timeout: float = 60, pause: float = 0.05) -> T:
    """What `look` answers once that is true; AssertionError with its last answer when it never is."""
    deadline = time.monotonic() + timeout
    while not (seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after {timeout:.0f} s"
        time.sleep(pause)
    return seen


def until_none(look: Callable[[], object], *, timeout: float = 60, pause: float = 0.05) -> None:
    """Return when `look` finds nothing any more; AssertionError with what it finds when it always does."""
    deadline = time.monotonic() + timeout
    while seen := look():
        assert time.monotonic() < deadline, f"still {seen!r} after {timeout:.0f} s"
        time.sleep(pause)

"""Waiting for what other processes do, no longer than it takes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T], *, timeout: float = 40, pause: float = 0.05) -> T:
    """What `look` answers once that is true; AssertionError with its last answer when it never is."""
    deadline = time.monotonic() + timeout
    while not (seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after {timeout:.0f} s"
        time.sleep(pause)
    return seen

"""One id for all that follows from one request: it is in every line of the log, of web and worker alike.

It begins with an HTTP request, or with a task that nobody asked for (the scheduler's), and goes with each
wake-up to whatever that begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# The name of the id among a task's headers, and in a line of the log.
HEADER = "request_id"

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of what is being done; empty outside of requests and tasks."""
    return _current.get()


@contextmanager
def following(trace_id: str) -> Iterator[None]:
    """All inside is done for `trace_id`."""
    token = _current.set(trace_id)
    try:
        yield
    finally:
        _current.reset(token)

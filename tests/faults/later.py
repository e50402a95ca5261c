"""Something that is done meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

T = TypeVar("T", covariant=True)
U = TypeVar("U")


class Coming(Protocol[T]):
    """What comes of it, when asked for; TimeoutError when it takes longer than that many seconds."""

    def __call__(self, timeout: float = 60) -> T: ...


def later(act: Callable[[], U]) -> Coming[U]:
    """Begin to do it, in a thread of its own."""
    pool = ThreadPoolExecutor(1)
    coming = pool.submit(act)
    pool.shutdown(wait=False)
    return lambda timeout=60: coming.result(timeout=timeout)

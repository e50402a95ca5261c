"""The shared cache, for which each process's own memory stands in while its server is away."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

T = TypeVar("T")

# A server that does not answer costs one page its timeout, and then nobody anything for a while.
QUIET_SECONDS = 10.0
# Codes that were taken and limits that are counted, of a process in a quarter of an hour.
MOST_ENTRIES = 10_000


class _Memory(LocMemCache):
    """A process's own memory, for whatever key the server would take."""

    def validate_key(self, key: str) -> None:
        """Nothing to warn of: no memcached will ever see it."""


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache; while its server is down it answers from this process's memory, and never raises.

    What is said once (`add`: a code of a second factor, a lock) is kept here as well as there, so that it
    stays said when the server goes away or comes back empty. Nothing that must not be lost is in the cache.
    """

    # Server -> until when it is left alone; for all threads, each of which has a cache of its own.
    quiet_until: dict[str, float] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.server = server
        options = {"OPTIONS": {"MAX_ENTRIES": MOST_ENTRIES}}
        # One memory of all threads; its name tells servers apart.
        self.own = _Memory(server, {**params, **options})

    def add(
        self,
        key: Any,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """False when the value was there already: at the server, or in this process's memory."""
        if not self.own.add(key, value, timeout, version):
            return False
        added = self._ask(
            lambda: bool(super(ForgivingRedisCache, self).add(key, value, timeout, version)),
            lambda: True,
        )
        if not added:  # somebody else's, who will also say when it ends
            self.own.delete(key, version)
        return added

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value, or `default` when it is not there."""
        return self._ask(
            lambda: super(ForgivingRedisCache, self).get(key, default, version),
            lambda: self.own.get(key, default, version),
        )

    def set(
        self,
        key: Any,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        """Keep a value."""
        self._ask(
            lambda: super(ForgivingRedisCache, self).set(key, value, timeout, version),
            lambda: self.own.set(key, value, timeout, version),
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget a value here and there; False when it was nowhere."""
        was_here = self.own.delete(key, version)
        return self._ask(
            lambda: bool(super(ForgivingRedisCache, self).delete(key, version)), lambda: was_here
        )

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Count up; a server that came back empty counts on from what this process knows.

        ValueError when nobody has the key.
        """
        counted: int | None = self._ask(lambda: self._counted(key, delta, version), lambda: None)
        return self.own.incr(key, delta, version) if counted is None else counted

    def _counted(self, key: Any, delta: int, version: int | None) -> int | None:
        try:
            return int(super().incr(key, delta, version))
        except ValueError:
            return None

    def _ask(self, question: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """The server's answer; this process's own where it gives none, now or a moment ago."""
        if monotonic() < self.quiet_until.get(self.server, 0.0):
            return otherwise()
        try:
            return question()
        except redis.RedisError:
            self.quiet_until[self.server] = monotonic() + QUIET_SECONDS
            return otherwise()

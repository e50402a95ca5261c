"""The shared cache, which may be away without any page noticing."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

import redis
from django.core.cache.backends.redis import RedisCache

T = TypeVar("T")

# A server that does not answer costs one page its timeout, and then nobody anything for a while.
QUIET_SECONDS = 10.0


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, where a server that is down means 'not there' instead of an error.

    Nothing that must not be lost lives in the cache, so a page is worth more than its cached part.
    """

    # Server -> until when it is left alone; for all threads, each of which has a cache of its own.
    quiet_until: dict[str, float] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.server = server

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """False when the value was there already, or when the server is down."""
        return self._ask(lambda: bool(super(ForgivingRedisCache, self).add(*args, **kwargs)), False)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value, or `default` when it is not there or the server is down."""
        return self._ask(
            lambda: super(ForgivingRedisCache, self).get(key, default, version), default
        )

    def set(self, *args: Any, **kwargs: Any) -> None:
        """Keep a value if the server is there."""
        self._ask(lambda: super(ForgivingRedisCache, self).set(*args, **kwargs), None)

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        """Forget a value; False when it was not there or the server is down."""
        return self._ask(
            lambda: bool(super(ForgivingRedisCache, self).delete(*args, **kwargs)), False
        )

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Count up; ValueError, as for a missing key, when the server is down."""
        counted: int | None = self._ask(
            lambda: super(ForgivingRedisCache, self).incr(key, delta, version), None
        )
        if counted is None:
            raise ValueError(key)
        return counted

    def _ask(self, question: Callable[[], T], otherwise: T) -> T:
        """The server's answer, or `otherwise` when it gives none, now or a moment ago."""
        if monotonic() < self.quiet_until.get(self.server, 0.0):
            return otherwise
        try:
            return question()
        except redis.RedisError:
            self.quiet_until[self.server] = monotonic() + QUIET_SECONDS
            return otherwise

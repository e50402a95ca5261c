"""The shared cache, which may be away without any page noticing."""

from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, where a server that is down means 'not there' instead of an error.

    Nothing that must not be lost lives in the cache, so a page is worth more than its cached part.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """False when the value was there already, or when the server is down."""
        try:
            return bool(super().add(*args, **kwargs))
        except redis.RedisError:
            return False

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value, or `default` when it is not there or the server is down."""
        try:
            return super().get(key, default, version)
        except redis.RedisError:
            return default

    def set(self, *args: Any, **kwargs: Any) -> None:
        """Keep a value if the server is there."""
        try:
            super().set(*args, **kwargs)
        except redis.RedisError:
            return

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        """Forget a value; False when it was not there or the server is down."""
        try:
            return bool(super().delete(*args, **kwargs))
        except redis.RedisError:
            return False

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        """Count up; ValueError, as for a missing key, when the server is down."""
        try:
            return int(super().incr(key, delta, version))
        except redis.RedisError as error:
            raise ValueError(key) from error

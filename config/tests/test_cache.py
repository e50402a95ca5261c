"""The shared cache: there, it remembers; away, each process does."""

import os
import socket
import time

import pytest
from django.core.cache.backends.redis import RedisCache

from config.cache import ForgivingRedisCache
from tests.stack.patience import until


def test_while_the_server_is_down_the_process_remembers() -> None:
    one, other = (ForgivingRedisCache("redis://127.0.0.1:1/0", {"KEY_PREFIX": "a"}) for _ in "ab")

    assert one.get("key", "default") == "default"
    with pytest.raises(ValueError, match="key"):
        one.incr("key")
    one.set("key", 1)
    assert (other.incr("key"), other.get("key")) == (2, 2)
    assert other.add("key", 3) is False
    assert (one.delete("key"), one.delete("key")) == (True, False)
    assert other.add("key", 3) is True


def test_what_is_said_for_a_while_is_forgotten() -> None:
    cache = ForgivingRedisCache("redis://127.0.0.1:1/0", {"KEY_PREFIX": "b"})

    assert cache.add("code", 1, timeout=0.01) is True
    until(lambda: cache.add("code", 1, timeout=60), timeout=5)


def test_a_server_that_says_nothing_is_waited_for_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cache = ForgivingRedisCache(
            f"redis://127.0.0.1:{silent.getsockname()[1]}/0",
            {"OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.3}},
        )

        begin = time.monotonic()
        for _time in range(10):
            assert cache.get("key", "default") == "default"

        assert time.monotonic() - begin < 1


@pytest.mark.services
def test_a_server_that_is_there_remembers() -> None:
    cache = ForgivingRedisCache(os.environ["BROKER_URL"], {"KEY_PREFIX": os.urandom(4).hex()})

    cache.set("key", 1)
    assert cache.incr("key") == 2
    assert cache.get("key") == 2
    assert cache.delete("key") is True


@pytest.mark.services
def test_what_was_said_once_outlives_the_server() -> None:
    """It goes away and comes back empty: a code that was taken stays taken, a count goes on."""
    there = os.environ["BROKER_URL"]
    cache = ForgivingRedisCache(there, {"KEY_PREFIX": os.urandom(4).hex()})
    assert cache.add("code", 1, 60) is True
    assert cache.add("tries", 1, 60) is True
    assert cache.incr("tries") == 2

    ForgivingRedisCache.quiet_until[there] = time.monotonic() + 60
    try:
        assert cache.add("code", 1, 60) is False
        assert cache.add("another code", 1, 60) is True
    finally:
        del ForgivingRedisCache.quiet_until[there]
    for key in ("code", "tries"):  # as a server forgets that was started again
        RedisCache.delete(cache, key)

    assert cache.add("code", 1, 60) is False
    assert cache.add("another code", 1, 60) is False
    assert cache.incr("tries") >= 2


@pytest.mark.services
def test_what_another_process_holds_is_free_once_it_lets_go() -> None:
    """allauth's limits lock so: a refusal leaves nothing behind."""
    prefix = os.urandom(4).hex()
    mine = ForgivingRedisCache(os.environ["BROKER_URL"], {"KEY_PREFIX": prefix})
    others = RedisCache(os.environ["BROKER_URL"], {"KEY_PREFIX": prefix})
    others.add("lock", 1, 60)

    assert mine.add("lock", 1, 60) is False
    others.delete("lock")
    assert mine.add("lock", 1, 60) is True

"""The shared cache: there, it remembers; away, nobody notices."""

import os
import socket
import time

import pytest

from config.cache import ForgivingRedisCache


def test_a_server_that_is_down_is_a_miss() -> None:
    cache = ForgivingRedisCache("redis://127.0.0.1:1/0", {})

    cache.set("key", 1)
    assert cache.add("key", 1) is False
    assert cache.get("key", "default") == "default"
    assert cache.delete("key") is False
    with pytest.raises(ValueError, match="key"):
        cache.incr("key")


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

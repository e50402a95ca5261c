"""Who may say where a request comes from, and what its id is."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from config.proxies import behind_proxies


def seen(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """An application that keeps what it was given."""
    environ["seen"] = dict(environ)
    return []


def ask(trusted: list[str], **environ: str) -> dict[str, Any]:
    """What the application sees of a request from 10.1.2.3 that claims to be somebody else's."""
    said: dict[str, Any] = {
        "REMOTE_ADDR": "10.1.2.3",
        "HTTP_X_FORWARDED_FOR": "203.0.113.5",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_REQUEST_ID": "id-of-the-proxy",
        "wsgi.url_scheme": "http",
        **environ,
    }
    behind_proxies(seen, trusted)(said, lambda *_: None)
    return dict(said["seen"])


@pytest.mark.parametrize(
    "trusted", [["10.1.2.3"], ["10.0.0.0/8"], ["127.0.0.1", "10.1.0.0/16"], ["*"]]
)
def test_a_trusted_proxy_is_believed(trusted: list[str]) -> None:
    found = ask(trusted)

    assert found["REMOTE_ADDR"] == "203.0.113.5"
    assert found["wsgi.url_scheme"] == "https"
    assert found["HTTP_X_REQUEST_ID"] == "id-of-the-proxy"


@pytest.mark.parametrize("trusted", [[], ["127.0.0.1"], ["10.2.0.0/16", "203.0.113.5"]])
def test_anybody_else_is_not(trusted: list[str]) -> None:
    found = ask(trusted)

    assert found["REMOTE_ADDR"] == "10.1.2.3"
    assert found["wsgi.url_scheme"] == "http"
    assert "HTTP_X_REQUEST_ID" not in found


def test_a_socket_file_has_no_address_to_trust() -> None:
    assert "HTTP_X_REQUEST_ID" not in ask(["127.0.0.1"], REMOTE_ADDR="")

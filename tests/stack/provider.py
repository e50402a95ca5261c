"""A company's OpenID Connect provider: a process of its own, and what it knows of people."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from tests.stack.processes import Service, free_port, listens, running

SCRIPTS = Path(sys.executable).parent


@dataclass(frozen=True)
class Provider:
    """A running provider."""

    url: str

    def knows(self, sub: str, **claims: object) -> None:
        """From now on it says this of the person with the mark `sub`."""
        answer = httpx.put(f"{self.url}/users/{quote(sub)}", json=claims)
        assert answer.status_code == 204, answer.text

    def log_in(self, address: str, sub: str) -> str:
        """Somebody who was sent to `address` says there who they are: where they are sent back to."""
        answer = httpx.post(address, data={"sub": sub})
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def refuse(self, address: str) -> str:
        """The same, when they press 'deny'."""
        return httpx.post(address, data={"action": "deny"}).headers["Location"]


@contextmanager
def provider(folder: Path) -> Iterator[Provider]:
    """The provider on a free port of this machine."""
    port = free_port()
    command = [SCRIPTS / "oidc-provider-mock", "--port", str(port)]
    service = Service(command, log=folder / "provider.log", ready=lambda: listens(port))
    with running(service):
        yield Provider(f"http://127.0.0.1:{port}")


def path_of(address: str) -> str:
    """The path and the query, as a test's client asks for them."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"

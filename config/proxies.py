"""Whose word about a request is believed: the proxies that TRUSTED_PROXIES names."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

from granian.utils.proxies import wrap_wsgi_with_proxy_headers

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# What only a trusted proxy may say beside X-Forwarded-*.
GUARDED = ("HTTP_X_REQUEST_ID",)


def behind_proxies(application: Application, trusted: list[str]) -> Application:
    """The application, to which a request says where it comes from and what its id is.

    From a trusted address X-Forwarded-For, X-Forwarded-Proto and X-Request-Id are taken over; from any other
    they are dropped. `trusted`: addresses, networks, or '*' for everybody.
    """
    knows = _known(trusted)
    inner: Application = wrap_wsgi_with_proxy_headers(application, trusted_hosts=trusted)

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not knows(environ.get("REMOTE_ADDR", "")):
            for name in GUARDED:
                environ.pop(name, None)
        return inner(environ, start_response)

    return guarded


def _known(trusted: list[str]) -> Callable[[str], bool]:
    networks = []
    for name in trusted:
        if name != "*":
            networks.append(ipaddress.ip_network(name, strict=False))

    def knows(address: str) -> bool:
        if "*" in trusted:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:  # a socket file has no address
            return False
        return any(found in network for network in networks)

    return knows

"""A register service on this machine: answers as it is told, remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django import Settings

INN = "7799506063"
TOKEN = "token-of-the-tests-0123456789"


@dataclass
class Reply:
    """What the next question gets: `pause` seconds before it, `drip` between its bytes."""

    status: int = 200
    body: bytes = b'{"suggestions": []}'
    pause: float = 0
    drip: float = 0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Register:
    """The server: the last of `replies` stays; `asked` are the questions, `headers` the last one's."""

    url: str = ""
    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def says(self, *parties: dict[str, Any]) -> None:
        """From now on these are all it knows."""
        suggestions = [{"value": "", "unrestricted_value": "", "data": party} for party in parties]
        self.replies = [Reply(body=json.dumps({"suggestions": suggestions}).encode())]

    def fails(self, status: int, body: bytes = b"") -> None:
        """From now on it answers this."""
        self.replies = [Reply(status, body)]


@contextmanager
def register() -> Iterator[Register]:
    """A running service on a free port."""
    service = Register()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            service.asked.append(json.loads(self.rfile.read(length)))
            service.paths.append(self.path)
            service.headers = dict(self.headers.items())
            reply = service.replies[0] if len(service.replies) == 1 else service.replies.pop(0)
            time.sleep(reply.pause)
            try:
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(reply.body)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                step = 1 if reply.drip else max(len(reply.body), 1)
                for start in range(0, len(reply.body), step):
                    self.wfile.write(reply.body[start : start + step])
                    time.sleep(reply.drip)
            except OSError:
                return  # who asked has gone

        def log_message(self, *_args: Any) -> None:
            """Nothing on the console."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}/rs"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(name="register")
def _register(settings: Settings) -> Iterator[Register]:
    """A service that this installation has a key for."""
    with register() as service:
        settings.DADATA_URL, settings.DADATA_TOKEN = service.url, TOKEN
        yield service


def party(**changes: Any) -> dict[str, Any]:
    """A suggestion's `data` as the service gives it on its free plan: an invented company."""
    names = {
        "full_with_opf": 'ОБЩЕСТВО С ОГРАНИЧЕННОЙ ОТВЕТСТВЕННОСТЬЮ "СИНИЙ МОСТ"',
        "short_with_opf": 'ООО "СИНИЙ МОСТ"',
        "latin": None,
        "full": "СИНИЙ МОСТ",
        "short": "СИНИЙ МОСТ",
    }
    address = {
        "value": "г Москва, Учебная ул, д 5",
        "unrestricted_value": "125000, г Москва, Учебная ул, д 5",
        "invalidity": None,
        "data": {"postal_code": "125000"},
    }
    return {
        "kpp": "779901001",
        "invalid": None,
        "management": {"name": "Мостовая Анна Ильинична", "post": "ГЕНЕРАЛЬНЫЙ ДИРЕКТОР"},
        "branch_type": "MAIN",
        "branch_count": 0,
        "type": "LEGAL",
        "state": {
            "status": "ACTIVE",
            "code": None,
            "actuality_date": 1714003200000,
            "registration_date": 1553040000000,
            "liquidation_date": None,
        },
        "opf": {"type": "2014", "code": "12300", "short": "ООО"},
        "name": names,
        "inn": INN,
        "ogrn": "1187799506069",
        "okved": "46.90",
        "finance": None,
        "address": address,
        "phones": None,
        "emails": None,
        "ogrn_date": 1553040000000,
        **changes,
    }


def state(status: str | None) -> dict[str, Any]:
    """A suggestion's `state`."""
    return {"status": status, "actuality_date": 1714003200000, "liquidation_date": None}


def person(**changes: Any) -> dict[str, Any]:
    """A sole proprietor: no KPP, no management."""
    named = {"full_with_opf": "Индивидуальный предприниматель Лугов Пётр Ильич"}
    return party(
        type="INDIVIDUAL",
        kpp=None,
        management=None,
        branch_type=None,
        inn="529950606064",
        ogrn="320529950606007",
        name={**named, "short_with_opf": "ИП Лугов Пётр Ильич", "full": "Лугов Пётр Ильич"},
        fio={"surname": "Лугов", "name": "Пётр", "patronymic": "Ильич"},
        **changes,
    )

"""Clients before a server, each on a connection of its own that it keeps."""

from __future__ import annotations

import gzip
import http.client
import statistics
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TOKEN = "0123456789abcdef" * 2  # what the cookie says, the form repeats


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    content: bytes
    seconds: float
    location: str = ""
    size: int = 0  # of bytes as they were sent


class Browser:
    """Somebody who is logged in by `session` (its cookie's name and value)."""

    def __init__(self, base_url: str, session: tuple[str, str] | None = None) -> None:
        host = urlsplit(base_url)
        assert host.hostname is not None
        self.connection = http.client.HTTPConnection(host.hostname, host.port, timeout=60)
        cookies = {"csrftoken": TOKEN} | dict([session] if session else [])
        self.headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Accept-Language": "ru",
            "Accept-Encoding": "gzip",
        }

    def get(self, path: str) -> Answer:
        return self._send("GET", path, None, {})

    def post(self, path: str, fields: Mapping[str, Any]) -> Answer:
        """Send a form with a key of its own."""
        body = urlencode({"csrfmiddlewaretoken": TOKEN, "form_key": uuid.uuid4(), **fields})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, body, kind)

    def _send(self, method: str, path: str, body: str | None, more: Mapping[str, str]) -> Answer:
        began = time.perf_counter()
        headers = {**self.headers, **more}
        try:
            self.connection.request(method, path, body=body, headers=headers)
            response = self.connection.getresponse()
        except ConnectionError:
            # The server gave up a connection that was idle; a browser asks again. A form has its key.
            self.connection.close()
            self.connection.request(method, path, body=body, headers=headers)
            response = self.connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - began
        size, location = len(content), response.headers.get("Location", "")
        if response.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        return Answer(response.status, content, seconds, location, size)


@dataclass(frozen=True)
class Measured:
    """What some requests took, one after another or by several clients at once."""

    answers: list[Answer]
    seconds: float

    @property
    def rate(self) -> float:
        """Answers in a second."""
        return len(self.answers) / self.seconds

    def quantile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        times = sorted(answer.seconds for answer in self.answers)
        return times[min(int(share * len(times)), len(times) - 1)] * 1000

    @property
    def size(self) -> int:
        return round(statistics.mean(answer.size for answer in self.answers))

    def statuses(self) -> dict[int, int]:
        """How many answers of each status."""
        found: dict[int, int] = {}
        for answer in self.answers:
            found[answer.status] = found.get(answer.status, 0) + 1
        return found


def one_by_one(acts: Sequence[Callable[[], Answer]]) -> Measured:
    """One client that waits for each answer."""
    began = time.perf_counter()
    answers = [act() for act in acts]
    return Measured(answers, time.perf_counter() - began)


def at_once(clients: Sequence[Sequence[Callable[[], Answer]]]) -> Measured:
    """As many clients as there are lists, each on its own list."""
    with ThreadPoolExecutor(len(clients)) as pool:
        began = time.perf_counter()
        done = list(pool.map(lambda acts: [act() for act in acts], clients))
        seconds = time.perf_counter() - began
    return Measured([answer for answers in done for answer in answers], seconds)

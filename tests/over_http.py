"""People before the running program, over HTTP: the neighbour's player with a network in between."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from people.models import User
from tests.neighbour import Page, Person, page_of

# What a browser says of itself and the program need not hear.
HOP_BY_HOP = {"connection", "transfer-encoding"}


class NoAnswer(Exception):
    """The program did not answer: nobody was there, or the connection ended before the answer did."""


class HttpClient:
    """As much of Django's test client as a `Person` uses, over a connection of its own for each request."""

    def __init__(self, base_url: str, *, timeout: float = 60) -> None:
        self.base_url = base_url
        self.timeout = timeout
        self.cookies: SimpleCookie = SimpleCookie()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """The answer to GET; redirections are not followed."""
        return self.send("GET", path, headers=headers or {})

    def post(self, path: str, data: Mapping[str, Any]) -> HttpResponse:
        """The answer to a form sent as a browser sends it."""
        body = encode_multipart(BOUNDARY, dict(data))
        return self.send("POST", path, body=body, headers={"Content-Type": MULTIPART_CONTENT})

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> HttpResponse:
        """One request and its whole answer; NoAnswer when there is none."""
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers={**self.headers(), **headers})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()
        response = HttpResponse(content, status=answer.status)
        del response.headers["Content-Type"]
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookies.load(value)
            elif name.lower() not in HOP_BY_HOP:
                response.headers[name.title()] = value
        return response

    def connect(self) -> http.client.HTTPConnection:
        """A connection to the program, not yet open."""
        host = urlsplit(self.base_url)
        assert host.hostname is not None
        return http.client.HTTPConnection(host.hostname, host.port, timeout=self.timeout)

    def headers(self) -> dict[str, str]:
        """What goes with every request: where it comes from, and the cookies."""
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())
        return {"Referer": self.base_url + "/", "Accept-Language": "ru", "Cookie": cookies}


class HttpPerson(Person):
    """Somebody before a running program: logged in by the form, or let in as `user` without it."""

    def __init__(
        self, base_url: str, username: str = "", password: str = "demo", *, user: User | None = None
    ) -> None:
        super().__init__(user.username if user else username, password)
        self.base_url = base_url
        self.http = HttpClient(base_url)
        if user is not None:
            self.http.cookies[settings.SESSION_COOKIE_NAME] = session_of(user)
        elif username:
            self.log_in()

    @property
    def client(self) -> HttpClient:  # type: ignore[override]
        """The connection to the program."""
        return self.http

    def attempt(self, path: str, data: Mapping[str, Any]) -> Page:
        """Send a form, with a token if it has none; whatever the program says to it. Raises NoAnswer."""
        if "csrftoken" not in self.http.cookies:
            self.get("/me/")
        token = self.http.cookies["csrftoken"].value
        return page_of(self.http.post(path, {"csrfmiddlewaretoken": token, **data}), path)

    def log_in(self) -> None:
        """As a browser does."""
        answer = self.http.get("/login/")
        assert answer.status_code == 200, answer.status_code
        names = {"username": self.username, "password": self.password}
        token = self.http.cookies["csrftoken"].value
        answer = self.http.post("/login/", {**names, "csrfmiddlewaretoken": token})
        assert answer.status_code == 303, answer.status_code


def session_of(user: User) -> str:
    """A session of this person, in the database that this process uses."""
    client = Client()
    client.force_login(user)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)

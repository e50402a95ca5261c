"""A phone's application that shows six digits (RFC 6238), and a person who logs in with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from dataclasses import dataclass, field

from django.test import Client

from approvals.tests.builders import PASSWORD
from approvals.tests.pages import handle, handles


def code(secret: str, *, at: float | None = None, steps: int = 0) -> str:
    """The six digits of the moment `at`; `steps` half minutes later."""
    counter = int((time.time() if at is None else at) // 30) + steps
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1)
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


@dataclass
class Phone:
    """What a person has set up: the application's secret and the recovery codes on paper."""

    secret: str = ""
    recovery: list[str] = field(default_factory=list)


def log_in(username: str, password: str = PASSWORD) -> Client:
    """A browser whose log-in form was sent; with a second factor it stands at the second step."""
    client = Client()
    answer = client.post("/login/", {"username": username, "password": password})
    assert answer.status_code == 303, answer.content.decode()[:2000]
    return client


def set_up(client: Client) -> Phone:
    """Set the application up and write the recovery codes down, in this log-in."""
    page = client.get("/me/second-factor/application/")
    assert page.status_code == 200, (page.status_code, page.get("Location"))
    secret = page.context["form"].secret
    assert handle(page, "totp-secret")
    # A code of the step before, so that the test's next code is another one.
    answer = client.post("/me/second-factor/application/", {"code": code(secret, steps=-1)})
    assert (answer.status_code, answer["Location"]) == (303, "/me/second-factor/recovery-codes/")
    shown = client.get(answer["Location"])
    assert len(handles(shown, "recovery-code")) == 10
    return Phone(secret, list(shown.context["unused_codes"]))

"""DaData's `findById/party`: the client, and its JSON turned into parties.

https://dadata.ru/api/find-party/. The token goes into one header, and from there nowhere: no
exception that leaves this module holds a request, and nothing of an answer is logged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from time import monotonic
from typing import Any

import httpx
from django.conf import settings

from counterparties.lookup.parties import (
    MOST_AT_ONCE,
    KeyRefused,
    LimitReached,
    LookupFailed,
    NotUnderstood,
    Party,
    TimedOut,
    TooLong,
    TooMany,
    Unreachable,
)
from counterparties.models import RegisterState

PATH = "/findById/party"
TIMEOUT = httpx.Timeout(3, connect=2)
WHOLE_SECONDS = 6.0  # for a server that sends a byte now and then
MOST_BYTES = 2 * 1024 * 1024
LONGEST = 500

FAILURES: dict[int, type[LookupFailed]] = {
    401: KeyRefused,
    403: KeyRefused,
    413: TooLong,
    429: TooMany,
}


class DaData:
    """The service itself, or a mirror of it (DADATA_URL)."""

    def find(self, query: str, *, kpp: str = "") -> list[Party]:
        """One question, one answer; see parties.Provider."""
        question: dict[str, Any] = {"query": query, "count": MOST_AT_ONCE}
        if kpp:
            question["kpp"] = kpp
        status, body = _ask(question)
        if status == 200:
            return _parties(body)
        # The same 403 for a wrong key and for a day's limit: only the words differ.
        if status == 403 and b"SUGGESTIONS" in body and b"disabled" in body:
            raise LimitReached
        raise FAILURES.get(status, LookupFailed)


def _ask(question: dict[str, Any]) -> tuple[int, bytes]:
    """Status and body. Raises TimedOut, Unreachable, NotUnderstood (a body without end)."""
    headers = {"Accept": "application/json", "Authorization": f"Token {settings.DADATA_TOKEN}"}
    url = settings.DADATA_URL.removesuffix(PATH) + PATH
    ends = monotonic() + WHOLE_SECONDS
    body = bytearray()
    try:
        with httpx.stream("POST", url, json=question, headers=headers, timeout=TIMEOUT) as answer:
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise NotUnderstood
                if monotonic() > ends:
                    raise TimedOut
            return answer.status_code, bytes(body)
    # `from None`: what httpx and h11 say of a bad header holds the token.
    except httpx.TimeoutException:
        raise TimedOut from None
    except httpx.DecodingError:
        raise NotUnderstood from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
        raise Unreachable from None


def _parties(body: bytes) -> list[Party]:
    try:
        answer = json.loads(body)
        return [_party(suggestion["data"]) for suggestion in answer["suggestions"]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise NotUnderstood from None


def _party(data: Mapping[str, Any]) -> Party:
    """A suggestion's `data`. Raises when something that we live by is missing or of another type."""
    is_person = {"LEGAL": False, "INDIVIDUAL": True}[data["type"]]
    names, address = data["name"], data.get("address") or {}
    full_name = _text(names["full_with_opf"])
    head, head_post = _head(data)
    return Party(
        inn=_text(data["inn"], required=True),
        kpp=_text(data.get("kpp")),
        ogrn=_text(data["ogrn"]),
        name=_text(names["short_with_opf"]) or _text(full_name, required=True),
        full_name=full_name,
        address=_text(address.get("unrestricted_value")) or _text(address.get("value")),
        head=head,
        head_post=head_post,
        state=_state(data["state"]["status"]),
        is_invalid=data.get("invalid") is True or bool(address.get("invalidity")),
        is_person=is_person,
        is_branch=data.get("branch_type") == "BRANCH",
    )


def _head(data: Mapping[str, Any]) -> tuple[str, str]:
    """Name and post of an organisation's head; a sole proprietor is their own."""
    if management := data.get("management"):
        return _text(management["name"]), _text(management.get("post"))
    person = data.get("fio") or {}
    parts = (_text(person.get(part)) for part in ("surname", "name", "patronymic"))
    return " ".join(part for part in parts if part), ""


def _state(status: str | None) -> str:
    """Unknown is "", a word that we do not know an error: it may be what one must not overlook."""
    return RegisterState(status.lower()).value if status is not None else ""


def _text(value: str | None, *, required: bool = False) -> str:
    """One line that a database takes: no NUL, no half of a surrogate pair."""
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise TypeError
    text = value.replace("\x00", "").encode("utf-8", "ignore").decode()
    text = " ".join(text.split())[:LONGEST]
    if required and not text:
        raise ValueError
    return text

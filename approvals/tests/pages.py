"""Reading pages in tests by their stable handles."""

from __future__ import annotations

from html.parser import HTMLParser

from django.http import HttpResponse
from django.test import Client

from people.models import User


class _Handles(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if "data-testid" in named:
            self.found.append(named)


def handles(response: HttpResponse, testid: str) -> list[dict[str, str]]:
    """The attributes of every element with this `data-testid`, in the page's order."""
    parser = _Handles()
    parser.feed(response.content.decode())
    return [element for element in parser.found if element["data-testid"] == testid]


def handle(response: HttpResponse, testid: str) -> dict[str, str]:
    """The one element with this `data-testid`."""
    [element] = handles(response, testid)
    return element


def logged_in(user: User) -> Client:
    """A browser in which this person is logged in."""
    client = Client()
    client.force_login(user, backend="people.auth.PeopleBackend")
    return client

"""The product as a neighbour's program uses it: addresses, field names and data attributes, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast
from xml.etree.ElementTree import Element

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client

from approvals.tests.builders import PASSWORD
from tests.html import parse

SUBMITTABLE = {"input", "select", "textarea"}


@dataclass
class Thing:
    """An element with a data-testid: its data attributes without 'data-', and what it says."""

    element: Element

    def __getitem__(self, name: str) -> str:
        return self.element.attrib[f"data-{name}"]

    @property
    def text(self) -> str:
        """All that it says, spaces folded."""
        return folded("".join(self.element.itertext()))

    @property
    def link(self) -> str:
        """Where its first link leads."""
        found = self.element if self.element.tag == "a" else self.element.find(".//a")
        assert found is not None, "no link"
        return found.attrib["href"]


@dataclass
class Page:
    """An answer in HTML."""

    status: int
    html: str
    path: str = ""
    location: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @cached_property
    def root(self) -> Element:
        """The page's root element."""
        return parse(self.html)

    @property
    def text(self) -> str:
        """All that the page says, spaces folded."""
        return folded("".join(self.root.itertext()))

    def all(self, testid: str, **data: object) -> list[Thing]:
        """The elements with this data-testid and these data attributes (`request_id` is data-request-id)."""
        wanted = {f"data-{name.replace('_', '-')}": str(value) for name, value in data.items()}
        return [
            Thing(element)
            for element in self.root.iter()
            if element.get("data-testid") == testid and wanted.items() <= element.attrib.items()
        ]

    def one(self, testid: str, **data: object) -> Thing:
        """The only such element."""
        found = self.all(testid, **data)
        assert len(found) == 1, f"{len(found)} of {testid} {data}, status {self.status}"
        return found[0]

    def form(self, to: str, names: Iterable[str] = ()) -> dict[str, str]:
        """What a browser without scripts sends of the form that posts to `to` and has most of `names`."""
        forms = []
        for form in self.root.iter("form"):
            if form.get("method", "").lower() == "post" and (form.get("action") or self.path) == to:
                fields = [e for e in form.iter() if e.tag in SUBMITTABLE and e.get("name")]
                forms.append((len({e.get("name") for e in fields} & set(names)), fields))
        assert forms, f"no form posts to {to}, status {self.status}: {self.text[:500]}"
        _fit, best = max(forms, key=lambda form: form[0])
        return {name: value for element in best for name, value in _sent(element)}

    def value_of(self, name: str) -> str:
        """What the field of this name holds."""
        for element in self.root.iter():
            if element.tag in SUBMITTABLE and element.get("name") == name:
                return next((value for _name, value in _sent(element)), "")
        raise AssertionError(f"no field {name}")

    def options_of(self, name: str) -> dict[str, str]:
        """Value -> text of the choices of a select."""
        for element in self.root.iter("select"):
            if element.get("name") == name:
                options = element.iter("option")
                return {o.get("value", ""): folded("".join(o.itertext())) for o in options}
        raise AssertionError(f"no select {name}")

    def faults(self) -> set[str]:
        """The names of the fields that are marked as wrong and say why."""
        texts = {
            e.get("id"): "".join(e.itertext()).strip() for e in self.root.iter() if e.get("id")
        }
        found = set()
        for element in self.root.iter():
            if element.get("aria-invalid") == "true":
                described = element.get("aria-describedby", "").split()
                assert any(texts.get(id_) for id_ in described), element.attrib
                found.add(element.get("name", ""))
        return found


class Person:
    """Somebody with a browser without scripts, who logs in before the first page; `Person()` does not."""

    def __init__(self, username: str = "", password: str = PASSWORD) -> None:
        self.username = username
        self.password = password

    @cached_property
    def client(self) -> Client:
        """Django's test client, which checks CSRF tokens as a server does."""
        client = Client(enforce_csrf_checks=True)
        if self.username:
            client.get("/login/")
            token = client.cookies["csrftoken"].value
            names = {"username": self.username, "password": self.password}
            answer = client.post("/login/", {**names, "csrfmiddlewaretoken": token})
            assert answer.status_code == 303, answer.status_code
        return client

    def get(self, path: str, status: int = 200) -> Page:
        """The page at `path`."""
        page = page_of(self.client.get(path), path)
        assert page.status == status, f"{page.status} for GET {path}: {page.text[:500]}"
        return page

    def fetch(self, path: str, status: int = 200, **headers: str) -> HttpResponseBase:
        """Whatever is at `path`, not read as HTML."""
        response = cast(HttpResponseBase, self.client.get(path, headers=headers))
        assert response.status_code == status, f"{response.status_code} for GET {path}"
        return response

    def read(self, path: str) -> bytes:
        """The bytes at `path`."""
        return body_of(self.fetch(path))

    def send(self, page: Page, to: str, status: int = 303, **fields: Any) -> Page:
        """Fill in the page's form that posts to `to` and send it."""
        return self._sent(to, {**page.form(to, fields), **fields}, status)

    def post(self, path: str, status: int = 303, **fields: Any) -> Page:
        """Post these fields as a program does, with nothing that a page has given out but the CSRF token."""
        if "csrftoken" not in self.client.cookies:
            self.get("/me/")
        token = self.client.cookies["csrftoken"].value
        return self._sent(path, {**fields, "csrfmiddlewaretoken": token}, status)

    def _sent(self, path: str, data: dict[str, Any], status: int) -> Page:
        page = page_of(self.client.post(path, data), path)
        assert page.status == status, (
            f"{page.status} for POST {path}: {page.faults()} {page.text[:1500]}"
        )
        return page


def body_of(response: HttpResponseBase) -> bytes:
    """The whole body, streamed or not."""
    if response.streaming:
        return b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return bytes(response.content)  # type: ignore[attr-defined]


def number_in(location: str) -> int:
    """The primary key in an address: '/requests/5/' -> 5."""
    found = re.search(r"/(\d+)/", location)
    assert found, location
    return int(found[1])


def file(name: str, content: bytes) -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def folded(text: str) -> str:
    """Runs of spaces as one; no-break spaces as plain ones."""
    return " ".join(text.split())


def page_of(response: HttpResponseBase, path: str) -> Page:
    """The answer, read as a page; an answer that is none has nothing on it."""
    is_html = "html" in response.get("Content-Type", "")
    html = body_of(response).decode() if is_html else "<html></html>"
    headers = dict(response.items())
    here = path.partition("?")[0]
    return Page(response.status_code, html, here, headers.get("Location", ""), headers)


def _sent(element: Element) -> list[tuple[str, str]]:
    name = element.attrib["name"]
    if element.tag == "textarea":
        # A parser drops the line break that follows the opening tag.
        return [(name, "".join(element.itertext()))]
    if element.tag == "select":
        options = list(element.iter("option"))
        chosen = [o for o in options if "selected" in o.attrib] or options[:1]
        return [(name, o.get("value", "")) for o in chosen]
    kind = element.get("type", "text")
    if kind in ("submit", "button", "reset", "file"):
        return []
    if kind in ("checkbox", "radio") and "checked" not in element.attrib:
        return []
    return [(name, element.get("value", "on" if kind == "checkbox" else ""))]

"""What people type is text, wherever it is shown: every page and letter in a real browser, full of scripts.

The pages are those of the access table, as this process answers them to each role; the browser reads them
with the product's own headers and scripts. A script that ran, an element that came of somebody's text, an
address that is one, a template's mark that was worked out, a report of the policy or an error fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.staticfiles import finders
from django.core import mail
from django.db import models
from django.urls import reverse
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from approvals import services
from approvals.models import (
    ApprovalTask,
    Category,
    OrganisationSettings,
    PaymentOrder,
    PaymentRequest,
    SavedView,
)
from approvals.tests import builders
from approvals.tests.builders import World
from counterparties.models import Bank, BankAccount, Company, Contact
from documents.models import Document, Folder, Paper, TemplateVersion
from notifications.models import Letter, LetterEvent
from people.models import Department, Session, User
from tests.neighbour import body_of
from tests.stack.browser import launch_options
from tests.test_access import Ask, asks, client_of, people, rows
from tests.worker import work

__all__ = ["asks", "people"]  # fixtures of the table

HOST = "http://localhost"  # which browsers trust like https
# Out of a text, an attribute, a text area, a title and a script; and marks of templates, ours and others'.
LONG = (
    "i7x{{7*7}}{%debug%}${7*7}\"'><img src=x onerror=xss(1)></textarea></title></script>"
    "<script>xss(1)</script><i7x>javascript:xss(1)"
)
SHORT = "i7x{{7*7}}\"'><i7x onclick=x()></script>"
BREAKOUT = "\"'><"  # is in both
ADDRESS = "javascript:xss(1)//@i7x.example"

# What is filled before anything is done with it, so that events, notices, letters and papers tell of it too.
FIRST: dict[type[models.Model], tuple[str, ...]] = {
    Department: ("name",),
    User: ("full_name", "position", "phone"),
    Company: ("name", "full_name", "legal_address"),
    Contact: ("full_name", "position", "phone"),
    Category: ("name",),
    BankAccount: ("bank_name",),
}
# And what is filled afterwards, whatever the forms would have said to it.
LATER: dict[type[models.Model], tuple[str, ...]] = {
    PaymentRequest: ("purpose", "justification", "urgent_reason", "basis", "invoice_number"),
    ApprovalTask: ("comment",),
    Document: ("original_name", "stored_name"),
    Folder: ("name", "last_error"),
    Paper: ("title",),
    SavedView: ("name",),
    OrganisationSettings: ("accept_label_ru", "accept_label_en"),
    PaymentOrder: ("purpose",),
    Bank: ("name", "town"),
    Letter: ("to_name", "from_name", "last_error"),
    LetterEvent: ("detail",),
    Session: ("agent",),
    TemplateVersion: ("note", "docx_name"),
}
ROLES = ("anon", "author", "sup", "acc", "adm")
# Files, prints, and pages without anybody's words but one's own name.
NO_PAGES = (
    "openid",
    "admin",
    "account_",
    "mfa_activate",
    "approvals:document",
    "approvals:export_file",
    "approvals:public_document",
    "approvals:template_preview",
    "approvals:template_docx",
)

LISTEN = """
window.xss = window.x = () => { window.ran = true; };
window.refused = [];
document.addEventListener("securitypolicyviolation",
    (event) => window.refused.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
FAULTS = """() => [
    ...(window.ran ? ["a script ran"] : []),
    ...window.refused.map((what) => `the policy refused ${what}`),
    ...[...document.querySelectorAll("i7x, img[src=x], [onerror], [onclick]")]
        .map((e) => `element ${e.outerHTML}`),
    ...[...document.querySelectorAll("a, form, area, iframe")]
        .map((e) => e.getAttribute("href") || e.getAttribute("action") || e.getAttribute("src") || "")
        .filter((to) => /^\\s*(javascript|data|vbscript):/i.test(to)).map((to) => `leads to ${to}`),
    ...(document.documentElement.outerHTML.includes("i7x49") ? ["a template's mark was worked out"] : []),
]"""


def fill(tables: dict[type[models.Model], tuple[str, ...]]) -> None:
    """Put it in; as much as there is room for."""
    for model, names in tables.items():
        for row in model._default_manager.all():
            filled = {}
            for name in names:
                room = model._meta.get_field(name).max_length or 10_000
                end = str(row.pk)
                filled[name] = (LONG if len(LONG) + len(end) <= room else SHORT)[
                    : room - len(end)
                ] + end
            model._default_manager.filter(pk=row.pk).update(**filled)


@dataclass
class Shown:
    """A page as the product answered it: to whom, at which address."""

    role: str
    name: str
    path: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)

    def faults(self) -> list[str]:
        """What shows without a browser: a text that nobody escaped, a mark that was worked out."""
        wrong = {"went through": BREAKOUT in self.html, "worked out": "i7x49" in self.html}
        return [f"{self.role} {self.path}: {what}" for what, is_so in wrong.items() if is_so]


@dataclass
class Reader:
    """A browser that gets pages as they were answered, with the product's scripts and policy."""

    page: Page
    faults: list[str] = field(default_factory=list)
    shown: Shown | None = None

    def answer(self, route: Route) -> None:
        """The page, a script of the product's, or nothing at all."""
        parts = urlsplit(route.request.url)
        name = parts.path.removeprefix("/static/")
        if parts.netloc != urlsplit(HOST).netloc:
            self.faults.append(f"asks {route.request.url}")
            route.abort()
        elif self.shown and route.request.url == HOST + self.shown.path:
            route.fulfill(body=self.shown.html, headers=self.shown.headers)
        elif name.endswith(".js") and (found := finders.find(name)):
            route.fulfill(path=str(found))
        else:
            route.fulfill(status=404)

    def look(self, shown: Shown) -> None:
        """Open it, and write down what it must not do."""
        self.shown = shown
        before = len(self.faults)
        self.page.goto(HOST + shown.path, wait_until="domcontentloaded")
        self.faults += self.page.evaluate(FAULTS)
        about = f"{shown.role} {shown.path}"
        self.faults[before:] = [f"{about}: {fault}" for fault in self.faults[before:]]


@contextmanager
def reading() -> Iterator[Reader]:
    """A browser with one tab, which hears of everything that goes wrong in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        yield _reader(browser)
        browser.close()


def _reader(browser: Browser) -> Reader:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="ru-RU", service_workers="block"
    )
    context.set_default_timeout(15_000)
    context.add_init_script(LISTEN)
    made = Reader(context.new_page())

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            made.faults.append(said.text)

    made.page.route("**/*", made.answer)
    made.page.on("dialog", lambda dialog: made.faults.append(f"dialog {dialog.message}"))
    made.page.on("pageerror", lambda error: made.faults.append(str(error)))
    made.page.on("console", hear)
    return made


@pytest.fixture
def full_of_scripts(world: World, people: Any, request: pytest.FixtureRequest) -> Any:
    """The access table's world, after everybody has typed scripts into every field; the table's asks."""
    fill(FIRST)
    for name in ("manager", "supervisor", "accountant", "admin", "company", "contact"):
        getattr(world, name).refresh_from_db()
    asked: dict[tuple[str, str], Ask] = request.getfixturevalue("asks")
    talked = builders.on_approval(world)
    services.add_comment(
        payment_request_id=talked.pk, actor=world.manager, text=f"{LONG} @supervisor"
    )
    task = builders.open_task(talked)
    services.return_for_changes(task_id=task.pk, actor=task.assignee, reason=LONG)
    work()
    fill(LATER)
    Contact.objects.filter(pk=world.contact.pk).update(email=ADDRESS)
    Authenticator.objects.filter(type="webauthn").update(data={"name": LONG, "credential": {}})
    asked["approvals:request", "talked"] = Ask([talked.pk])
    return asked


@pytest.fixture
def shown(
    people: dict[str, User | None], full_of_scripts: dict[tuple[str, str], Ask]
) -> list[Shown]:
    """Every page of the table with somebody's words on it, as each role gets it; and the letters."""
    addresses = {
        reverse(row.name, args=full_of_scripts.get((row.name, row.what), Ask()).args): row.name
        for row in rows()
        if row.method == "GET" and not row.name.startswith(NO_PAGES)
    }
    talked = full_of_scripts["approvals:request", "talked"].args[0]
    addresses |= {f"/requests/{talked}/": "talked", "/tasks/?tab=decided": "decided"}
    addresses |= {"/search/?q=i7x": "search", "/requests/?q=i7x": "filtered"}
    found = []
    for role in ROLES:
        client = client_of(people[role])
        for path, name in addresses.items():
            response = client.get(path)
            body = body_of(response)
            if "html" in response.get("Content-Type", "") and b"i7x" in body:
                found.append(Shown(role, name, path, body.decode(), dict(response.items())))
    letters = [
        Shown("letter", "letter", f"/letter-{number}", str(part[0]), {"Content-Type": "text/html"})
        for number, letter in enumerate(mail.outbox)
        for part in letter.alternatives  # type: ignore[attr-defined]
    ]
    assert letters
    return found + letters


@pytest.mark.browser
def test_nothing_that_was_typed_runs(shown: list[Shown]) -> None:
    """Every page of each role is read; every page is opened, by whoever is shown most there."""
    assert [fault for page in shown for fault in page.faults()] == []
    assert {page.name for page in shown} >= SHOW_IT

    richest: dict[str, Shown] = {}
    for page in shown:
        if page.name not in richest or len(richest[page.name].html) < len(page.html):
            richest[page.name] = page
    # Only now, and not beyond: while a browser runs, the database would seem another one.
    with reading() as reader:
        reader.look(Shown("nobody", "wrong", "/wrong/", LONG, {"Content-Type": "text/html"}))
        assert len(reader.faults) > 2, reader.faults  # a page that escapes nothing is seen
        reader.faults.clear()
        for page in richest.values():
            reader.look(page)

    assert not reader.faults, "\n".join(reader.faults[:20])


# Pages that somebody's words are on; were they not seen, nothing would have been tried.
SHOW_IT = {
    "letter",
    "search",
    "approvals:board",
    "approvals:board_move",
    "approvals:calendar",
    "approvals:companies",
    "approvals:company",
    "approvals:contact",
    "approvals:dashboard",
    "approvals:letter",
    "approvals:notices",
    "approvals:public",
    "approvals:register",
    "approvals:request",
    "approvals:request_edit",
    "approvals:request_preview",
    "approvals:requests",
    "approvals:sheet",
    "approvals:tasks",
    "approvals:template",
}

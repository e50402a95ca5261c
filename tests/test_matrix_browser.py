"""Every page × language × theme × width: nothing that axe finds, no error, no other host, no sideways scroll,
no text of the other language, nothing that moves while it loads, and not more bytes than promised.

`make browser-matrix` (MATRIX=whole) goes through all of it; else every page comes once, by rotation.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from tests.matrix import Watch, faults_of
from tests.sights import ELSEWHERE, SIGHTS
from tests.stack.program import FullStack
from tests.test_access import rows
from tests.visitors import Visitor, visitors

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
LOCALES = {"ru": "ru-RU", "en": "en-GB"}
WIDTHS = {360: 740, 768: 1024, 1440: 1100}
EVERY = list(product(LOCALES, ("light", "dark"), WIDTHS))


def looks() -> list[tuple[str, str, str, int]]:
    """What is looked at how: page, language, theme, width; one language after the other."""
    if os.environ.get("MATRIX") == "whole":
        found = [(name, *each) for name in SIGHTS for each in EVERY]
    else:
        found = [(name, *EVERY[index % len(EVERY)]) for index, name in enumerate(SIGHTS)]
    return sorted(found, key=lambda look: list(LOCALES).index(look[1]))


ROWS = """
from approvals.models import PaymentOrder
from documents import templates
from documents.models import Paper
from documents.printing import token_for as sheet_token
from documents.services import token_for
from notifications.models import Letter
from people import entry
from people.models import Department, User
admin = User.objects.get(username="admin")
of = templates.current_template("register")
typed = {"source": of.source, "css": of.css, "note": "", "based_on": 0}
templates.save_html(kind="register", author=admin, **typed)
nothing = {"roles": [], "department": None, "supervisor": None, "language": "ru"}
invited = entry.invite(actor=admin, email="guest@other.example", full_name="Guest", **nothing)
letter = Letter.objects.filter(state="sent").latest("pk")
contact = letter.contact
print(letter.request_letter.payment_request_id, letter.pk, contact.pk, contact.company_id,
      token_for(letter.share_link), sheet_token(Paper.objects.filter(template="approval_sheet").latest("pk")),
      User.objects.get(username="supervisor").pk, Department.objects.latest("pk").pk,
      entry.token_of(invited), entry.token_of(entry.password_link(person=admin)),
      PaymentOrder.objects.latest("pk").pk)
"""
SPEAK = "from people.models import User; User.objects.update(language='{}')"


@pytest.fixture(scope="module")
def look(browser: Browser, full_stack: FullStack) -> Iterator[Callable[..., Watch]]:
    """Visitors by log-in name and language, each logged in once."""
    known: dict[tuple[str, str], Watch] = {}
    spoken = "ru"
    with visitors(browser, full_stack.base_url, PICTURES) as visit:

        def by(username: str, language: str = "ru") -> Watch:
            nonlocal spoken
            if spoken != language:
                full_stack.manage("shell", "-v", "0", "-c", SPEAK.format(language))
                spoken = language
            if (username, language) not in known:
                visitor: Visitor = visit(username, locale=LOCALES[language])
                known[username, language] = Watch(visitor, urlsplit(full_stack.base_url).netloc)
            return known[username, language]

        yield by
        by("", "ru")


@pytest.fixture(scope="module")
def keys(look: Callable[..., Watch], full_stack: FullStack) -> dict[str, str]:
    """What the addresses' placeholders stand for."""
    names = (
        *("paid", "letter", "contact", "company", "token", "sheet"),
        *("supervisor", "department", "invitation", "password", "order"),
    )
    printed = full_stack.manage("shell", "-v", "0", "-c", ROWS).split()
    found = dict(zip(names, printed, strict=True)) | {"today": str(timezone.localdate())}
    for username, status in (
        ("manager2", "draft"),
        ("supervisor", "on_approval"),
        ("accountant", "approved"),
        ("director", "refused"),
    ):
        visitor = look(username).visitor
        visitor.page.goto(f"/requests/?status={status}&sort=-number")
        found[status] = visitor.see("registry-row").first.get_attribute("data-pk") or ""
    accountant = look("accountant").visitor
    accountant.page.goto("/registers/")
    found["register"] = accountant.see("register-day").first.get_attribute("data-day") or ""
    accountant.page.goto(f"/registers/{found['register']}/")
    accountant.see("draw-up").click()
    expect(accountant.see("paper")).not_to_have_count(0)
    supervisor = look("supervisor").visitor
    supervisor.page.goto("/tasks/")
    found["task"] = supervisor.see("task").last.get_attribute("data-task-id") or ""
    return found


@pytest.mark.parametrize(
    ("name", "language", "theme", "width"),
    [pytest.param(*each, id="-".join(map(str, each))) for each in looks()],
)
def test_a_page_is_for_everybody(
    name: str,
    language: str,
    theme: str,
    width: int,
    look: Callable[..., Watch],
    keys: dict[str, str],
) -> None:
    sight = SIGHTS[name]
    watch = look(sight.username, language)
    visitor = watch.visitor
    visitor.page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    visitor.page.emulate_media(color_scheme=theme)
    watch.clear()

    answer = visitor.page.goto(sight.path.format(**keys))
    visitor.fill(**dict(sight.fill))
    if sight.press:
        visitor.page.locator(sight.press).click()
        expect(visitor.page.locator(sight.awaited)).not_to_have_count(0)

    assert answer is not None
    assert answer.status == sight.status
    assert visitor.page.url.endswith("/login/") == (name == "login")
    faults = faults_of(watch, sight.language or language)
    assert not faults, "\n".join(faults)


def test_every_page_is_looked_at() -> None:
    """Of the table of access; and nothing is looked at or left out that is gone."""
    looked_at = {sight.view_name() for sight in SIGHTS.values()}
    left_out = set(ELSEWHERE)

    assert looked_at & left_out == set()
    assert looked_at | left_out == {row.name for row in rows() if row.method == "GET"}

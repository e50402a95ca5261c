"""What a browser that was never here fetches to show a page: every byte of it, as it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.stack.program import FullStack
from tests.visitors import Visitor, visitors

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
MOST = 150 * 1024
# A document that is shown within a page is no part of it.
FETCHED = """() => ["navigation", "resource"]
    .flatMap((kind) => performance.getEntriesByType(kind))
    .filter((entry) => !["iframe", "embed", "object"].includes(entry.initiatorType))
    .map((entry) => [new URL(entry.name).pathname, entry.transferSize])"""


@pytest.fixture(scope="module")
def visit(browser: Browser, full_stack: FullStack) -> Iterator[Callable[..., Visitor]]:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        yield visit


@pytest.mark.parametrize(
    ("username", "path"),
    [
        ("", "/login/"),
        ("accountant", "/"),
        ("accountant", "/requests/"),
        ("supervisor", "/tasks/"),
        ("accountant", "/board/"),
        ("accountant", "/calendar/"),
        ("manager", "/requests/new/"),
    ],
)
def test_a_first_load_is_small(
    username: str, path: str, browser: Browser, visit: Callable[..., Visitor], full_stack: FullStack
) -> None:
    # Logged in, and nothing kept of any page.
    cookies = visit(username).context.storage_state()
    context = browser.new_context(
        base_url=full_stack.base_url, locale="ru-RU", storage_state=cookies
    )
    try:
        page = context.new_page()
        page.goto(path)
        page.evaluate("() => document.fonts.ready")
        fetched = page.evaluate(FETCHED)
    finally:
        context.close()
    assert [name for name, _size in fetched if name.endswith(".woff2")]
    assert not [name for name, size in fetched if not size]
    assert sum(size for _name, size in fetched) < MOST, sorted(fetched, key=lambda it: -it[1])

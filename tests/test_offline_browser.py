"""No network: the browser says so in the product's own words, and goes on when it is back."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.stack.program import FullStack
from tests.visitors import visitors

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"


def test_without_a_network_a_page_says_so(browser: Browser, full_stack: FullStack) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager = visit("manager")
        page = manager.page
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        page.reload()  # from here on the worker answers

        manager.context.set_offline(True)
        page.goto("/requests/")
        expect(manager.see("offline")).to_be_visible()

        manager.context.set_offline(False)
        page.locator(".oops a").click()
        expect(manager.see("registry-row").first).to_be_visible()

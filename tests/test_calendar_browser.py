"""The payment calendar in a real browser: a request is dragged to another day, or moved by the keyboard."""

from __future__ import annotations

import datetime
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import Browser, expect

from tests.stack.program import FullStack
from tests.visitors import visitors

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"


def test_an_accountant_moves_a_request_to_another_day(
    browser: Browser, full_stack: FullStack
) -> None:
    today = timezone.localdate()
    sunday = today + datetime.timedelta(days=13 - today.weekday())
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        accountant = visit("accountant")
        page = accountant.page
        page.goto(f"/calendar/?week={today}&day={today}")
        first = accountant.see("planned-request").first
        pk = first.get_attribute("data-pk") or ""

        # By the keyboard: to the Sunday after this week's.
        first.locator("[name=day]").fill(sunday.isoformat())
        first.locator("[name=day]").press("Enter")
        expect(accountant.see("planned-request", pk=pk)).to_have_count(0)

        # By the mouse, and it is still there after a reload.
        page.goto(f"/calendar/?week={sunday}")
        chip = accountant.see("calendar-request", pk=pk)
        saturday = (sunday - datetime.timedelta(days=1)).isoformat()
        chip.drag_to(accountant.see("calendar-day", day=saturday))
        moved = accountant.see("calendar-day", day=saturday).locator(f'[data-pk="{pk}"]')
        expect(moved).to_be_visible()
        page.reload()
        expect(moved).to_be_visible()

        manager = visit("manager")
        manager.page.goto(f"/calendar/?week={sunday}")
        expect(manager.page.locator("[draggable=true]")).to_have_count(0)

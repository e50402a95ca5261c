"""The board in a real browser: cards dragged, moved by the keyboard, and put back where that is refused."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Locator, expect

from tests.stack.program import FullStack
from tests.visitors import Visitor, file, visitors

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def column(visitor: Visitor, stage: str) -> Locator:
    return visitor.see("board-column", stage=stage)


def card(visitor: Visitor, stage: str, pk: str) -> Locator:
    return column(visitor, stage).locator(f'[data-testid="board-card"][data-pk="{pk}"]')


def count(visitor: Visitor, stage: str) -> int:
    return int(column(visitor, stage).get_attribute("data-count") or "")


def test_cards_are_moved_where_one_may_move_them(browser: Browser, full_stack: FullStack) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager, supervisor = visit("manager"), visit("supervisor")
        for visitor in (manager, supervisor):
            visitor.page.goto("/board/")

        # A draft without its invoice is dropped, refused and back again, with the way to complete it.
        draft = column(manager, "draft").locator("[draggable=true]").first
        pk = draft.get_attribute("data-pk") or ""
        drafts, sent = count(manager, "draft"), count(manager, "on_approval")
        draft.drag_to(column(manager, "paid"))
        expect(manager.page.locator("dialog[open]")).to_have_count(0)
        draft.drag_to(column(manager, "on_approval"))
        manager.page.locator("#move button[type=submit]").click()
        expect(manager.see("board-refusal")).to_be_visible()
        expect(card(manager, "draft", pk)).to_be_visible()
        assert (count(manager, "draft"), count(manager, "on_approval")) == (drafts, sent)

        # With it, it goes; the board is there, and the card stands on top with the focus on it.
        manager.page.goto(f"/requests/{pk}/")
        manager.page.locator("#documents details.add").evaluate("it => { it.open = true }")
        manager.fill(kind="invoice", file=file("Счёт.pdf", PDF))
        manager.page.locator("#documents details.add button[type=submit]").click()
        expect(manager.see("document").first).to_be_visible()
        manager.page.goto("/board/")
        card(manager, "draft", pk).drag_to(column(manager, "on_approval"))
        manager.page.locator("#move button[type=submit]").click()
        expect(card(manager, "on_approval", pk).locator(".number")).to_be_focused()
        expect(column(manager, "draft")).to_have_attribute("data-count", str(drafts - 1))
        expect(column(manager, "on_approval")).to_have_attribute("data-count", str(sent + 1))
        expect(manager.page.locator("dialog[open]")).to_have_count(0)

        card(manager, "on_approval", pk).locator("[data-move]").click()
        withdraw = manager.see("board-step", step="withdraw")
        withdraw.locator("summary").click()

        # By the keyboard alone: back to its author, with a reason.
        supervisor.page.reload()
        move = card(supervisor, "on_approval", pk).locator("[data-move]")
        move.focus()
        supervisor.page.keyboard.press("Enter")
        summary = supervisor.see("board-step", step="return").locator("summary")
        expect(summary).to_be_visible()
        summary.focus()
        supervisor.page.keyboard.press("Enter")
        supervisor.page.keyboard.press("Tab")
        supervisor.page.keyboard.type("Нужен другой счёт")
        supervisor.page.keyboard.press("Control+Enter")
        expect(card(supervisor, "draft", pk)).to_contain_text("Возвращено на доработку")
        expect(supervisor.see("undo")).to_be_visible()

        # Whoever comes late is told, and sees the card where it is now.
        withdraw.locator("button[type=submit]").click()
        expect(manager.see("board-refusal")).to_be_visible()
        expect(card(manager, "draft", pk)).to_be_visible()

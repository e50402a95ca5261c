"""The registry in a real browser: columns, saved views, ticks, the preview, and a file of a filter."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from tests.stack.program import FullStack
from tests.visitors import PATIENCE, Visitor, visitors

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
WIDE = {"viewport": {"width": 1440, "height": 900}}


def menu(page: Page, place: int) -> None:
    """Open the list's menu of this place."""
    page.locator(".totals .menu > summary").nth(place).click()


def amounts(visitor: Visitor) -> list[Decimal]:
    rows = visitor.see("registry-row")
    return [Decimal(row.get_attribute("data-amount") or "") for row in rows.all()]


def test_an_accountant_works_in_the_registry(
    browser: Browser, full_stack: FullStack, tmp_path: Path
) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        accountant = visit("accountant", **WIDE)
        page = accountant.page
        page.goto("/requests/?status=paid")

        # However far one scrolls, what the filter comes to stays in sight.
        page.mouse.move(400, 600)
        page.mouse.wheel(0, 2500)
        expect(accountant.see("registry-row").first).not_to_be_in_viewport()
        expect(accountant.see("registry-total")).to_be_in_viewport()
        expect(page.locator(".topbar")).to_be_in_viewport()
        page.evaluate("window.scrollTo(0, 0)")

        # Columns and order, kept.
        menu(page, 0)
        page.locator("[name=columns][value=payer]").check()
        page.locator("[name=columns][value=who]").uncheck()
        page.locator(".menu[open] button[type=submit]").click()
        expect(page.locator("th", has_text="Плательщик")).to_be_visible()
        page.locator("th.amount button").click()
        expect(page.locator("th[aria-sort=ascending]")).to_have_text("Сумма")
        assert amounts(accountant) == sorted(amounts(accountant))
        page.goto("/requests/?status=paid")
        expect(page.locator("th[aria-sort=ascending]")).to_have_text("Сумма")
        expect(page.locator("th", has_text="У кого")).to_have_count(0)

        # A filter with a name.
        menu(page, 1)
        page.locator("[name=name]").fill("Что оплачено")
        page.locator(".menu[open] button[type=submit]").click()
        view = accountant.see("saved-view")
        expect(view).to_have_text("Что оплачено")
        page.goto("/requests/")
        view.click()
        expect(view).to_have_attribute("aria-current", "page")

        # What is ticked is summed up.
        first, second = amounts(accountant)[:2]
        rows = accountant.see("registry-row")
        rows.nth(0).locator("[data-tick]").check()
        rows.nth(1).locator("[data-tick]").check()
        selection = accountant.see("registry-selection")
        expect(selection).to_have_attribute("data-count", "2")
        whole = f"{first + second:,.2f}".replace(",", "\u00a0").replace(".", ",")
        expect(selection).to_contain_text(f"{whole}\u00a0₽")
        page.locator("[data-untick]").click()
        expect(selection).to_be_hidden()

        # By the keys: a preview beside the list, and back.
        page.keyboard.press("j")
        glance = accountant.see("preview-request")
        expect(glance).to_have_attribute("data-pk", rows.nth(0).get_attribute("data-pk") or "")
        page.keyboard.press("j")
        pk = rows.nth(1).get_attribute("data-pk") or ""
        expect(glance).to_have_attribute("data-pk", pk)
        assert f"show={pk}" in page.url
        page.reload()
        expect(glance).to_have_attribute("data-pk", pk)
        rows.nth(1).locator(".row-link").focus()
        page.keyboard.press("Enter")
        expect(accountant.see("request-status")).to_be_visible()
        page.go_back()
        expect(glance).to_have_attribute("data-pk", pk)
        page.keyboard.press("Escape")
        expect(glance).to_have_count(0)
        assert "show=" not in page.url

        # All of the filter in a file, with the page's totals.
        menu(page, 2)
        page.locator("[name=file_format][value=xlsx]").click()
        made = accountant.see("export", state="ready")
        expect(made).to_be_visible(timeout=PATIENCE)
        with page.expect_download() as download:
            made.locator("a").click()
        path = tmp_path / "export.xlsx"
        download.value.save_as(path)
        total = accountant.see("registry-total")
        table = [list(row) for row in load_workbook(path).active.iter_rows(values_only=True)]  # type: ignore[union-attr]
        sums = next(row for row in table if row[0] == "Итого, RUB")
        assert f"{sums[1]:.2f}" == total.get_attribute("data-amount")
        assert str(sums[2]).split()[0] == total.get_attribute("data-count")
        [head] = [place for place, row in enumerate(table) if row[0] == "№"]
        assert len(table) - head - 1 == int(total.get_attribute("data-count") or 0)
        column = table[head].index("Сумма")
        assert (
            f"{sum(Decimal(str(row[column])) for row in table[head + 1 :]):.2f}" == f"{sums[1]:.2f}"
        )


def test_the_search_of_every_page(browser: Browser, full_stack: FullStack) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager = visit("manager", **WIDE)
        manager.page.goto("/calendar/")

        manager.page.keyboard.press("/")
        manager.page.keyboard.type("№ 17")
        manager.page.keyboard.press("Enter")

        expect(manager.see("search-request").first).to_have_attribute("data-pk", "17")

        phone = visit("manager", viewport={"width": 390, "height": 844})
        phone.page.locator("[data-search-link]").click()
        phone.page.locator("#search-q").fill("азимутка")
        phone.page.keyboard.press("Enter")
        expect(phone.see("search-company")).to_have_count(1)

"""A BIK fills in its bank while one types, and requisites are copied, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from counterparties.tests import banks
from counterparties.tests.banks import Participant
from tests.stack.program import FullStack
from tests.visitors import visitors

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
SBER, VTB = Participant(), Participant("044525187", "БАНК ВТБ (ПАО)")
EMPTY = """
from counterparties.models import Bank, BankDirectory
Bank.objects.all().delete(), BankDirectory.objects.all().delete()
"""


@pytest.fixture
def _directory(full_stack: FullStack, tmp_path: Path) -> Iterator[None]:
    """A directory in force, and none afterwards: other tests know of none."""
    path = tmp_path / "directory.xml"
    path.write_bytes(banks.ed807(SBER, VTB))
    full_stack.manage("load_banks", str(path))
    yield
    full_stack.manage("shell", "-c", EMPTY)


@pytest.mark.usefixtures("_directory")
def test_a_bik_fills_in_its_bank_and_numbers_are_copied(
    browser: Browser, full_stack: FullStack
) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager = visit("manager")
        page = manager.page
        page.goto("/companies/")
        manager.see("company-row").first.locator("a").first.click()
        here = page.url
        page.goto(f"{here}accounts/new/")

        manager.fill(bik="044 525 187")
        page.locator("[name=bik]").press("Tab")
        expect(manager.see("bank-lookup", state="active", bik="044525187")).to_be_visible()
        expect(page.locator("[name=bank_name]")).to_have_value("БАНК ВТБ (ПАО), г. Москва")
        manager.fill(bik="044525225")
        page.locator("[name=bik]").press("Tab")
        expect(page.locator("[name=bank_name]")).to_have_value('ПАО "СБЕРБАНК", г. Москва')
        expect(page.locator("[name=correspondent_account]")).to_have_value("30101810400000000225")

        manager.fill(bank_name="Мой банк", bik="044525187")
        page.locator("[name=bik]").press("Tab")
        expect(manager.see("bank-lookup", bik="044525187")).to_be_visible()
        expect(page.locator("[name=bank_name]")).to_have_value("Мой банк")
        page.locator("[name=action][value=look_up]").click()
        expect(page.locator("[name=bank_name]")).to_have_value("БАНК ВТБ (ПАО), г. Москва")

        manager.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(here)
        button = manager.see("account").first.locator("[data-copy]").first
        button.click()
        expect(button).to_have_attribute("data-done", "")
        assert page.evaluate("navigator.clipboard.readText()") == button.get_attribute("data-copy")

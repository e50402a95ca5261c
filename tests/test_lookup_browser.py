"""INN first: a new counterparty from its INN alone, with scripts and without."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.stack.program import FullStack
from tests.visitors import Visitor, visitors

pytestmark = [pytest.mark.postgres]

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
# Of demo/story/register.jsonl: a head office with branches, a company in liquidation, a sole proprietor.
POPLARS, WINDY, PERSON = "7799501019", "6699504046", "529950505595"


def value(visitor: Visitor, name: str) -> str:
    return visitor.page.locator(f'input[name="{name}"]').input_value()


def save(visitor: Visitor) -> None:
    visitor.page.locator(".form-foot button[type=submit]").click()
    visitor.page.wait_for_url(re.compile(r"/companies/\d+/$"))


def test_the_rest_fills_itself_in(browser: Browser, full_stack: FullStack) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager = visit("manager")
        page = manager.page
        page.goto("/companies/new/")
        manager.fill(inn=WINDY, name="Как мы его зовём")
        page.locator("[data-lookup]").click()

        # In place: the same page, and what was typed is still there.
        expect(manager.see("lookup-result")).to_have_attribute("data-state", "liquidating")
        expect(page).to_have_url(re.compile("/companies/new/$"))
        assert value(manager, "name") == "Как мы его зовём"
        assert value(manager, "kpp") == ""
        expect(page.locator("input[name=take][value=name]")).not_to_be_checked()
        expect(page.locator("input[name=take][value=kpp]")).to_be_checked()

        # Some, then all of it.
        page.locator("button[name=take_ticked]").click()
        expect(page.locator("input[name=kpp]")).to_have_value("669901001")
        assert value(manager, "name") == "Как мы его зовём"
        page.locator("button[name=take_all]").click()
        expect(page.locator("input[name=name]")).to_have_value("ООО «Ветреный мыс»")
        expect(page.locator("button[name=take_all]")).to_have_count(0)
        save(manager)
        marks = manager.see("company-mark")
        expect(marks).to_have_count(2)
        expect(manager.see("company-mark", mark="liquidating")).to_be_visible()
        expect(manager.see("company-mark", mark="invalid")).to_be_visible()


def test_a_branch_and_a_person(browser: Browser, full_stack: FullStack) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager = visit("manager")
        page = manager.page
        page.goto("/companies/new/")
        manager.fill(inn=POPLARS)
        page.locator("[data-lookup]").click()
        manager.see("lookup-other", kpp="789902001").locator("button").click()
        expect(manager.see("lookup-result")).to_have_attribute("data-kpp", "789902001")

        manager.fill(inn=PERSON)
        page.locator("[data-lookup]").click()
        expect(manager.see("lookup-result")).to_have_attribute("data-inn", PERSON)
        page.locator("button[name=take_all]").click()
        expect(page.locator("select[name=kind]")).to_have_value("sole_proprietor")
        # A sole proprietor has no KPP: its field goes.
        expect(page.locator("input[name=kpp]")).to_be_hidden()
        save(manager)


def test_while_it_is_asked_one_types_on(browser: Browser, full_stack: FullStack) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager = visit("manager")
        page = manager.page
        waiting: list[Route] = []
        page.route("**/companies/lookup/", lambda route: waiting.append(route))
        page.goto("/companies/new/")
        manager.fill(inn=POPLARS)
        page.locator("[data-lookup]").click()
        manager.fill(name="Три тополя")
        expect(page.locator("[data-lookup]")).to_be_disabled()
        waiting[0].continue_()

        expect(manager.see("lookup-result")).to_have_attribute("data-inn", POPLARS)
        assert value(manager, "name") == "Три тополя"


def test_without_scripts(browser: Browser, full_stack: FullStack) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager = visit("manager", java_script_enabled=False)
        page = manager.page
        page.goto("/companies/new/")
        manager.fill(inn="7799301011", name="ООО «Ясень»")
        page.locator("[data-lookup]").click()
        expect(manager.see("lookup-failure")).to_have_attribute("data-reason", "invalid")
        assert value(manager, "name") == "ООО «Ясень»"

        manager.fill(inn=POPLARS, name="")
        page.locator("[data-lookup]").click()
        manager.see("lookup-other", kpp="169902001").locator("button").click()
        page.locator("button[name=take_all]").click()
        assert value(manager, "name") == "Филиал АО «Три тополя» в Казани"
        save(manager)
        expect(manager.see("company-state")).to_have_attribute("data-state", "active")

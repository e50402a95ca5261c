"""The editor of templates in a browser: with scripts and without."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Response, expect

from tests.stack.program import FullStack
from tests.visitors import Visitor, visitors

pytestmark = [pytest.mark.postgres]

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
EDITOR = "/settings/templates/payment_notice/"


def preview(visitor: Visitor) -> Response:
    """What the frame got when the button was pressed."""

    def is_it(response: Response) -> bool:
        return response.url.endswith("/preview/") and response.request.method == "POST"

    with visitor.page.expect_response(is_it) as caught:
        visitor.page.locator("[formtarget]").click()
    return caught.value


def test_a_fault_is_shown_at_its_line_and_mended(browser: Browser, full_stack: FullStack) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        admin = visit("admin")
        page = admin.page
        page.goto(EDITOR)
        source = page.locator("[name=source]")
        expect(page.locator(".numbers").first).to_contain_text("12")
        original = source.input_value()
        broken = original.replace("{{ amount }}", "{{ amuont }}")
        assert broken != original
        line = broken[: broken.index("amuont")].count("\n") + 1

        # A preview shows the fault in the frame, and the form stays as it is.
        source.fill(broken)
        assert preview(admin).status == 422
        frame = page.frame_locator("[name=template-preview]")
        fault = frame.locator("[data-testid=template-fault]")
        expect(fault).to_have_attribute("data-line", str(line))
        assert source.input_value() == broken

        # Saved, it comes back with the line marked and the caret in it.
        page.locator("[value=save]").click()
        expect(admin.see("template-fault")).to_have_attribute("data-line", str(line))
        expect(page.locator(".numbers mark")).to_have_text(str(line))
        assert source.input_value() == broken
        at = source.evaluate("text => text.value.slice(text.selectionStart, text.selectionEnd)")
        assert "amuont" in at
        expect(source).to_be_focused()

        # The button beside a field writes it where the caret is.
        page.locator("[data-filter]").fill("amount_in_words")
        button = page.locator("[data-insert='{{ amount_in_words }}']")
        button.click()
        assert "{{ amount_in_words }}" in source.input_value()
        assert "amuont" not in source.input_value()

        assert preview(admin).status == 200
        page.locator("#id_note").fill("Прописью")
        page.locator("[value=save]").click()
        expect(admin.see("template-version")).to_have_count(1)
        expect(admin.see("template-version")).to_contain_text("Прописью")

        # And back.
        page.locator("details.ask summary").first.click()
        page.locator("details.ask[open] button[type=submit]").click()
        expect(admin.see("template-version")).to_have_count(2)
        assert source.input_value() == original


def test_it_works_without_scripts(browser: Browser, full_stack: FullStack) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        admin = visit("admin", java_script_enabled=False)
        page = admin.page
        page.goto("/settings/")
        page.locator("a[href='/settings/templates/']").click()
        page.locator("a[href='/settings/templates/register/']").click()
        saved = admin.see("template-version").count()  # the program is shared with other tests
        page.locator("[name=source]").fill("<p>\n{{ day }}\n{% if %}</p>")

        assert preview(admin).status == 422
        page.locator("[value=save]").click()
        expect(admin.see("template-fault")).to_have_attribute("data-line", "3")

        page.locator("[name=source]").fill("<p>{{ day }}</p>")
        assert preview(admin).status == 200
        page.locator("[value=save]").click()
        expect(admin.see("template-version")).to_have_count(saved + 1)

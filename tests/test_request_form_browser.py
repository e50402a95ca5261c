"""A new request in a real browser: a counterparty found or made on the way, and nothing typed is lost."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.stack.program import FullStack
from tests.visitors import visitors

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
# Of demo/story/register.jsonl.
STREAM = "7799502020"


def test_a_known_counterparty_brings_the_rest_with_it(
    browser: Browser, full_stack: FullStack
) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager = visit("manager")
        page = manager.page
        page.goto("/requests/new/")
        page.locator("#find-company").fill("ракита")
        expect(manager.see("last-request")).to_be_visible()
        expect(page.locator("[name=category]")).not_to_have_value("")
        expect(page.locator("[name=bank_account]")).not_to_have_value("")
        manager.fill(amount="1220", purpose="Оплата ☺")
        expect(page.locator("[data-foreign] b")).to_have_text("☺")
        words = re.compile("^Одна тысяча двести двадцать рублей")
        expect(manager.see("amount-words")).to_have_text(words)

        # Left without sending it, and taken up again.
        page.goto("/")
        page.goto("/requests/new/")
        expect(page.locator("[name=amount]")).to_have_value("")
        page.locator("[data-kept-take]").click()
        expect(page.locator("[name=amount]")).to_have_value("1220")
        expect(manager.see("amount-words")).to_have_text(words)
        expect(manager.see("last-request")).to_be_visible()

        # Repeated: the purpose follows the new invoice.
        manager.see("last-request").locator("a").click()
        expect(manager.see("repeats")).to_be_visible()
        manager.fill(invoice_number="Н-55", invoice_date="2026-11-20")
        expect(page.locator("[name=purpose]")).to_have_value(
            re.compile("по счёту № Н-55 от 20.11.2026")
        )
        manager.fill(purpose="Своими словами")
        manager.fill(invoice_number="Н-56")
        expect(page.locator("[name=purpose]")).to_have_value("Своими словами")


DROP = """([names, bytes]) => {
    const dataTransfer = new DataTransfer();
    for (const name of names) dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
    for (const type of ["dragenter", "dragover", "drop"]) {
        const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer });
        document.querySelector("main").dispatchEvent(event);
    }
}"""


def test_invoices_that_are_dropped_become_drafts(browser: Browser, full_stack: FullStack) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager = visit("manager2")
        page = manager.page
        page.goto("/requests/new/")
        page.evaluate(DROP, [["Счёт № Д-1.pdf"], list(PDF)])
        assert page.locator("[name=invoice]").evaluate("it => it.files.length") == 1

        for path in ("/requests/", "/board/"):
            page.goto(path)
            page.evaluate(DROP, [["Счёт № Д-1 от 20.11.2026.pdf", "Счёт № Д-2.pdf"], list(PDF)])
            expect(manager.see("invoice-row")).to_have_count(2)
        expect(page.locator("[name=form-0-invoice_date]")).to_have_value("2026-11-20")
        for number in range(2):
            page.locator(f"[name=form-{number}-company]").fill("Ракита")
            page.locator(f"[name=form-{number}-amount]").fill("100")
        manager.see("several").locator("button[type=submit]").click()
        expect(page.locator("main .note-success")).to_contain_text("2 черновика")
        expect(manager.see("registry-row").first).to_contain_text("Ракита")


def test_a_new_counterparty_is_made_without_leaving_the_form(
    browser: Browser, full_stack: FullStack
) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager = visit("manager2")
        page, dialog = manager.page, manager.page.locator("dialog[open]")
        page.goto("/requests/new/")
        manager.fill(amount="777", justification="Первый заказ")
        page.locator("#find-company").fill("такого у нас нет")
        expect(page.locator("#find-company-count")).not_to_be_empty()

        page.locator("a[data-picks]").click()
        dialog.locator("[name=inn]").fill(STREAM)
        dialog.locator("[data-lookup]").click()
        dialog.locator("[name=take_all]").click()
        expect(dialog.locator("[name=name]")).to_have_value("ООО «Сухой ручей»")
        dialog.locator(".form-foot .btn-primary").click()
        expect(dialog).to_have_count(0)
        expect(page.locator("[name=company] option:checked")).to_contain_text("Сухой ручей")

        page.locator('#company-parts a[data-dialog][href*="accounts"]').click()
        dialog.locator("[name=bik]").fill("044525225")
        dialog.locator(".form-foot .btn-primary").click()
        expect(dialog.locator("[name=number][aria-invalid=true]")).to_be_visible()
        dialog.locator("[name=bank_name]").fill("ПАО Сбербанк")
        dialog.locator("[name=correspondent_account]").fill("30101810400000000225")
        dialog.locator("[name=number]").fill("40702810938120061991")
        dialog.locator(".form-foot .btn-primary").click()
        expect(page.locator("[name=bank_account] option:checked")).to_contain_text("4070")

        page.locator('#company-parts a[data-dialog][href*="contacts"]').click()
        dialog.locator("[name=full_name]").fill("Ручьёва Вера Ильинична")
        dialog.locator("[name=email]").fill("vera@ruchey.example")
        dialog.locator(".form-foot .btn-primary").click()
        expect(page.locator("[name=contact] option:checked")).to_contain_text("Ручьёва")

        expect(page.locator("[name=amount]")).to_have_value("777")
        manager.fill(purpose="Оплата по договору. НДС не облагается.", pay_by="2027-11-30")
        manager.save("save")
        expect(page).to_have_url(re.compile(r"/requests/\d+/$"))
        expect(page.locator("main")).to_contain_text("Сухой ручей")

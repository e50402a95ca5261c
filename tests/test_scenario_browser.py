"""The whole story of scenario.md in browsers, on PostgreSQL, Valkey, S3 and SMTP, with a worker of its own.

Everybody has a browser context of their own, logs in by the form, and presses the buttons that are there.
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from tests.leaks import as_json, leaks
from tests.stack.patience import until_none
from tests.stack.program import FullStack
from tests.visitors import Visitor, file, visitors

pytestmark = [pytest.mark.postgres]

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
INVOICE = PDF + b"% an invoice\n"
ORDER = PDF + b"% a payment order\n" * 20_000

COMPANY = {
    "kind": "organisation",
    "name": "ООО «Ясень и сыновья»",
    "inn": "7799301010",
    "kpp": "779901001",
    "ogrn": "1237799301013",
    "legal_address": "125000, г. Москва, Учебный переулок, д. 3",
}
ACCOUNT = {
    "bik": "044525225",
    "bank_name": "ПАО Сбербанк, г. Москва",
    "correspondent_account": "30101810400000000225",
    "number": "40702810599990000301",
}
CONTACT = {
    "full_name": "Орлова Дарья Семёновна",
    "position": "Менеджер",
    "email": "orlova@yasen.example",
    "phone": "+7 495 000-31-01",
}


def day(days: int) -> str:
    return (timezone.localdate() + datetime.timedelta(days=days)).isoformat()


def number_of(visitor: Visitor) -> int:
    """The number in the address of the card that is shown."""
    visitor.page.wait_for_url(re.compile(r"/\d+/$"))
    found = re.search(r"/(\d+)/$", visitor.page.url)
    assert found
    return int(found[1])


def total_of(visitor: Visitor, on: str) -> str:
    """What the dashboard says is left to pay on a day, in roubles."""
    visitor.page.goto("/")
    found = visitor.see("daily-total", date=on, currency="RUB")
    return found.get_attribute("data-amount") or "" if found.count() else ""


def make_company(manager: Visitor) -> int:
    """Steps 1 and 2: the company with its requisites, account and contact; its folder comes by itself."""
    submit = "main form[method=post] button[type=submit]"
    manager.page.goto("/companies/new/")
    manager.fill(**COMPANY)
    manager.page.locator(submit).last.click()
    company = number_of(manager)
    manager.page.goto(f"/companies/{company}/accounts/new/")
    manager.fill(**ACCOUNT)
    manager.page.locator(submit).last.click()
    expect(manager.see("account")).to_have_count(1)
    manager.page.goto(f"/companies/{company}/contacts/new/")
    manager.fill(**CONTACT)
    manager.page.locator(submit).last.click()
    number_of(manager)
    manager.page.goto(f"/companies/{company}/")
    # Without a reload: the card looks again by itself.
    expect(manager.see("folder")).to_have_attribute("data-state", "ready")
    return company


def test_from_a_new_counterparty_to_a_letter_that_is_read(
    browser: Browser, full_stack: FullStack
) -> None:
    pay_by = day(40)
    # Files that wait for somebody else's unsent form.
    others = set(full_stack.keys("incoming/"))
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager = visit("manager")
        company = make_company(manager)
        folder_id = manager.read("folder", "folder-id")
        marker = f"Companies/{COMPANY['name']} ({COMPANY['inn']})/.folder"
        assert full_stack.read(marker).decode().strip() == folder_id

        # 3. A draft, from the company's card; what is single has chosen itself.
        manager.see("company-new-request").click()
        expect(manager.page.locator("[name=bank_account]")).not_to_have_value("")
        manager.fill(amount="49 050,00", purpose="Оплата за доски", pay_by=pay_by)
        manager.save("save")
        number = number_of(manager)
        here = f"/requests/{number}/"
        expect(manager.see("request-status")).to_have_attribute("data-status", "draft")

        # 4. Completed: the invoice in its own field, the contact, the VAT that a script works out.
        manager.page.goto(f"{here}edit/")
        contact = manager.page.locator("[name=contact] option", has_text=CONTACT["full_name"])
        manager.fill(
            contact=contact.get_attribute("value"),
            vat_rate="22",
            payer=payer_of(manager),
            invoice=file("Счёт № Я-1.pdf", INVOICE),
            invoice_number="Я-1",
            invoice_date=day(0),
        )
        expect(manager.page.locator("[name=vat_amount]")).to_have_value("8845.08")
        manager.save("save")
        expect(manager.see("document", kind="invoice")).to_have_attribute("data-state", "stored")

        # 5. Sent for approval; the second of two clicks does nothing.
        manager.page.locator(f'form[action="{here}submit/"] button').dblclick()
        expect(manager.see("request-status")).to_have_attribute("data-status", "on_approval")

        # 6. The supervisor's task, with the invoice at hand.
        supervisor = visit("supervisor")
        full_stack.mailbox.wait_for("supervisor@listbereg.example")
        supervisor.page.goto("/notices/")
        expect(supervisor.see("notice", kind="task", request_id=number)).to_have_count(1)
        supervisor.page.goto("/tasks/")
        task = supervisor.read("task", "task-id", kind="approve", request_id=number)
        supervisor.see("task", task_id=task).locator("h2 a").click()
        expect(supervisor.see("task-card", request_id=number)).to_be_visible()
        supervisor.press(f"/tasks/{task}/approve/")
        expect(supervisor.see("undo", task_id=task)).to_be_visible()
        expect(supervisor.see("task", request_id=number)).to_have_count(0)

        # 7. Back to the manager, who accepts it.
        manager.page.goto("/notices/")
        expect(manager.see("notice", kind="approved", request_id=number)).to_have_count(1)
        manager.page.goto("/tasks/")
        task = manager.read("task", "task-id", kind="accept", request_id=number)
        button = manager.page.locator(f'form[action="/tasks/{task}/accept/"] button')
        expect(button).to_have_accessible_name("Ура, всё в порядке, бегу обрадовать контрагента!")
        accountant = visit("accountant")
        assert total_of(accountant, pay_by) == ""
        button.click()
        expect(manager.see("request-status")).to_have_attribute("data-status", "approved")
        assert total_of(accountant, pay_by) == "49050.00"

        # 8. Accounting turns on the filter, pays, and files the payment order.
        accountant.page.goto("/requests/")
        accountant.page.locator("details:has([name=status]) summary").click()
        accountant.page.locator("main [name=q]").fill(COMPANY["name"])
        accountant.page.locator("[name=status][value=approved]").check()
        accountant.page.locator("details:has([name=status]) button[type=submit]").click()
        expect(accountant.see("registry-total", currency="RUB")).to_have_attribute(
            "data-amount", "49050.00"
        )
        accountant.see("registry-row", pk=number).locator("a").first.click()
        accountant.fill(number="373", payment_order=file("ПП № 373.pdf", ORDER))
        accountant.press(f"{here}payments/")
        expect(accountant.see("request-status")).to_have_attribute("data-status", "paid")
        assert total_of(accountant, pay_by) == ""

        # 9. The manager is told, and the contact gets the letter with the payment order.
        manager.page.goto("/notices/")
        expect(manager.see("notice", kind="paid", request_id=number)).to_have_count(1)
        letter = full_stack.mailbox.wait_for(CONTACT["email"])[0].message
        assert str(letter["Subject"]).startswith("Оплачен счёт № Я-1".replace("№ ", "№\u00a0"))
        attached = [part.get_payload(decode=True) for part in letter.iter_attachments()]
        assert attached[0] == ORDER
        # A notice comes with it unless the machine is too busy to print one in twenty seconds.
        assert all(bytes(content).startswith(b"%PDF-") for content in attached[1:])
        manager.page.goto(here)
        manager.patiently(lambda: manager.see("letter"), "data-state", "sent")
        assert manager.read("letter", "read") == "none"

        # 10. The shared disk holds both copies, byte for byte.
        disk = f"Companies/{COMPANY['name']} ({COMPANY['inn']})/Payment requests/{number}"
        assert full_stack.read(f"{disk}/Счёт № Я-1.pdf") == INVOICE
        assert full_stack.read(f"{disk}/ПП № 373.pdf") == ORDER
        # Nothing is left behind; the demo's papers, printed meanwhile, pass through there.
        until_none(
            lambda: [
                key
                for key in full_stack.keys("incoming/")
                if not (key.endswith(".folder") or key in others)
            ]
        )

        # The contact opens the link from anywhere, and the letter shows it.
        text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        link = next(link for link in re.findall(r"https?://\S+", text) if "/s/" in link)
        assert link.startswith(full_stack.base_url)
        read_by_the_contact(visit(), link)
        for place in (here, f"/companies/{company}/?tab=letters"):
            manager.page.goto(place)
            expect(manager.see("letter")).to_have_attribute("data-read", "followed")
    assert_log_of(full_stack, link)


def assert_log_of(full_stack: FullStack, link: str) -> None:
    """What the processes wrote is one JSON object a line; tasks are told apart by the page that woke them."""
    written = full_stack.printed()
    made = [item for form in (COMPANY, ACCOUNT, CONTACT) for item in form.items()]
    typed = [value for name, value in made if name != "kind"]  # a word that addresses have as well
    assert leaks(written, link.rpartition("/s/")[2], "49050", "8845", "Я-1", "ПП", *typed) == []
    lines = [line for text in written.splitlines() if (line := as_json(text)) is not None]
    pages = {line["request_id"]: line for line in lines if line["event"] == "http.request"}
    tasks = [line for line in lines if line["event"] == "task" and line["request_id"] in pages]
    woken = {(pages[line["request_id"]]["route"], line["task"]) for line in tasks}
    assert ("companies/new/", "documents.make_folder") in woken
    assert ("requests/<int:pk>/edit/", "documents.file_document") in woken
    assert ("requests/<int:pk>/payments/", "notifications.deliver_letter") in woken
    strangers = [text for text in written.splitlines() if as_json(text) is None]
    assert strangers == []


def payer_of(visitor: Visitor) -> str:
    """The first of our organisations."""
    options = visitor.page.locator("[name=payer] option")
    return next(v for o in options.all() if (v := o.get_attribute("value")))


def read_by_the_contact(contact: Visitor, link: str) -> None:
    """The page of this payment alone; nobody logs in, nothing is left in the browser."""
    answer = contact.page.goto(link)
    assert answer is not None
    assert answer.status == 200
    expect(contact.see("public-payment")).to_have_attribute("data-status", "paid")
    expect(contact.page.locator("body")).to_contain_text("49\u00a0050,00\u00a0₽")
    document = contact.see("document", kind="payment_order").locator("a").get_attribute("href")
    assert document
    assert contact.context.request.get(document).body() == ORDER
    assert contact.context.cookies() == []
    stored = contact.page.evaluate("() => localStorage.length + sessionStorage.length")
    assert stored == 0


def test_everything_works_without_scripts(browser: Browser, full_stack: FullStack) -> None:
    """From the form of a request to its payment, with links, forms and <details> alone."""
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        manager, supervisor, accountant = (
            visit(name, java_script_enabled=False)
            for name in ("manager2", "supervisor2", "accountant")
        )
        manager.page.goto("/requests/new/")
        manager.page.locator("[name=company]").select_option(index=1)
        manager.page.locator("button[name=action][value=company]").click()
        manager.page.locator("[name=bank_account]").select_option(index=1)
        manager.page.locator("[name=contact]").select_option(index=1)
        # Something is missing: the form comes back with what was typed, and with the file.
        manager.fill(
            amount="100,00",
            purpose="Оплата без скриптов",
            payer=payer_of(manager),
            invoice=file("Счёт.pdf", INVOICE),
        )
        manager.save("submit")
        expect(manager.page.locator("[name=pay_by]")).to_have_attribute("aria-invalid", "true")
        expect(manager.page.locator("[name=amount]")).to_have_value("100,00")
        manager.fill(pay_by=day(50))
        manager.save("submit")
        number = number_of(manager)
        here = f"/requests/{number}/"
        expect(manager.see("request-status")).to_have_attribute("data-status", "on_approval")

        # A reason is asked for in a <details>, which opens without scripts.
        supervisor.page.goto(here)
        task = supervisor.read("task", "task-id")
        ask = supervisor.page.locator("details", has=supervisor.page.locator("[name=reason]"))
        ask.first.locator("summary").click()
        returning = supervisor.page.locator(f'form[action="/tasks/{task}/return/"]')
        returning.locator("[name=reason]").fill("Приложите договор")
        returning.locator("button[type=submit]").click()
        expect(supervisor.see("request-status")).to_have_attribute("data-round", "2")

        manager.page.goto(here)
        expect(manager.page.locator("main")).to_contain_text("Приложите договор")
        manager.page.locator("details:has(form [name=file]) summary").first.click()
        manager.fill(file=file("Договор.pdf", PDF), kind="contract")
        manager.press(f"{here}documents/")
        manager.patiently(lambda: manager.see("document", kind="contract"), "data-state", "stored")
        manager.press(f"{here}submit/")
        supervisor.page.goto("/tasks/")
        task = supervisor.read("task", "task-id", request_id=number)
        supervisor.press(f"/tasks/{task}/approve/")
        expect(supervisor.see("task", request_id=number)).to_have_count(0)
        manager.page.goto("/tasks/")
        task = manager.read("task", "task-id", request_id=number)
        manager.press(f"/tasks/{task}/accept/")

        # Accounting draws the payment order up here; it is the proof, since no bank's copy comes.
        accountant.page.goto(here)
        accountant.see("order-new").click()
        accountant.page.locator("main .form-foot button[type=submit]").click()
        order = accountant.read("payment-order", "number")
        paper = lambda: accountant.see("paper", kind="payment_order_form")  # noqa: E731
        accountant.patiently(paper, "data-state", "stored")
        address = paper().locator("a").get_attribute("href")
        assert address
        printed = accountant.context.request.get(address).body()
        assert printed.startswith(b"%PDF")
        expect(accountant.page.locator("[name=number]")).to_have_value(order)
        accountant.fill(own_order=True)
        accountant.press(f"{here}payments/")
        expect(accountant.see("request-status")).to_have_attribute("data-status", "paid")
        expect(accountant.see("payment-order")).to_have_attribute("data-state", "paid")

        # The contact gets the order as it was printed, and a notice.
        to = re.findall(r"[\w.-]+@[\w.-]+\.example", accountant.page.content())[0]
        letter = full_stack.mailbox.wait_for(to)[-1].message
        attached = [bytes(part.get_payload(decode=True)) for part in letter.iter_attachments()]
        assert attached[0] == printed
        assert all(content.startswith(b"%PDF-") for content in attached[1:])
        # However busy the machine was: the letter's page tells what went, and the notice is filed.
        accountant.patiently(lambda: accountant.see("letter"), "data-state", "sent")
        notice = lambda: accountant.see("paper", kind="payment_notice")  # noqa: E731
        accountant.patiently(notice, "data-state", "stored")
        accountant.see("letter").locator("a").first.click()
        expect(accountant.see("attachment")).to_have_count(len(attached))

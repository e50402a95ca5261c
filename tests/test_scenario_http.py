"""The whole story of scenario.md over HTTP, steps 1 to 10, by four people who have no scripts.

Only what is promised to neighbours is used: addresses, field names, data attributes. The worker's tasks run
in this process; files and letters lie where this run's settings put them.
"""

from __future__ import annotations

import datetime
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from approvals.tests.builders import PDF, World
from tests.neighbour import Page, Person, body_of, file, folded, number_in
from tests.worker import work

COMPANY = {
    "kind": "organisation",
    "name": "ООО «Чистовея»",
    "full_name": "Общество с ограниченной ответственностью «Чистовея»",
    "inn": "7799 2011 28",
    "kpp": "779901001",
    "ogrn": "1227799201123",
    "legal_address": "129000, г. Москва, Примерный бульвар, д. 6",
}
ACCOUNT = {
    "bik": "044525974",
    "bank_name": "АО «ТБанк»",
    "correspondent_account": "30101810145250000974",
    "number": "4070 2810 3999 9000 0212",
    "currency": "RUB",
}
CONTACT = {
    "full_name": "Мельник Оксана Ивановна",
    "position": "Директор",
    "email": "melnik@chistoveya.example",
    "phone": "+7 495 000-12-01",
    "language": "ru",
}
INVOICE = PDF + b"% an invoice\n"
ORDER = PDF + b"% a payment order\n" * 5000
FOLDER = "Companies/ООО «Чистовея» (7799201128)"


@pytest.fixture(autouse=True)
def _letters_are_files(settings: object) -> None:
    """The embedded default: one .eml file a letter."""
    settings.EMAIL_BACKEND = "config.mail.EmlBackend"  # type: ignore[attr-defined]


def letters_to(address: str) -> list[EmailMessage]:
    """The letters to one address, parsed, oldest first."""
    folder: Path = settings.MAIL_DIR
    found = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(folder.glob("*.eml"))
    ]
    return [letter for letter in found if address in str(letter["To"])]  # type: ignore[misc]


def links_in(letter: EmailMessage) -> list[str]:
    """Where the letter leads, by its text part."""
    body = letter.get_body(("plain",))
    assert body is not None
    return re.findall(r"https?://\S+", body.get_content())


def stored(key: str) -> bytes:
    with default_storage.open(key) as stream:
        return bytes(stream.read())


def day_total(person: Person, day: datetime.date) -> str:
    """What the dashboard says is left to pay on a day, in roubles; empty when it says nothing."""
    found = person.get("/").all("daily-total", date=day.isoformat(), currency="RUB")
    assert len(found) <= 1
    return found[0]["amount"] if found else ""


def test_from_a_new_counterparty_to_a_letter_that_is_read(world: World) -> None:
    manager, supervisor, accountant = Person("manager"), Person("supervisor"), Person("accountant")
    pay_by = timezone.localdate() + datetime.timedelta(days=3)

    # 1. A new counterparty: requisites, bank requisites, contacts.
    made = manager.send(manager.get("/companies/new/"), "/companies/new/", **COMPANY)
    company = number_in(made.location)
    for path, fields in (("accounts/new/", ACCOUNT), ("contacts/new/", CONTACT)):
        address = f"/companies/{company}/{path}"
        manager.send(manager.get(address), address, **fields)
    other = {**CONTACT, "full_name": "Лапин Денис Олегович", "email": "", "position": "Склад"}
    address = f"/companies/{company}/contacts/new/"
    manager.send(manager.get(address), address, **other)
    card = manager.get(f"/companies/{company}/")
    assert "7799201128" in card.text
    account = card.one("account")["pk"]
    contacts = manager.get(f"/companies/{company}/?tab=contacts").all("contact")
    contact = next(c["pk"] for c in contacts if CONTACT["full_name"] in c.text)

    # 2. Its folder is made behind it.
    assert card.one("folder")["state"] == "pending"
    work()
    folder = manager.get(f"/companies/{company}/").one("folder")
    assert folder["state"] == "ready"
    assert folder["folder-id"]
    assert stored(f"{FOLDER}/.folder").decode().strip() == folder["folder-id"]

    # 3. A request from the company's card: a draft with its own folder.
    form = manager.get(f"/requests/new/?company={company}")
    assert account in form.options_of("bank_account")
    assert contact in form.options_of("contact")
    draft = {
        "amount": "49 050,00",
        "purpose": "Оплата за уборку офиса по договору 171",
        "pay_by": pay_by.isoformat(),
        "company": company,
        "contact": "",
        "bank_account": "",
    }
    made = manager.send(form, "/requests/new/", action="save", **draft)
    number = number_in(made.location)
    here = f"/requests/{number}/"
    status = manager.get(here).one("request-status")
    assert (status["status"], status["round"]) == ("draft", "1")

    # 4. The card is completed: the invoice in its own field, the manager on the counterparty's side.
    edit = manager.get(f"{here}edit/")
    assert edit.value_of("purpose") == draft["purpose"]
    manager.send(
        edit,
        f"{here}edit/",
        action="save",
        bank_account=account,
        contact=contact,
        vat_rate="22",
        invoice=file("Счёт № 171.pdf", INVOICE),
        invoice_number="171",
        invoice_date=timezone.localdate().isoformat(),
    )
    work()
    card = manager.get(here)
    invoice = card.one("document", kind="invoice")
    assert invoice["state"] == "stored"
    assert manager.read(invoice.link) == INVOICE
    assert CONTACT["full_name"] in card.text

    # 5. Sent for approval.
    manager.send(card, f"{here}submit/")
    assert manager.get(here).one("request-status")["status"] == "on_approval"

    # 6. The supervisor's task, with the invoice at hand.
    work()
    told = letters_to(world.supervisor.email)
    assert len(told) == 1
    assert "49 050,00 ₽" in folded(told[0]["Subject"])
    assert supervisor.get("/notices/").one("notice", kind="task", request_id=number)
    inbox = supervisor.get("/tasks/")
    task = inbox.one("task", kind="approve", request_id=number)
    approve = f"/tasks/{task['task-id']}/approve/"
    assert manager.get("/tasks/").all("task") == []
    assert supervisor.read(invoice.link) == INVOICE
    supervisor.send(inbox, approve, comment="Всё верно")

    # 7. Back to the manager, who accepts it with the button whose words are a setting.
    assert manager.get("/notices/").one("notice", kind="approved", request_id=number)
    assert manager.get(here).one("request-status")["status"] == "on_approval"
    assert day_total(accountant, pay_by) == ""
    inbox = manager.get("/tasks/")
    task = inbox.one("task", kind="accept", request_id=number)
    assert "Ура, всё в порядке, бегу обрадовать контрагента!" in inbox.text
    manager.send(inbox, f"/tasks/{task['task-id']}/accept/")
    assert manager.get(here).one("request-status")["status"] == "approved"
    assert day_total(accountant, pay_by) == "49050.00"

    # 8. Accounting finds it by the filter, pays, and files the payment order.
    registry = accountant.get("/requests/?status=approved")
    row = registry.one("registry-row", pk=number)
    assert row["status"] == "approved"
    total = registry.one("registry-total", currency="RUB")
    assert (total["amount"], total["count"]) == ("49050.00", "1")
    card = accountant.get(row.link)
    assert accountant.get("/notices/").one("notice", kind="accepted", request_id=number)
    accountant.send(
        card,
        f"{here}payments/",
        number="373",
        payment_order=file("Платёжное поручение № 373.pdf", ORDER),
    )
    card = accountant.get(here)
    assert card.one("request-status")["status"] == "paid"
    assert day_total(accountant, pay_by) == ""
    waiting = card.one("letter")
    assert (waiting["state"], waiting["read"]) == ("queued", "none")

    # 9. Everyone learns of it: the manager by a notice, the contact by a letter.
    work()
    assert manager.get("/notices/").one("notice", kind="paid", request_id=number)
    letters = letters_to(CONTACT["email"])
    assert len(letters) == 1
    letter = letters[0]
    assert_letter(letter, world, f"Уведомление об оплате, заявка № {number}.pdf")
    shown = manager.get(here).one("letter")
    assert (shown["state"], shown["read"]) == ("sent", "none")

    # 10. The folder on the shared disk holds both copies, byte for byte.
    requests_folder = f"{FOLDER}/Payment requests/{number}"
    assert stored(f"{requests_folder}/Счёт № 171.pdf") == INVOICE
    assert stored(f"{requests_folder}/Платёжное поручение № 373.pdf") == ORDER

    # The contact follows the link without a log-in, and the letter shows it.
    link = next(link for link in links_in(letter) if "/s/" in link)
    assert link.startswith(settings.PUBLIC_URL)
    path = link.removeprefix(settings.PUBLIC_URL)
    manager.get(path)  # one of us looking is no reader
    assert manager.get(here).one("letter")["read"] == "none"
    assert_contacts_page(path)
    for person, place in (
        (manager, here),
        (manager, f"/companies/{company}/?tab=letters"),
        (manager, f"/contacts/{contact}/"),
        (accountant, f"/letters/{shown['pk']}/"),
    ):
        assert person.get(place).one("letter", pk=shown["pk"])["read"] == "followed"


def assert_letter(letter: EmailMessage, world: World, notice: str) -> None:
    """Everything about the payment, the order and a notice attached, answers to the manager."""
    subject = folded(str(letter["Subject"]))
    assert subject.startswith("Оплачен счёт № 171 от ")
    assert "49 050,00 ₽" in subject
    assert world.manager.email in str(letter["Reply-To"])
    attached = list(letter.iter_attachments())
    names = [part.get_filename() for part in attached]
    assert names == ["Платёжное поручение № 373.pdf", notice]
    assert attached[0].get_payload(decode=True) == ORDER
    assert bytes(attached[1].get_payload(decode=True)).startswith(b"%PDF")
    for kind in ("plain", "html"):
        body = letter.get_body((kind,))  # type: ignore[arg-type]
        assert body is not None
        text = folded(body.get_content())
        for fact in ("49 050,00 ₽", "8 845,08", "373", "0212", world.payer.inn, "7799201128"):
            assert fact in text, (kind, fact)
        assert "40702810399990000212" not in text


def assert_contacts_page(path: str) -> None:
    """Nobody logs in, no cookie is set, and only this payment is there."""
    contact = Person()
    page: Page = contact.get(path)
    assert not contact.client.cookies
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.one("public-payment")["status"] == "paid"
    assert "49 050,00 ₽" in page.text
    assert "Белозёров" not in page.text
    documents = {thing["kind"]: thing.link for thing in page.all("document")}
    assert set(documents) == {"invoice", "payment_order", "payment_notice"}
    assert contact.read(documents["invoice"]) == INVOICE
    assert contact.read(documents["payment_order"]) == ORDER
    assert body_of(contact.fetch(documents["payment_order"], 206, Range="bytes=0-3")) == b"%PDF"
    contact.get(path.rstrip("/") + "0/", status=404)
    contact.fetch(documents["invoice"].removeprefix(path.rstrip("/")), status=302)
    assert not contact.client.cookies

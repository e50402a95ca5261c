"""The payment notice: when it is drawn up, in whose language, with which letter, on which page."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from approvals.models import PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import handles, logged_in
from documents import press, printing, templates
from documents.models import Document, DocumentState, Paper
from documents.services import token_for
from documents.tests.docx_files import docx
from notifications.models import Letter
from tests.neighbour import Person
from tests.worker import work

SECRET = "tell-nobody"


def notice_of(made: PaymentRequest) -> Paper:
    return Paper.objects.select_related("document").get(
        document__folder=made.folder, template="payment_notice", beside=None
    )


def test_it_is_drawn_up_once_all_is_paid(world: World) -> None:
    made = builders.approved(world)
    builders.pay(world, made, Decimal("50.00"))
    assert not Paper.objects.filter(template="payment_notice").exists()
    builders.pay(world, made)

    paper = notice_of(made)
    assert [line["amount"] for line in paper.values["payments"]] == [
        "50,00\u00a0₽",
        "49\u00a0000,00\u00a0₽",
    ]
    assert paper.document.original_name == f"Уведомление об оплате, заявка № {made.pk}.pdf"
    assert (paper.document.uploaded_by, paper.language) == (None, "ru")


def test_it_speaks_the_contact_s_language(world: World) -> None:
    world.contact.language = "en"
    world.contact.save(update_fields=["language"])
    paper = notice_of(builders.paid(world))

    assert paper.language == "en"
    assert paper.document.original_name.startswith("Payment notice, request No. ")


def test_it_is_filed_where_there_is_nobody_to_write_to(world: World) -> None:
    made = builders.paid(world, contact=None)
    work()

    assert notice_of(made).document.state == DocumentState.STORED
    assert not Letter.objects.exists()


def test_both_are_attached_and_shown(world: World, mailoutbox: list[object]) -> None:
    made = builders.paid(world)
    letter = Letter.objects.get()
    page = logged_in(world.manager).get(f"/letters/{letter.pk}/")
    kinds = [shown["data-kind"] for shown in handles(page, "attachment")]
    assert kinds == ["payment_order", "payment_notice"]
    work()

    [message] = [m for m in mailoutbox if world.contact.email in m.to[0]]  # type: ignore[attr-defined]
    names = [part.get_filename() for part in message.attachments]  # type: ignore[attr-defined]
    assert names[0].startswith("Платёжное поручение")
    assert names[1].startswith("Уведомление об оплате")
    page = Person().get(f"/s/{token_for(letter.share_link)}/")
    assert [shown["kind"] for shown in page.all("document")] == [
        "invoice",
        "payment_order",
        "payment_notice",
    ]
    assert Person().read(page.one("document", kind="payment_notice").link).startswith(b"%PDF")
    assert made.folder is not None


@pytest.mark.parametrize(
    "error", [press.PressMissing(), press.TemplateFault("syntax", line=3, detail=SECRET)]
)
def test_a_letter_goes_without_one_that_cannot_be_made(
    error: Exception, world: World, mailoutbox: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(paper: Paper) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(printing, "print_paper", broken)
        made = builders.paid(world)
        work()

    letter = Letter.objects.get()
    [message] = [m for m in mailoutbox if world.contact.email in m.to[0]]  # type: ignore[attr-defined]
    assert len(message.attachments) == 1  # type: ignore[attr-defined]
    assert letter.state == "sent"
    address = f"/s/{token_for(letter.share_link)}/"
    page = Client().get(address)
    assert [it["data-kind"] for it in handles(page, "document")] == ["invoice", "payment_order"]
    assert SECRET not in page.content.decode()
    document = notice_of(made).document
    assert Client().get(f"{address}documents/{document.pk}/").status_code == 404

    # Made later, it lies in the folder all the same; the letter does not go twice.
    Person("accountant").post(f"/documents/{document.pk}/again/")
    work()
    assert notice_of(made).document.state == DocumentState.STORED
    assert len([m for m in mailoutbox if world.contact.email in m.to[0]]) == 1  # type: ignore[attr-defined]


def test_the_contact_sees_neither_its_docx_nor_what_it_was_made_from(
    world: World, mailoutbox: list[object]
) -> None:
    templates.save_docx(
        kind="payment_notice",
        content=docx("{{ number }}"),
        name="Уведомление.docx",
        author=world.admin,
        note=SECRET,
    )
    made = builders.paid(world)
    work()

    letter = Letter.objects.get()
    [pdf, word] = Document.objects.filter(folder=made.folder, kind="payment_notice").order_by("pk")
    assert (word.state, word.original_name[-5:]) == (DocumentState.STORED, ".docx")
    assert list(letter.attachments.filter(kind="payment_notice")) == [pdf]
    address = f"/s/{token_for(letter.share_link)}/"
    page = Client().get(address)
    shown = page.content.decode()
    assert len(handles(page, "document")) == 3
    for hidden in (".docx", SECRET, pdf.sha256, world.payer_account.number, "version"):
        assert hidden not in shown
    assert Person().read(f"{address}documents/{pdf.pk}/").startswith(b"%PDF")
    assert Client().get(f"{address}documents/{word.pk}/").status_code == 404


def test_the_contact_sees_orders_that_were_paid_by_and_no_others(world: World) -> None:
    made = builders.approved(world)
    withdrawn = builders.ordered(world, made)
    builders.services.withdraw_order(order_id=withdrawn.pk, actor=world.accountant)
    order = builders.ordered(world, made)
    work()
    builders.services.record_payment(
        payment_request_id=made.pk,
        actor=world.accountant,
        paid_on=order.drawn_on,
        number=order.number,
        order_id=order.pk,
        own_order=True,
    )
    work()

    address = f"/s/{token_for(Letter.objects.get().share_link)}/"
    page = Person().get(address)
    shown = page.one("document", kind="payment_order_form")
    assert shown.link == f"{address}documents/{order.document_id}/"
    assert "на подпись" not in page.text
    Person().get(f"{address}documents/{withdrawn.document_id}/", status=404)

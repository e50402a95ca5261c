"""Payment orders on their form and on a request's card."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from approvals.models import Payment, PaymentOrder, PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import handle, handles, logged_in
from counterparties.tests import banks
from counterparties.tests.banks import Participant
from documents.models import Document, DocumentState
from tests.neighbour import Page, Person, page_of
from tests.worker import work


@pytest.fixture
def made(world: World) -> PaymentRequest:
    return builders.approved(world)


def new(made: PaymentRequest) -> str:
    return f"/requests/{made.pk}/orders/new/"


def card(made: PaymentRequest) -> str:
    return f"/requests/{made.pk}/"


def shown(response: HttpResponse) -> Page:
    return page_of(response, "")


def test_an_accountant_draws_one_up_from_the_card(world: World, made: PaymentRequest) -> None:
    accountant = Person("accountant")
    assert accountant.get(card(made)).one("order-new").link == new(made)
    form = accountant.get(new(made))
    assert form.value_of("number") == "1"
    assert form.value_of("purpose") == made.purpose
    assert form.value_of("amount") == "49050.00"
    assert form.value_of("payer_account") == str(world.payer_account.pk)
    assert form.value_of("priority") == "5"

    accountant.send(form, new(made))
    work()

    page = accountant.get(card(made))
    it = page.one("payment-order")
    assert (it["number"], it["amount"], it["state"]) == ("1", "49050.00", "open")
    paper = page.one("paper", kind="payment_order_form")
    assert paper["state"] == "stored"
    for username in ("manager", "supervisor", "director", "admin"):
        page = Person(username).get(card(made))
        assert page.one("payment-order")["number"] == "1"
        assert page.all("order-new") == []
        assert Person(username).read(paper.link).startswith(b"%PDF")
    Person("manager2").get(paper.link, status=404)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_what_was_typed_comes_back_with_the_reason_at_each_field(
    language: str, world: World, made: PaymentRequest
) -> None:
    world.accountant.language = language
    world.accountant.save(update_fields=["language"])
    accountant = Person("accountant")
    typed = {
        "number": "1234567",
        "drawn_on": "24.13.2026",
        "amount": "сто",
        "purpose": "Оплата 🙂",
        "uin": "12",
    }

    page = accountant.send(accountant.get(new(made)), new(made), 422, **typed)

    # Dates and sums first: what a bank takes of the rest is judged with them.
    assert page.faults() == {"drawn_on", "amount"}
    typed |= {"drawn_on": timezone.localdate().isoformat(), "amount": "49050,00"}
    page = accountant.send(page, new(made), 422, **typed)
    assert page.faults() == {"number", "purpose", "uin"}
    assert {name: page.value_of(name) for name in typed} == typed
    assert not PaymentOrder.objects.exists()
    words = {"ru": "от 1 до 6 цифр", "en": "1 to 6 digits"}
    assert words[language] in page.text


def test_a_double_click_draws_one_up(world: World, made: PaymentRequest) -> None:
    client = logged_in(world.accountant)
    data = {**filled(world), "form_key": str(uuid.uuid4())}
    answers = [client.post(new(made), data) for _time in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert PaymentOrder.objects.count() == 1


def filled(world: World) -> dict[str, Any]:
    return {
        "number": "12",
        "drawn_on": timezone.localdate().isoformat(),
        "amount": "49050.00",
        "payer_account": world.payer_account.pk,
        "purpose": "Оплата по счёту К-1. В том числе НДС 22% - 8845-08",
        "priority": "5",
    }


def drawn_up(world: World, made: PaymentRequest) -> PaymentOrder:
    assert logged_in(world.accountant).post(new(made), filled(world)).status_code == 303
    work()
    return PaymentOrder.objects.get()


def test_it_is_corrected_and_withdrawn(world: World, made: PaymentRequest) -> None:
    it = drawn_up(world, made)
    accountant = Person("accountant")
    edit = f"/orders/{it.pk}/edit/"
    form = accountant.get(edit)
    assert (form.value_of("number"), form.value_of("amount")) == ("12", "49050.00")
    accountant.send(form, edit, uin="12345678901234567890")
    work()

    page = accountant.get(card(made))
    papers = page.all("paper", kind="payment_order_form")
    assert [paper.element.get("class") for paper in papers] == ["is-old", None]
    another_form = accountant.get(edit)
    accountant.send(page, f"/orders/{it.pk}/withdraw/")
    page = accountant.get(card(made))
    assert page.one("payment-order")["state"] == "withdrawn"
    assert "order" not in page.form(f"{card(made)}payments/")
    accountant.send(another_form, edit, 409)
    accountant.get(edit, status=409)


def test_a_payment_is_filled_in_by_the_order_which_may_be_its_proof(
    world: World, made: PaymentRequest
) -> None:
    it = drawn_up(world, made)
    accountant = Person("accountant")
    pay = f"{card(made)}payments/"
    page = accountant.get(card(made))
    form = page.form(pay)
    assert (form["order"], form["number"], form["amount"]) == (str(it.pk), "12", "49050.00")
    assert form["paid_on"] == it.drawn_on.isoformat()
    assert form["payer_account"] == str(world.payer_account.pk)
    assert accountant.get(f"{card(made)}?order=none").form(pay)["order"] == ""

    refused = accountant.send(page, pay, 422)
    assert refused.faults() == {"payment_order"}
    accountant.send(refused, pay, own_order="on")

    payment = Payment.objects.get()
    assert (payment.number, payment.payment_order) == ("12", it.document)
    page = accountant.get(card(made))
    assert page.one("request-status")["status"] == "paid"
    assert page.one("payment-order")["state"] == "paid"
    assert it.document.original_name in page.one("payment").text
    # The bank's copy may still come.
    assert "Экземпляр с отметкой банка" in page.one("payment").text


def test_the_bank_that_is_no_more_is_said_before_anything_is_typed(
    world: World, made: PaymentRequest
) -> None:
    banks.load(Participant(restriction=("URRS", "2020-03-10")), day=timezone.localdate())
    page = Person("accountant").get(new(made), status=409)
    assert "10.03.2020" in page.text


def test_a_paper_that_could_not_be_made_is_tried_again(world: World, made: PaymentRequest) -> None:
    assert logged_in(world.accountant).post(new(made), filled(world)).status_code == 303
    document = PaymentOrder.objects.get().document
    Document.objects.filter(pk=document.pk).update(
        state=DocumentState.FAULT, next_try_at=None, last_error="x"
    )
    accountant = Person("accountant")
    page = accountant.get(card(made))
    assert page.one("paper", kind="payment_order_form")["state"] == "fault"
    accountant.send(page, f"/documents/{document.pk}/again/")
    work()
    [paper] = handles(logged_in(world.manager).get(card(made)), "paper")[-1:]
    assert paper["data-state"] == "stored"
    assert handle(logged_in(world.manager).get(card(made)), "payment-order")

"""Payment orders: what a bank takes, who draws them up, their versions, and payments made by them."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from approvals import orders, services
from approvals.models import Event, Payment, PaymentOrder, PaymentRequest
from approvals.papers.order import Order, order_of
from approvals.purpose import MAX_LENGTH, stated_vat, vat_phrase, with_vat
from approvals.registers import day_of
from approvals.tests import builders
from approvals.tests.builders import World
from audit.refusals import Conflict, Forbidden, Invalid
from audit.services import verify
from counterparties.tests import banks
from counterparties.tests.banks import Participant
from documents.models import Document, DocumentKind, Paper
from notifications.models import Letter
from tests.worker import work

PURPOSE = "Оплата по счёту № К-1 от 23.11.2026 за бумагу. В том числе НДС 22% - 8845-08"
TODAY = timezone.localdate


@pytest.fixture
def made(world: World) -> PaymentRequest:
    return builders.approved(world)


def order(world: World, **changes: Any) -> Order:
    """An order for the whole of a usual request."""
    usual = Order(
        number="",
        drawn_on=TODAY(),
        amount=Decimal("49050.00"),
        payer_account=world.payer_account,
        purpose=PURPOSE,
    )
    return replace(usual, **changes)


def half(world: World, made: PaymentRequest, **changes: Any) -> PaymentOrder:
    return builders.ordered(world, made, amount=Decimal("24525.00"), **changes)


def faults(world: World, made: PaymentRequest, **changes: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        builders.ordered(world, made, **changes)
    assert not PaymentOrder.objects.exists()
    assert not Document.objects.filter(kind=DocumentKind.ORDER_FORM).exists()
    return refused.value.errors


def versions_of(it: PaymentOrder) -> list[Paper]:
    papers = Paper.objects.filter(document__kind=DocumentKind.ORDER_FORM, beside=None)
    return list(papers.filter(document__folder=it.payment_request.folder).order_by("pk"))


def pay(world: World, made: PaymentRequest, **more: Any) -> Payment:
    usual = {"paid_on": TODAY(), "number": "1"}
    return services.record_payment(
        payment_request_id=made.pk, actor=world.accountant, **{**usual, **more}
    )


def test_an_order_is_a_row_an_event_and_a_paper_in_the_request_s_folder(
    world: World, made: PaymentRequest
) -> None:
    with translation.override("en"):
        it = builders.ordered(world, made)

    assert (it.number, it.payer, it.year, it.state) == ("1", world.payer, TODAY().year, "open")
    [drawn_up] = Event.objects.filter(subject=made, kind="order.drawn_up")
    assert (drawn_up.actor, drawn_up.data["amount"]) == (world.accountant, "49050.00")
    document = it.document
    assert (document.folder, document.kind) == (made.folder, "payment_order_form")
    assert document.uploaded_by == world.accountant
    day = TODAY().strftime("%d.%m.%Y")
    assert document.original_name == f"Платёжное поручение № 1 от {day}.pdf"
    assert document.paper.language == "ru"
    assert document.paper.values["amount"] == "49050-00"
    assert verify() == []

    work()

    document.refresh_from_db()
    assert (document.state, document.content_type) == ("stored", "application/pdf")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "1234567"}, "number"),
        ({"number": "000"}, "number"),
        ({"number": "12a"}, "number"),
        ({"drawn_on": TODAY() - datetime.timedelta(days=11)}, "drawn_on"),
        ({"drawn_on": datetime.date(2999, 1, 1)}, "drawn_on"),
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal("49050.01")}, "amount"),
        ({"payer_account": None}, "payer_account"),
        ({"purpose": " "}, "purpose"),
        ({"purpose": "о" * 211}, "purpose"),
        ({"purpose": "Оплата 🙂"}, "purpose"),
        ({"purpose": "Оплата. В том числе НДС 22% - 1-00"}, "purpose"),
        ({"priority": "6"}, "priority"),
        ({"payment_kind": "почтой"}, "payment_kind"),
        ({"income_code": "1"}, "income_code"),
        ({"uin": "123"}, "uin"),
        ({"uin": "0" * 20}, "uin"),
        ({"uin": "1" * 26}, "uin"),
    ],
)
def test_what_a_bank_would_not_take_is_said_at_its_field(
    world: World, made: PaymentRequest, changes: dict[str, Any], field: str
) -> None:
    assert set(faults(world, made, **changes)) == {field}


def test_what_a_bank_takes_is_taken(world: World, made: PaymentRequest) -> None:
    it = builders.ordered(
        world,
        made,
        number=" 007 ",
        drawn_on=TODAY() - datetime.timedelta(days=10),
        purpose="о" * 210,
        priority="3",
        payment_kind="срочно",
        uin="1234 5678 9012 3456 7890",
    )

    values = it.document.paper.values
    assert (it.number, values["number"], values["uin"]) == ("7", "7", "12345678901234567890")
    assert (values["priority"], values["kind"]) == ("3", "срочно")


def test_accounts_are_the_payer_s_and_in_use(world: World, made: PaymentRequest) -> None:
    assert set(faults(world, made, payer_account=world.account)) == {"payer_account"}
    world.payer_account.replaced_at = timezone.now()
    world.payer_account.save()
    assert set(faults(world, made)) == {"payer_account"}


def test_a_bank_that_is_no_more_is_neither_paid_to_nor_from(
    world: World, made: PaymentRequest
) -> None:
    it = half(world, made)
    licence = Participant(restriction=("URRS", "2020-03-10"))
    banks.load(licence, Participant("044525187", "БАНК ВТБ (ПАО)"), day=TODAY())
    for act in (
        lambda: half(world, made),
        lambda: services.correct_order(
            order_id=it.pk, actor=world.accountant, order=replace(order_of(it), priority="4")
        ),
    ):
        with translation.override("en"), pytest.raises(Conflict, match="licence was withdrawn"):
            act()

    made.bank_account = world.other_account
    made.save(update_fields=["bank_account"])
    with pytest.raises(Invalid) as refused:
        half(world, made)
    assert set(refused.value.errors) == {"payer_account"}


def test_names_that_a_bank_does_not_take_are_said_above_the_form(
    world: World, made: PaymentRequest
) -> None:
    world.company.name = "ООО «Ромашка» 🌼"
    world.company.save()
    assert set(faults(world, made)) == {"__all__"}


def test_only_whoever_may_pay_draws_up_and_only_what_is_approved(world: World) -> None:
    made = builders.waiting_for_acceptance(world)
    with pytest.raises(Conflict):
        builders.ordered(world, made)
    services.accept(task_id=builders.open_task(made).pk, actor=world.manager)
    for user in (world.manager, world.supervisor, world.director, world.auditor, world.admin):
        with pytest.raises(Forbidden):
            services.draw_up_order(payment_request_id=made.pk, actor=user, order=order(world))
    it = builders.ordered(world, made)
    for user in (world.manager, world.admin):
        with pytest.raises(Forbidden):
            services.correct_order(order_id=it.pk, actor=user, order=order_of(it))
        with pytest.raises(Forbidden):
            services.withdraw_order(order_id=it.pk, actor=user)


def test_dollars_have_no_such_form(world: World, made: PaymentRequest) -> None:
    PaymentRequest.objects.filter(pk=made.pk).update(currency="USD")
    with pytest.raises(Conflict):
        builders.ordered(world, made)


def test_the_next_number_follows_orders_and_payments_of_the_payer_s_year(
    world: World, made: PaymentRequest
) -> None:
    paid = builders.paid(world)  # by No. 373, from the client of a bank
    assert orders.next_number(world.payer, TODAY().year) == "374"
    assert orders.next_number(world.payer, TODAY().year + 1) == "1"
    assert builders.ordered(world, made).number == "374"
    assert orders.next_number(world.payer, TODAY().year) == "375"
    assert paid.payer == world.payer


def test_a_number_is_given_once_in_a_payer_s_year(world: World, made: PaymentRequest) -> None:
    first = half(world, made, number="12")
    with pytest.raises(Invalid) as refused:
        half(world, made, number="12")
    assert set(refused.value.errors) == {"number"}
    assert "13" in refused.value.errors["number"][0]

    services.withdraw_order(order_id=first.pk, actor=world.accountant)
    with pytest.raises(Invalid):
        half(world, made, number="12")
    assert half(world, made).number == "13"


def test_part_payments_have_orders_of_their_own_and_no_more_than_is_left(
    world: World, made: PaymentRequest
) -> None:
    first, second = half(world, made), half(world, made)
    with pytest.raises(Invalid) as refused:
        builders.ordered(world, made, amount=Decimal("0.01"), purpose="Оплата")
    assert set(refused.value.errors) == {"amount"}

    work()
    pay(world, made, number=first.number, amount=first.amount, order_id=first.pk, own_order=True)
    made.refresh_from_db()
    assert (made.status, made.paid_amount) == ("approved", Decimal("24525.00"))
    pay(world, made, number=second.number, order_id=second.pk, own_order=True)

    made.refresh_from_db()
    assert made.status == "paid"
    assert [it.state for it in orders.orders_of(made)] == ["paid", "paid"]
    letter = Letter.objects.get()
    attached = set(letter.attachments.filter(kind="payment_order_form"))
    assert attached == {first.document, second.document}


def test_the_same_form_draws_up_once(world: World, made: PaymentRequest) -> None:
    key = uuid.uuid4()
    first, second = (
        services.draw_up_order(
            payment_request_id=made.pk, actor=world.accountant, order=order(world), form_key=key
        )
        for _time in range(2)
    )
    assert first == second
    assert PaymentOrder.objects.count() == 1


def test_what_is_corrected_is_a_new_version(world: World, made: PaymentRequest) -> None:
    it = builders.ordered(world, made)
    same = services.correct_order(order_id=it.pk, actor=world.accountant, order=order_of(it))
    assert same.document == it.document

    corrected = services.correct_order(
        order_id=it.pk, actor=world.accountant, order=replace(order_of(it), priority="4")
    )

    first, second = versions_of(it)
    assert (first.document, second.document) == (it.document, corrected.document)
    assert (second.version, second.values["priority"]) == (2, "4")
    assert second.document.original_name.endswith(", версия 2.pdf")
    assert Event.objects.filter(subject=made, kind="order.corrected").count() == 1


def test_facts_that_change_make_a_new_version_until_it_is_paid_and_never_after(
    world: World, made: PaymentRequest
) -> None:
    first, second = half(world, made), half(world, made)
    work()
    pay(world, made, number=first.number, amount=first.amount, order_id=first.pk, own_order=True)

    services.update_company(company_id=world.company.pk, actor=world.manager, name="ООО «Верба»")
    services.update_company(company_id=world.company.pk, actor=world.manager)

    first.refresh_from_db()
    second.refresh_from_db()
    assert first.document.paper.values["payee"]["name"] == "ООО «Канцверба»"
    assert second.document.paper.values["payee"]["name"] == "ООО «Верба»"
    assert (first.document.paper.version, second.document.paper.version) == (1, 2)
    with pytest.raises(Conflict):
        services.correct_order(order_id=first.pk, actor=world.accountant, order=order_of(first))
    work()
    pay(world, made, number=second.number, order_id=second.pk, own_order=True)
    services.update_company(company_id=world.company.pk, actor=world.manager, name="ООО «Ива»")
    assert len(versions_of(first)) == 3


@pytest.mark.parametrize("back", [services.return_to_author, services.cancel])
def test_a_request_that_goes_back_takes_its_orders_with_it(
    world: World, made: PaymentRequest, back: Any
) -> None:
    it = builders.ordered(world, made)
    actor = world.accountant if back is services.return_to_author else world.manager

    back(payment_request_id=made.pk, actor=actor, reason="Ошибка")

    it.refresh_from_db()
    assert it.state == "withdrawn"
    assert verify() == []


def test_what_was_paid_otherwise_leaves_no_order_open(world: World, made: PaymentRequest) -> None:
    it = half(world, made)
    builders.pay(world, made)

    it.refresh_from_db()
    assert it.state == "withdrawn"


def test_the_bank_s_copy_comes_with_the_payment_or_later(
    world: World, made: PaymentRequest
) -> None:
    it = builders.ordered(world, made)
    work()
    copy = builders.upload(world.accountant, "ПП с отметкой.pdf")
    payment = pay(world, made, order_id=it.pk, payment_order=copy, own_order=True)

    it.refresh_from_db()
    assert it.payment == payment
    assert payment.payment_order.original_name == "ПП с отметкой.pdf"


def test_the_bank_s_copy_takes_the_place_of_our_own(world: World, made: PaymentRequest) -> None:
    it = builders.ordered(world, made)
    work()
    payment = pay(world, made, order_id=it.pk, own_order=True)
    assert payment.payment_order == it.document

    copy = services.add_document(
        payment_request_id=made.pk,
        actor=world.accountant,
        upload=builders.upload(world.accountant, "ПП с отметкой.pdf"),
        kind=DocumentKind.PAYMENT_ORDER,
        payment_id=payment.pk,
    )

    payment.refresh_from_db()
    assert payment.payment_order == copy
    attached = Letter.objects.get().attachments.exclude(kind="payment_notice")
    assert list(attached) == [copy]
    with pytest.raises(Invalid):
        services.add_document(
            payment_request_id=made.pk,
            actor=world.accountant,
            upload=builders.upload(world.accountant, "Ещё.pdf"),
            kind=DocumentKind.PAYMENT_ORDER,
            payment_id=payment.pk,
        )


def test_a_payment_by_an_order_is_of_its_number_and_sum(world: World, made: PaymentRequest) -> None:
    it = half(world, made)
    wrong: list[tuple[dict[str, Any], set[str]]] = [
        ({"order_id": it.pk, "own_order": True, "amount": it.amount}, {"own_order"}),  # not made
        ({"order_id": it.pk, "number": "5", "amount": it.amount}, {"number"}),
        ({"order_id": it.pk, "amount": Decimal(1)}, {"amount"}),
        ({"order_id": it.pk + 1, "amount": it.amount}, {"order"}),
        ({"own_order": True}, {"own_order"}),
        ({"order_id": it.pk, "amount": it.amount}, {"payment_order"}),  # no proof at all
    ]
    for asked, fields in wrong:
        with pytest.raises(Invalid) as refused:
            pay(world, made, **asked)
        assert set(refused.value.errors) == fields
    assert not Payment.objects.exists()


def test_a_register_has_open_orders_and_the_rest(world: World, made: PaymentRequest) -> None:
    withdrawn = half(world, made)
    services.withdraw_order(order_id=withdrawn.pk, actor=world.accountant)
    assert [
        line.order_number for group in day_of(made.planned_on).groups for line in group.lines
    ] == [""]

    it = half(world, made)
    lines = [line for group in day_of(made.planned_on).groups for line in group.lines]
    assert {line.order_number: line.amount for line in lines} == {
        it.number: it.amount,
        "": made.amount - it.amount,
    }


def test_the_purpose_ends_with_the_vat_of_the_amount(world: World, made: PaymentRequest) -> None:
    assert orders.proposed_purpose(made, made.amount) == made.purpose
    part = orders.proposed_purpose(made, Decimal("24525.00"))
    assert part.endswith("за бумагу. В том числе НДС 22% - 4422-54")
    assert with_vat("Оплата", vat_phrase("none", None)) == "Оплата. НДС не облагается"
    assert with_vat("Оплата. Без налога (НДС).", "НДС не облагается") == "Оплата. НДС не облагается"
    long = with_vat("Оплата по счёту № 1 " + "о" * 300, "В том числе НДС 22% - 8845-08")
    assert len(long) <= MAX_LENGTH
    assert long.startswith("Оплата по счёту № 1 ")
    assert long.endswith("В том числе НДС 22% - 8845-08")


@pytest.mark.parametrize(
    ("text", "vat"),
    [
        ("В том числе НДС 22% - 8845-08", "8845.08"),
        ("в т.ч. НДС (22%) 8 845,08 руб.", "8845.08"),
        ("НДС 22% - 8845.08", "8845.08"),
        ("НДС не облагается", None),
        ("НДС 10% - 1-00, НДС 22% - 2-00", None),
    ],
)
def test_the_vat_that_a_purpose_names(text: str, vat: str | None) -> None:
    assert stated_vat(text) == (None if vat is None else Decimal(vat))

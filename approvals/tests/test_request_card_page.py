"""A request's card, the decisions taken from it, and its payments."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from approvals import services
from approvals.models import PaymentRequest
from approvals.selectors import organisation_settings
from approvals.states import Status
from approvals.tests.builders import (
    World,
    approved,
    draft,
    on_approval,
    open_task,
    paid,
    pay,
    pdf,
    upload,
    waiting_for_acceptance,
)
from approvals.tests.pages import handle, handles, logged_in
from documents.models import Document
from people.models import User


def url(verb: str, pk: int) -> str:
    return reverse(f"approvals:{verb}", args=[pk])


def look(user: User, payment_request: PaymentRequest) -> HttpResponse:
    return logged_in(user).get(payment_request.get_absolute_url())


def the_payment(**changes: Any) -> dict[str, Any]:
    return {
        "number": "373",
        "paid_on": timezone.localdate().isoformat(),
        "payment_order": pdf("Платёжное поручение № 373.pdf"),
        **changes,
    }


# --- The card -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "status", "words"),
    [
        (draft, "draft", "Черновик"),
        (on_approval, "on_approval", "Ждёт решения: Белозёров"),
        (waiting_for_acceptance, "on_approval", "Согласовано, ждёт менеджера"),
        (approved, "approved", "Оплатить до"),
        (paid, "paid", "п/п №\u00a0373"),
    ],
)
def test_the_card_says_where_the_request_stands(
    world: World, make: Any, status: str, words: str
) -> None:
    response = look(world.manager, make(world))

    state = handle(response, "request-status")
    assert (state["data-status"], state["data-round"]) == (status, "1")
    assert words in response.content.decode()


def test_the_card_names_its_documents_decisions_payments_and_letters(world: World) -> None:
    response = look(world.accountant, paid(world))

    kinds = [document["data-kind"] for document in handles(response, "document")]
    decisions = [decision["data-decision"] for decision in handles(response, "decision")]
    assert kinds == ["invoice", "payment_order"]
    assert {document["data-state"] for document in handles(response, "document")} == {"received"}
    assert decisions == ["approved", "accepted"]
    assert handle(response, "payment")["data-amount"] == "49050.00"
    letter = handle(response, "letter")
    assert (letter["data-state"], letter["data-read"]) == ("queued", "none")


def test_who_may_not_see_it_gets_404(world: World) -> None:
    made = on_approval(world)

    assert look(world.manager2, made).status_code == 404
    for person in (world.manager, world.supervisor, world.accountant, world.auditor, world.admin):
        assert look(person, made).status_code == 200
    assert logged_in(world.admin).get(f"/requests/{2**70}/").status_code == 404


def test_a_returned_draft_says_who_returned_it_and_why(world: World) -> None:
    made = on_approval(world)
    services.return_for_changes(
        task_id=open_task(made).pk, actor=world.supervisor, reason="Приложите договор"
    )

    response = look(world.manager, made)

    assert handle(response, "request-status")["data-round"] == "2"
    assert "«Приложите договор»" in response.content.decode()
    assert "Возвращено на доработку" in response.content.decode()


def test_the_accountant_is_told_that_no_letter_will_go(world: World) -> None:
    made = approved(world, contact=None)

    assert "Письмо не уйдёт" in look(world.accountant, made).content.decode()
    assert "Письмо не уйдёт" not in look(world.manager, made).content.decode()


def test_the_task_is_shown_to_those_who_may_take_it(world: World) -> None:
    waiting, accepting = on_approval(world), waiting_for_acceptance(world)

    for person, mine, to_accept in (
        (world.supervisor, 1, 1),
        (world.manager, 0, 1),
        (world.accountant, 0, 1),
        (world.director, 0, 0),
        (world.auditor, 0, 0),
        (world.admin, 0, 0),
    ):
        assert len(handles(look(person, waiting), "task")) == mine
        assert len(handles(look(person, accepting), "task")) == to_accept
    task = handle(look(world.accountant, accepting), "task")
    assert (task["data-kind"], task["data-request-id"]) == ("accept", str(accepting.pk))
    assert task["data-task-id"] == str(open_task(accepting).pk)


def test_the_acceptance_button_says_what_the_settings_say(world: World) -> None:
    organisation = organisation_settings()
    organisation.accept_label_ru = "Принять и передать в оплату"
    organisation.save(update_fields=["accept_label_ru"])

    response = look(world.manager, waiting_for_acceptance(world))

    assert "Принять и передать в оплату" in response.content.decode()


def test_the_card_asks_the_same_number_of_questions_however_much_is_on_it(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    made = approved(world)
    for number in range(10):
        pay(world, made, Decimal(number + 1))
        services.add_document(
            payment_request_id=made.pk,
            actor=world.accountant,
            upload=upload(world.accountant, f"Акт {number}.pdf"),
            kind="act",
        )
    client = logged_in(world.accountant)

    with django_assert_max_num_queries(32):
        response = client.get(made.get_absolute_url())

    assert len(handles(response, "document")) == 21


# --- Decisions ------------------------------------------------------------------------------------------


def test_approve_then_accept(world: World) -> None:
    made = on_approval(world)

    first = logged_in(world.supervisor).post(
        url("task_approve", open_task(made).pk), {"comment": "Согласен"}
    )
    second = logged_in(world.manager).post(url("task_accept", open_task(made).pk))

    made = PaymentRequest.objects.get(pk=made.pk)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == made.get_absolute_url()
    assert made.status == Status.APPROVED
    assert made.tasks.get(kind="approve").comment == "Согласен"


@pytest.mark.parametrize("verb", ["task_return", "task_refuse"])
def test_return_and_refuse_need_a_reason(world: World, verb: str) -> None:
    made = on_approval(world)
    client = logged_in(world.supervisor)

    without = client.post(url(verb, open_task(made).pk), {"reason": "  "})
    with_one = client.post(url(verb, open_task(made).pk), {"reason": "Дорого"})

    assert without.status_code == 422
    assert 'aria-invalid="true"' in without.content.decode()
    assert with_one.status_code == 303
    made = PaymentRequest.objects.get(pk=made.pk)
    assert made.status == (Status.DRAFT if verb == "task_return" else Status.REFUSED)


@pytest.mark.parametrize(
    ("make", "verb", "who", "status"),
    [
        (on_approval, "withdraw", "manager", "draft"),
        (on_approval, "cancel", "manager", "cancelled"),
        (draft, "cancel", "admin", "cancelled"),
        (approved, "return_request", "accountant", "draft"),
    ],
)
def test_ways_back(world: World, make: Any, verb: str, who: str, status: str) -> None:
    made = make(world)
    client = logged_in(getattr(world, who))

    if verb != "withdraw":
        assert client.post(url(verb, made.pk), {"reason": ""}).status_code == 422
    response = client.post(url(verb, made.pk), {"reason": "Ошибка в счёте на оплату"})

    made = PaymentRequest.objects.get(pk=made.pk)
    assert response.status_code == 303
    assert made.status == status


def test_a_second_decision_is_told_of_the_first(world: World) -> None:
    made = on_approval(world)
    task = open_task(made)
    client = logged_in(world.supervisor)
    client.post(url("task_approve", task.pk), {"form_key": str(uuid.uuid4())})

    response = client.post(
        url("task_refuse", task.pk), {"reason": "Нет", "form_key": str(uuid.uuid4())}
    )

    assert response.status_code == 409
    conflict = response.content.decode()
    assert "Уже решено" in conflict
    assert "Белозёров" in conflict
    assert handle(response, "request-status")["data-status"] == "on_approval"


def test_a_double_click_is_the_first_answer(world: World) -> None:
    made = on_approval(world)
    task = open_task(made)
    client = logged_in(world.supervisor)
    posted = {"form_key": str(uuid.uuid4())}

    answers = [client.post(url("task_approve", task.pk), posted) for _click in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert made.events.filter(kind="request.approved").count() == 1


def test_wrong_people_and_methods(world: World) -> None:
    made = on_approval(world)
    task = open_task(made)

    for verb in ("task_approve", "task_return", "task_refuse", "task_accept"):
        assert logged_in(world.manager2).post(url(verb, task.pk)).status_code == 404
        assert logged_in(world.supervisor).get(url(verb, task.pk)).status_code == 405
    for verb in ("submit", "withdraw", "cancel", "return_request", "payment_add"):
        assert logged_in(world.manager2).post(url(verb, made.pk)).status_code == 404
        assert logged_in(world.manager).get(url(verb, made.pk)).status_code == 405
    for person in (world.manager, world.accountant, world.auditor, world.admin):
        assert logged_in(person).post(url("task_approve", task.pk)).status_code == 403
    assert logged_in(world.supervisor).post(url("withdraw", made.pk)).status_code == 403
    assert logged_in(world.supervisor).post(url("cancel", made.pk)).status_code == 403
    assert logged_in(world.manager).post(url("return_request", made.pk)).status_code == 403


# --- Payments -------------------------------------------------------------------------------------------


def test_pay_what_is_left_by_default(world: World) -> None:
    made = approved(world)

    response = logged_in(world.accountant).post(url("payment_add", made.pk), the_payment())

    made = PaymentRequest.objects.get(pk=made.pk)
    payment = made.payments.get()
    assert response.status_code == 303
    assert made.status == Status.PAID
    assert (f"{payment.amount:.2f}", payment.payer_account) == ("49050.00", world.payer_account)
    assert payment.payment_order.original_name == "Платёжное поручение № 373.pdf"


def test_the_form_of_a_payment_offers_what_is_left_today_and_the_payers_accounts(
    world: World,
) -> None:
    made = approved(world)
    pay(world, made, Decimal("9050.00"))

    response = look(world.accountant, made)

    form = response.context["payment_form"]  # type: ignore[attr-defined]
    assert form["amount"].value() == "40000.00" or form["amount"].value() == Decimal("40000.00")
    assert form["paid_on"].value() == timezone.localdate()
    assert [account.pk for account in form.fields["payer_account"].queryset] == [
        world.payer_account.pk
    ]
    assert look(world.manager, made).context["payment_form"] is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", "49050.01"),
        ("amount", "0"),
        ("amount", "x"),
        ("number", ""),
        ("number", "1234567"),
        ("number", "000"),
        ("paid_on", (timezone.localdate() + datetime.timedelta(days=2)).isoformat()),
        ("paid_on", "x"),
        ("payment_order", ""),
    ],
)
def test_a_wrong_payment_is_a_422_at_its_field(world: World, name: str, value: str) -> None:
    made = approved(world)

    response = logged_in(world.accountant).post(
        url("payment_add", made.pk), the_payment(**{name: value})
    )

    assert response.status_code == 422
    assert set(response.context["payment_form"].errors) == {name}  # type: ignore[attr-defined]
    assert not made.payments.exists()


def test_an_account_of_somebody_else_is_a_forged_key(world: World) -> None:
    made = approved(world)

    response = logged_in(world.accountant).post(
        url("payment_add", made.pk), the_payment(payer_account=world.account.pk)
    )

    assert response.status_code == 422
    assert set(response.context["payment_form"].errors) == {"payer_account"}  # type: ignore[attr-defined]


def test_paying_too_early_too_late_or_by_the_wrong_person(world: World) -> None:
    accepting, done = waiting_for_acceptance(world), paid(world)
    client = logged_in(world.accountant)

    assert client.post(url("payment_add", accepting.pk), the_payment()).status_code == 409
    late = client.post(url("payment_add", done.pk), the_payment(form_key=str(uuid.uuid4())))
    assert late.status_code == 409
    assert "Зайцева" in late.content.decode()
    for person in (world.manager, world.supervisor, world.admin, world.auditor):
        response = logged_in(person).post(url("payment_add", accepting.pk), the_payment())
        assert response.status_code == 403


def test_a_double_click_pays_once(world: World) -> None:
    made = approved(world)
    client = logged_in(world.accountant)
    key = str(uuid.uuid4())

    answers = [
        client.post(url("payment_add", made.pk), the_payment(form_key=key)) for _click in range(2)
    ]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert made.payments.count() == 1
    assert Document.objects.filter(kind="payment_order").count() == 1


def test_the_payment_order_may_come_later_where_the_settings_say_so(world: World) -> None:
    organisation = organisation_settings()
    organisation.payment_order_required = False
    organisation.save(update_fields=["payment_order_required"])
    made = approved(world)
    client = logged_in(world.accountant)
    client.post(url("payment_add", made.pk), the_payment(payment_order=""))
    payment = made.payments.get()
    page = client.get(made.get_absolute_url()).content.decode()

    response = client.post(
        url("document_add", made.pk),
        {"kind": "payment_order", "payment": payment.pk, "file": pdf("ПП.pdf")},
    )

    again = client.post(
        url("document_add", made.pk),
        {"kind": "payment_order", "payment": payment.pk, "file": pdf("ПП.pdf")},
    )

    payment.refresh_from_db()
    assert "Прикрепить платёжное поручение" in page
    assert 'data-max-bytes="26214400"' in page.split('name="payment"')[1].split("</form>")[0]
    assert response.status_code == 303
    assert payment.payment_order is not None
    assert again.status_code == 422
    assert "У этого платежа уже есть платёжное поручение." in again.content.decode()

"""What a new request takes over from the last one to the same counterparty, and repeating a request."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpResponse

from approvals.models import Category, PaymentRequest
from approvals.tests.builders import World, draft, paid
from approvals.tests.pages import handles, logged_in
from counterparties.services import add_account, add_contact
from people.models import User

NEW = "/requests/new/"


def form_of(user: User, **query: Any) -> HttpResponse:
    response = logged_in(user).get(NEW, query)
    assert response.status_code == 200
    return response


def chosen(response: HttpResponse, *names: str) -> list[str]:
    form = response.context["form"]  # type: ignore[attr-defined]
    return [str(form[name].value() or "") for name in names]


def second_account_and_contact(world: World) -> tuple[Any, Any]:
    account = add_account(
        company_id=world.company.pk,
        actor=world.manager,
        bik="044525187",
        bank_name="Банк ВТБ (ПАО)",
        correspondent_account="30101810700000000187",
        number="40702810800030005413",
        currency="RUB",
    )
    contact = add_contact(
        company_id=world.company.pk, actor=world.manager, full_name="Второй Контакт", email=""
    )
    return account, contact


def test_a_chosen_counterparty_brings_what_the_last_request_had(world: World) -> None:
    account, contact = second_account_and_contact(world)
    last = draft(world, bank_account=account, contact=contact, vat_rate="10")

    response = form_of(world.manager, company=world.company.pk)

    assert chosen(response, "bank_account", "contact", "payer", "category", "vat_rate") == [
        str(it.pk) for it in (account, contact, world.payer, world.category)
    ] + ["10"]
    [told] = handles(response, "last-request")
    assert told["data-pk"] == str(last.pk)


def test_ones_own_last_request_comes_before_others(world: World) -> None:
    mine = draft(world)
    draft(world, author=world.supervisor)

    [told] = handles(form_of(world.manager, company=world.company.pk), "last-request")

    assert told["data-pk"] == str(mine.pk)


def test_nothing_is_learnt_of_requests_that_one_may_not_see(world: World) -> None:
    second_account_and_contact(world)
    theirs = draft(world)

    offered = form_of(world.manager2, company=world.company.pk)
    repeated = form_of(world.manager2, like=theirs.pk)

    assert handles(offered, "last-request") == []
    assert chosen(offered, "bank_account", "contact", "category") == ["", "", ""]
    assert chosen(repeated, "company", "amount") == ["", ""]


def test_what_is_no_longer_in_use_is_not_taken_over(world: World) -> None:
    draft(world)
    Category.objects.update(is_active=False)

    assert chosen(form_of(world.manager, company=world.company.pk), "category") == [""]


def test_without_scripts_the_button_fills_in_what_is_blank(world: World) -> None:
    account, contact = second_account_and_contact(world)
    draft(world, bank_account=account, contact=contact)
    typed = {"action": "company", "company": world.company.pk, "contact": world.contact.pk}

    response = logged_in(world.manager).post(NEW, {**typed, "amount": "12"})

    assert response.status_code == 200
    assert chosen(response, "bank_account", "contact", "amount") == [
        str(account.pk),
        str(world.contact.pk),
        "12",
    ]


def test_a_repeated_request_lacks_what_is_always_new(world: World) -> None:
    last = paid(world, justification="Бумага для офиса", is_urgent=True, urgent_reason="Кончилась")

    response = form_of(world.manager, like=last.pk)

    assert chosen(response, "company", "amount", "justification") == [
        str(world.company.pk),
        "49050.00",
        "Бумага для офиса",
    ]
    assert chosen(response, "pay_by", "invoice_number", "invoice_date", "urgent_reason") == [""] * 4
    # It names the old invoice: paying by it twice is what nobody wants.
    assert chosen(response, "purpose") == [""]
    assert PaymentRequest.objects.count() == 1


def test_a_purpose_that_names_no_invoice_is_repeated_too(world: World) -> None:
    last = draft(world, invoice_number="", purpose="Аренда за месяц. НДС не облагается.")

    assert chosen(form_of(world.manager, like=last.pk), "purpose") == [last.purpose]


def test_a_card_offers_to_repeat_it_to_managers(world: World) -> None:
    last = paid(world, amount=Decimal(5))
    link = f'href="{NEW}?like={last.pk}"'

    assert link in logged_in(world.manager).get(last.get_absolute_url()).content.decode()
    assert link not in logged_in(world.accountant).get(last.get_absolute_url()).content.decode()


def test_a_number_that_makes_no_sense_repeats_nothing(world: World) -> None:
    for like in ("x", "-1", "9" * 30, "²", str(10**9)):
        assert chosen(form_of(world.manager, like=like), "amount") == [""]

"""A BIK fills in an account's form, shows on cards, and stops what its bank cannot receive."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.utils import timezone, translation

from approvals import services
from approvals.models import PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import handle, handles, logged_in
from audit.refusals import Conflict, Invalid
from counterparties.models import BankAccount
from counterparties.tests import banks
from counterparties.tests.banks import Participant

SBER, VTB = Participant(), Participant("044525187", "БАНК ВТБ (ПАО)")
LICENCE = {"restriction": ("URRS", "2020-03-10")}


def withdraw_licence() -> None:
    banks.load(Participant(**LICENCE), VTB, day=timezone.localdate())


def close_bank() -> None:
    """It is not in the next directory."""
    banks.load(SBER, VTB, day=timezone.localdate() - datetime.timedelta(days=1))
    banks.load(VTB, day=timezone.localdate())


stopped_by = pytest.mark.parametrize("stop", [withdraw_licence, close_bank])
Stop = Callable[[], None]


# --- Guards -------------------------------------------------------------------------------


@stopped_by
def test_it_cannot_be_submitted(world: World, stop: Stop) -> None:
    draft = builders.draft(world)
    stop()

    with pytest.raises(Invalid) as caught:
        services.submit(payment_request_id=draft.pk, actor=world.manager)

    assert list(caught.value.errors) == ["bank_account"]
    assert PaymentRequest.objects.get(pk=draft.pk).status == "draft"


@stopped_by
def test_it_cannot_be_approved_but_returned(world: World, stop: Stop) -> None:
    task = builders.open_task(builders.on_approval(world))
    stop()

    with pytest.raises(Conflict):
        services.approve(task_id=task.pk, actor=world.supervisor)

    task.refresh_from_db()
    assert task.is_open
    services.return_for_changes(task_id=task.pk, actor=world.supervisor, reason="Другой банк")


@stopped_by
def test_it_cannot_be_accepted(world: World, stop: Stop) -> None:
    task = builders.open_task(builders.waiting_for_acceptance(world))
    stop()

    with pytest.raises(Conflict):
        services.accept(task_id=task.pk, actor=world.manager)

    task.refresh_from_db()
    assert task.is_open


@stopped_by
def test_it_cannot_be_paid(world: World, stop: Stop) -> None:
    approved = builders.approved(world)
    stop()

    with pytest.raises(Conflict):
        builders.pay(world, approved)

    assert not approved.payments.exists()
    services.return_to_author(
        payment_request_id=approved.pk, actor=world.accountant, reason="Другой банк"
    )


def test_what_left_before_the_bank_closed_is_recorded(world: World) -> None:
    approved = builders.approved(world)
    close_bank()

    services.record_payment(
        payment_request_id=approved.pk,
        actor=world.accountant,
        paid_on=timezone.localdate() - datetime.timedelta(days=1),
        number="7",
        payment_order=builders.upload(world.accountant),
    )

    assert PaymentRequest.objects.get(pk=approved.pk).status == "paid"


def test_an_unknown_bik_stops_nothing(world: World) -> None:
    banks.load(VTB)

    assert builders.paid(world).status == "paid"


# --- What the pages say -------------------------------------------------------------------


def words(response: HttpResponse) -> str:
    return response.content.decode()


def test_each_attempt_is_answered_with_the_reason(world: World) -> None:
    draft, sent = builders.draft(world), builders.on_approval(world)
    accepting, approved = builders.waiting_for_acceptance(world), builders.approved(world)
    withdraw_licence()
    with translation.override("ru"):
        reason = banks_reason(world)
    manager, accountant = logged_in(world.manager), logged_in(world.accountant)
    pay = {
        "number": "1",
        "amount": "49050.00",
        "paid_on": timezone.localdate().isoformat(),
        "payment_order": builders.pdf(),
    }

    submitted = manager.post(f"/requests/{draft.pk}/submit/")
    decided = logged_in(world.supervisor).post(f"/tasks/{builders.open_task(sent).pk}/approve/")
    accepted = manager.post(f"/tasks/{builders.open_task(accepting).pk}/accept/")
    paid = accountant.post(f"/requests/{approved.pk}/payments/", pay)

    assert [r.status_code for r in (submitted, decided, accepted, paid)] == [422, 409, 409, 409]
    for response in (submitted, decided, accepted, paid):
        assert reason in words(response).replace("&#x27;", "'")
    # Beforehand, on the card; no more once it is over.
    warning = handle(manager.get(f"/requests/{approved.pk}/"), "bank-warning")
    assert warning["data-state"] == "withdrawn"


def banks_reason(world: World) -> str:
    reason = services.recording.why_not_pay_to(world.account)
    assert reason
    return reason


def test_cards_warn_of_an_unknown_bik(world: World) -> None:
    request = builders.draft(world)
    client = logged_in(world.manager)
    pages = [f"/requests/{request.pk}/", f"/companies/{world.company.pk}/"]
    assert [handles(client.get(page), "bank-warning") for page in pages] == [[], []]

    banks.load(VTB)

    for page in pages:
        assert handle(client.get(page), "bank-warning")["data-state"] == "unknown"


def test_cards_show_the_account_whole_with_copy_buttons(world: World) -> None:
    request = builders.draft(world)
    banks.load(Participant(town="Великий Новгород"))
    client = logged_in(world.manager)

    for page in (f"/requests/{request.pk}/", f"/companies/{world.company.pk}/"):
        response = client.get(page)
        shown = words(response)
        assert handle(response, "account")["data-pk"] == str(world.account.pk)
        assert "ПАО Сбербанк, г. Великий Новгород" in shown
        assert "4070\u00a02810\u00a06999\u00a09000\u00a00201" in shown
        assert "3010\u00a01810\u00a04000\u00a00000\u00a00225" in shown
        for value in (world.account.number, "044525225", "30101810400000000225"):
            assert f'data-copy="{value}"' in shown


# --- The account's form -------------------------------------------------------------------


def new_account(world: World) -> str:
    return f"/companies/{world.company.pk}/accounts/new/"


def test_the_form_says_that_the_directory_is_empty(world: World) -> None:
    response = logged_in(world.manager).get(new_account(world))

    assert handle(response, "bank-lookup")["data-state"] == "empty"


def test_a_script_asks_for_the_bank_of_a_bik(world: World) -> None:
    banks.load(SBER, Participant(VTB.bik, VTB.name, **LICENCE))
    client = logged_in(world.auditor)

    found = client.get("/banks/044525225/", HTTP_HX_REQUEST="true")
    stopped = client.get("/banks/044525187/")

    assert handle(found, "bank-lookup")["data-state"] == "active"
    assert handle(found, "bank-lookup")["data-bik"] == "044525225"
    assert 'value="ПАО &#34;СБЕРБАНК&#34;, г. Москва"' in words(found)
    assert 'value="30101810400000000225"' in words(found)
    assert "<html" not in words(found)
    assert handle(stopped, "bank-lookup")["data-state"] == "withdrawn"
    for bik, state in (("044525999", "unknown"), ("0445", "malformed"), ("-", "malformed")):
        assert handle(client.get(f"/banks/{bik}/"), "bank-lookup")["data-state"] == state


def test_what_was_typed_stays_when_a_script_asks(world: World) -> None:
    banks.load(SBER, VTB)
    client = logged_in(world.manager)
    theirs = {"bank_name": "Мой банк", "correspondent_account": "", "filled": ""}
    filled = {"bank_name": 'ПАО "СБЕРБАНК", г. Москва', "filled": "044525225"}

    assert 'value="Мой банк"' in words(client.get("/banks/044525187/", theirs))
    assert "БАНК ВТБ (ПАО), г. Москва" in words(client.get("/banks/044525187/", filled))
    assert 'value="ПАО' not in words(client.get("/banks/044525187/", filled))


def test_a_button_fills_the_bank_in_without_scripts(world: World) -> None:
    banks.load(SBER)
    key = str(uuid.uuid4())
    typed = {
        "action": "look_up",
        "bik": "044 525 225",
        "bank_name": "Мой банк",
        "number": "4070",
        "currency": "USD",
        "is_main": "on",
        "replaces": str(world.account.pk),
        "form_key": key,
    }

    response = logged_in(world.manager).post(new_account(world), typed)

    page = words(response)
    assert response.status_code == 200
    assert 'value="ПАО &#34;СБЕРБАНК&#34;, г. Москва"' in page
    for kept in (
        'value="044 525 225"',
        'value="4070"',
        f'value="{key}"',
        '<option value="USD" selected>',
        f'<option value="{world.account.pk}" selected>',
    ):
        assert kept in page
    assert world.company.accounts.count() == 1


def test_an_unknown_bik_is_told_when_the_account_is_added(world: World) -> None:
    banks.load(VTB)
    form = {
        "bik": "044525225",
        "bank_name": "ПАО Сбербанк",
        "correspondent_account": "30101810400000000225",
        "number": "40702810938120061991",
    }

    response = logged_in(world.manager).post(new_account(world), form, follow=True)

    assert response.redirect_chain[0][1] == 303
    assert "24.11.2026" in words(response)
    assert BankAccount.objects.filter(number=form["number"]).exists()


def test_foreign_accounts_are_not_looked_up(world: World) -> None:
    banks.load(SBER)
    foreign = builders.create_company(actor=world.manager, kind="foreign", name="Twin GmbH")

    page = logged_in(world.manager).get(f"/companies/{foreign.pk}/accounts/new/")

    assert handle(page, "bank-lookup")["data-state"] == "foreign"
    assert "look_up" not in words(page)

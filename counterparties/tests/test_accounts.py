"""Bank accounts: checked, one main, replaced and never edited."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from django.utils import translation

from audit.refusals import Forbidden, Invalid
from audit.services import verify
from counterparties import requisites, selectors, services
from counterparties.models import BankAccount
from counterparties.tests.conftest import ACCOUNT, TREASURY_ACCOUNT

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SECOND = {**ACCOUNT, "number": requisites.with_key("40702810000000000002", "225")}
IN_DOLLARS = {
    **ACCOUNT,
    "number": requisites.with_key("40702840000000000003", "225"),
    "currency": "USD",
}


def add(company, actor, fields=ACCOUNT, **more) -> BankAccount:
    return services.add_account(company_id=company.pk, actor=actor, **{**fields, **more})


def refused(company, actor, fields=ACCOUNT, **more) -> dict[str, list[str]]:
    with translation.override("en"), pytest.raises(Invalid) as caught:
        add(company, actor, fields, **more)
    return caught.value.errors


def test_an_account_is_saved_cleaned(company, manager):
    account = add(company, manager, number="40702 810 9 3812 0061991", bik="044 525 225", now=NOW)
    account.refresh_from_db()
    assert (account.bik, account.number) == ("044525225", "40702810938120061991")
    assert (account.created_by, account.created_at) == (manager, NOW)
    event = company.events.last()
    assert event.kind == "company.account_added"
    assert event.data == {**ACCOUNT, "account": account.pk, "replaces": None}
    assert verify() == []


def test_the_first_is_main_and_then_whichever_says_so(company, manager):
    first = add(company, manager)
    second = add(company, manager, SECOND)
    assert (first.is_main, second.is_main) == (True, False)
    third = add(company, manager, IN_DOLLARS, is_main=True)
    mains = BankAccount.objects.filter(company=company, is_main=True)
    assert list(mains) == [third]
    assert list(selectors.accounts_of(company)) == [third, first, second]


def test_a_new_one_takes_the_place_of_an_old_one(company, manager):
    old = add(company, manager)
    other = add(company, manager, SECOND)
    new = add(company, manager, bank_name="ПАО СБЕРБАНК", replaces_id=old.pk, now=NOW)
    old.refresh_from_db()
    assert (old.replaced_at, old.is_main, old.replaced_by) == (NOW, False, new)
    assert (new.is_main, new.number) == (True, old.number)
    assert list(selectors.accounts_of(company)) == [new, other]
    event = company.events.last()
    assert (event.kind, event.data["replaces"]) == ("company.account_replaced", old.pk)


def test_what_was_replaced_is_not_replaced_again(company, manager):
    old = add(company, manager)
    add(company, manager, SECOND, replaces_id=old.pk)
    assert refused(company, manager, IN_DOLLARS, replaces_id=old.pk) == {
        "replaces": ["This account is not in use any more."]
    }


def test_another_companys_account_is_not_replaced(company, own, manager, administrator):
    theirs = add(own, administrator)
    assert "replaces" in refused(company, manager, SECOND, replaces_id=theirs.pk)
    theirs.refresh_from_db()
    assert theirs.replaced_at is None


def test_a_number_stands_once(company, own, manager, administrator):
    add(company, manager)
    assert refused(own, administrator) == {
        "number": ["This account already stands under ООО «Ромашка»."]
    }
    assert "number" in refused(company, manager)


def test_a_treasury_account_is_shared_by_those_it_serves(company, own, manager, administrator):
    add(company, manager, TREASURY_ACCOUNT)
    add(own, administrator, TREASURY_ACCOUNT)
    assert "number" in refused(company, manager, TREASURY_ACCOUNT)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"bik": "04452522"}, {"bik"}),
        ({"bik": "", "number": "1", "correspondent_account": "2"}, None),
        ({"bank_name": " "}, {"bank_name"}),
        ({"correspondent_account": "30101810500000000225"}, {"correspondent_account"}),
        ({"correspondent_account": ""}, {"correspondent_account"}),
        ({"number": "40702810938000060473"}, {"number"}),
        ({"number": ""}, {"number"}),
        ({"currency": "USD"}, {"number"}),
        ({"currency": "GBP"}, {"currency"}),
    ],
)
def test_all_reasons_are_given_at_once_by_field(company, manager, fields, wrong):
    wrong = wrong or {"bik", "number", "correspondent_account"}
    assert set(refused(company, manager, **fields)) == wrong
    assert not BankAccount.objects.exists()
    assert company.events.count() == 1


def test_a_foreign_companys_account_is_free(manager):
    company = services.create_company(actor=manager, kind="foreign", name="Twin GmbH")
    account = services.add_account(
        company_id=company.pk,
        actor=manager,
        bank_name="Commerzbank",
        bik="COBADEFFXXX",
        number="DE89 3704 0044 0532 0130 00",
        currency="EUR",
    )
    assert account.number == "DE89370400440532013000"
    assert account.last4 == "3000"


def test_the_same_form_again_gets_the_first_account(company, manager):
    old = add(company, manager, SECOND)
    key = uuid.uuid4()
    first = add(company, manager, form_key=key, replaces_id=old.pk)
    assert add(company, manager, form_key=key, replaces_id=old.pk) == first
    assert company.events.count() == 3


def test_our_own_accounts_are_added_by_administrators_only(own, manager):
    with pytest.raises(Forbidden):
        add(own, manager)

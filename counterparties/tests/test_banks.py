"""What the directory of banks says of accounts, and what an account must be beside it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from audit.refusals import Invalid
from counterparties import requisites, selectors, services
from counterparties.forms import filled_in
from counterparties.models import BankAccount
from counterparties.tests import banks
from counterparties.tests.banks import DAY, Participant
from counterparties.tests.conftest import ACCOUNT, TREASURY_ACCOUNT

pytestmark = pytest.mark.django_db

SBER = Participant()
VTB = Participant("044525187", "БАНК ВТБ (ПАО)")
WITHDRAWN = Participant(restriction=("URRS", "2026-10-01"))


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def account(company, manager) -> BankAccount:
    return services.add_account(company_id=company.pk, actor=manager, **ACCOUNT)


def facts_of(account: BankAccount) -> selectors.BankFacts:
    return selectors.banks_of([account])[account.pk]


def test_an_empty_directory_checks_nothing(account):
    assert facts_of(account).state == "empty"
    assert facts_of(account).warning == ""
    assert selectors.why_not_pay_to(account) is None
    assert selectors.look_up_bank("044525225").text == (
        "The directory of banks is empty: no BIK is checked."
    )


def test_a_bank_in_use_is_paid_to(account):
    banks.load(SBER)

    assert (facts_of(account).state, facts_of(account).warning) == ("active", "")
    assert selectors.why_not_pay_to(account) is None


def test_an_unknown_bik_only_warns(account):
    banks.load(VTB)

    assert facts_of(account).warning == "Not in the Bank of Russia's directory of 24 Nov 2026."
    assert selectors.why_not_pay_to(account) is None


def test_a_bank_without_its_licence_is_not_paid_to(account):
    banks.load(WITHDRAWN)

    reason = "The bank's licence was withdrawn on 1 Oct 2026: this account cannot be paid to."
    assert facts_of(account).warning == reason
    assert selectors.why_not_pay_to(account) == reason
    # What left before that day is still to be recorded.
    assert selectors.why_not_pay_to(account, paid_on=date(2026, 10, 1)) == reason
    assert selectors.why_not_pay_to(account, paid_on=date(2026, 9, 30)) is None


def test_a_bik_that_left_the_directory_or_was_deleted_is_not_paid_to(account):
    today = timezone.localdate()
    banks.load(SBER, VTB, day=today - timedelta(days=2))
    banks.load(VTB, day=today)
    assert facts_of(account).state == "closed"
    assert "closed since" in selectors.why_not_pay_to(account)
    assert selectors.why_not_pay_to(account, paid_on=today - timedelta(days=1)) is None

    deleted = Participant(status="PSDL", more={"DateOut": "2026-05-01"})
    banks.load(deleted, VTB, day=today + timedelta(days=1))
    assert selectors.why_not_pay_to(account) == (
        "This BIK is closed since 1 May 2026: this account cannot be paid to."
    )


def test_a_directory_of_tomorrow_stops_payments_of_today(account):
    today = timezone.localdate()
    banks.load(SBER, VTB, day=today)
    banks.load(VTB, day=today + timedelta(days=1))

    assert selectors.why_not_pay_to(account, paid_on=today)


def test_a_foreign_account_is_no_matter_of_the_directory(manager):
    banks.load(WITHDRAWN)
    company = services.create_company(actor=manager, kind="foreign", name="Twin GmbH")
    foreign = services.add_account(
        company_id=company.pk,
        actor=manager,
        bik="044525225",  # a routing number may look like a BIK
        bank_name="Bank",
        number="123456789",
        currency="USD",
    )

    assert facts_of(foreign).state == "foreign"
    assert selectors.why_not_pay_to(foreign) is None


def test_two_questions_whatever_the_number_of_accounts(
    account, company, manager, django_assert_num_queries: DjangoAssertNumQueries
):
    banks.load(SBER)
    number = requisites.with_key("40702810000000000002", "225")
    second = {**ACCOUNT, "number": number}
    accounts = [account, services.add_account(company_id=company.pk, actor=manager, **second)]

    with django_assert_num_queries(2):
        assert len(selectors.banks_of(accounts)) == 2


# --- Checks of an account ---------------------------------------------------------------


def refused(company, manager, **fields) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        services.add_account(company_id=company.pk, actor=manager, **fields)
    return caught.value.errors


def test_the_correspondent_account_must_be_the_directorys(company, manager):
    other = requisites.with_key("30101810000000001225", requisites.prefix_a("044525225"))
    banks.load(SBER)

    wrong = refused(company, manager, **{**ACCOUNT, "correspondent_account": other})

    assert wrong == {"correspondent_account": ["It does not fit this BIK."]}
    assert services.add_account(company_id=company.pk, actor=manager, **ACCOUNT)


def test_without_a_directory_it_is_checked_by_its_digits_alone(company, manager):
    other = requisites.with_key("30101810000000001225", requisites.prefix_a("044525225"))

    fields = {**ACCOUNT, "correspondent_account": other}
    assert services.add_account(company_id=company.pk, actor=manager, **fields)


def test_a_bank_that_has_none_needs_none(company, manager):
    banks.load(Participant(accounts=[]))

    assert "correspondent_account" in refused(company, manager, **ACCOUNT)
    fields = {**ACCOUNT, "correspondent_account": ""}
    assert services.add_account(company_id=company.pk, actor=manager, **fields)


def test_the_treasurys_single_account_stands_in_its_place(company, manager):
    single = (TREASURY_ACCOUNT["correspondent_account"], "UTRA", "ACAC")
    banks.load(Participant("017003983", "Казначейство", kind="52", accounts=[single]))

    assert services.add_account(company_id=company.pk, actor=manager, **TREASURY_ACCOUNT)


def test_an_account_that_the_directory_lists_needs_no_key(company, manager):
    # One of the sample's: it is opened in a unit of the Bank of Russia of another region.
    number = "40503810745250000030"
    fields = {"bik": "200000412", "bank_name": "Фонд", "number": number}
    assert "number" in refused(company, manager, correspondent_account="", **fields)

    banks.load(Participant("200000412", "Фонд", kind="99", accounts=[(number, "BANA", "ACAC")]))

    assert services.add_account(company_id=company.pk, actor=manager, **fields)


def test_an_account_in_a_closed_bank_is_still_written_down(company, manager):
    banks.load(WITHDRAWN)

    assert services.add_account(company_id=company.pk, actor=manager, **ACCOUNT)


# --- Filling in -------------------------------------------------------------------------


def fill(before=None, *, overwrite=False, **typed: str) -> tuple[str, str]:
    facts = selectors.look_up_bank(typed["bik"])
    shown = filled_in(typed, facts, before=before, overwrite=overwrite)
    return shown["bank_name"], shown["correspondent_account"]


def test_what_is_empty_is_filled_in():
    banks.load(SBER)

    assert fill(bik="044 525 225") == ('ПАО "СБЕРБАНК", г. Москва', "30101810400000000225")


def test_what_was_typed_stays_unless_it_is_asked_for():
    banks.load(SBER)
    typed = {"bik": SBER.bik, "bank_name": "Сбер"}

    assert fill(**typed) == ("Сбер", "30101810400000000225")
    assert fill(**typed, overwrite=True)[0] == 'ПАО "СБЕРБАНК", г. Москва'


def test_another_bik_takes_away_what_the_first_one_filled_in():
    banks.load(SBER, VTB)
    name, number = fill(bik=SBER.bik)
    typed = {"bank_name": name, "correspondent_account": number}
    before = selectors.bank_with(SBER.bik)

    assert fill(before, bik=VTB.bik, **typed)[0] == "БАНК ВТБ (ПАО), г. Москва"
    assert fill(before, bik="044525999", **typed) == ("", "")
    assert fill(before, bik="0445", **typed) == (name, number)
    assert fill(None, bik="044525999", bank_name="Мой") == ("Мой", "")


# --- The admin --------------------------------------------------------------------------


def test_administrators_read_the_directory(client: Client, administrator):
    administrator.language = "en"
    administrator.save()
    client.force_login(administrator, "people.auth.PeopleBackend")
    url = "/admin/counterparties/bank/"

    assert "The directory of banks is empty" in client.get(url).content.decode()
    banks.load(SBER, day=DAY)
    page = client.get(url, {"q": "сбербанк"}).content.decode()
    assert "Directory of 24 Nov 2026" in page
    assert client.get(f"{url}{SBER.bik}/change/").status_code == 200
    assert client.post(f"{url}{SBER.bik}/change/", {"name": "Б"}).status_code == 403
    assert client.get(f"{url}add/").status_code == 403
    assert client.post(f"{url}{SBER.bik}/delete/", {"post": "yes"}).status_code == 403

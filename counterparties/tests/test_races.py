"""Several people, or one impatient one, at the same moment (PostgreSQL)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from audit.refusals import Invalid
from audit.services import verify
from counterparties import requisites, services
from counterparties.models import Bank, BankAccount, Company, CompanyEvent
from counterparties.tests import banks
from counterparties.tests.conftest import ACCOUNT, ROMASHKA
from documents.models import Folder

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

THREADS = 8


def at_once(act: Callable[[int], object]) -> list[object]:
    """What each of the threads answered; an Invalid is an answer too."""
    barrier = Barrier(THREADS)

    def run(number: int) -> object:
        try:
            barrier.wait()
            return act(number)
        except Invalid as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_one_company_of_an_inn_wins(manager):
    answers = at_once(
        lambda number: services.create_company(
            actor=manager, form_key=uuid.uuid4(), **{**ROMASHKA, "name": f"№ {number}"}
        )
    )
    company = Company.objects.get()
    refusals = [answer for answer in answers if isinstance(answer, Invalid)]
    assert len(refusals) == THREADS - 1
    for refusal in refusals:
        assert f"/companies/{company.pk}/" in refusal.errors["inn"][0]
    assert CompanyEvent.objects.count() == 1
    assert Folder.objects.count() == 3


@pytest.mark.parametrize("inn", ["500100732259", ""])
def test_one_form_sent_many_times_makes_one_company(manager, inn):
    key = uuid.uuid4()
    answers = at_once(
        lambda number: services.create_company(
            actor=manager, form_key=key, kind="individual", name="Ким", inn=inn
        )
    )
    assert set(answers) == {Company.objects.get()}
    assert CompanyEvent.objects.count() == 1


def test_one_account_of_a_number_wins(manager, company):
    answers = at_once(
        lambda number: services.add_account(company_id=company.pk, actor=manager, **ACCOUNT)
    )
    assert sum(isinstance(answer, Invalid) for answer in answers) == THREADS - 1
    assert BankAccount.objects.count() == 1


def test_one_account_of_a_number_wins_across_companies(manager):
    companies = [
        services.create_company(
            actor=manager, kind="state_body", name="X", inn="7707083893", kpp=kpp
        )
        for kpp in (f"77360100{number}" for number in range(THREADS))
    ]
    answers = at_once(
        lambda number: services.add_account(
            company_id=companies[number].pk, actor=manager, **ACCOUNT
        )
    )
    refusals = [answer for answer in answers if isinstance(answer, Invalid)]
    assert len(refusals) == THREADS - 1
    assert all("number" in refusal.errors for refusal in refusals)


def test_there_is_one_main_account(manager, company):
    def add(number: int) -> BankAccount:
        account = requisites.with_key(f"4070281000000000000{number}", "225")
        return services.add_account(
            company_id=company.pk, actor=manager, is_main=True, **{**ACCOUNT, "number": account}
        )

    at_once(add)
    assert BankAccount.objects.count() == THREADS
    assert BankAccount.objects.filter(is_main=True).count() == 1
    assert verify() == []


def test_loads_of_the_directory_wait_for_one_another(db):
    participants = banks.full_size(40)
    answers = at_once(lambda number: banks.load(*participants).added)
    assert sorted(answers) == [0] * (THREADS - 1) + [40]
    assert Bank.objects.count() == 40

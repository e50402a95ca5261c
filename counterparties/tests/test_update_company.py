"""Changing a company: all is checked anew, the folder stays, the event tells what changed."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.utils import translation

from audit.refusals import Forbidden, Invalid
from audit.services import verify
from counterparties import services
from counterparties.tests.conftest import ACCOUNT
from people.models import User

RUSSIAN = {"inn": "7707083893", "kpp": "773601001"}

pytestmark = pytest.mark.django_db


def test_only_what_is_given_changes(company, manager):
    services.update_company(company_id=company.pk, actor=manager, name="ООО «Василёк»")
    company.refresh_from_db()
    assert (company.name, company.inn) == ("ООО «Василёк»", "7707083893")
    assert company.full_name == "ООО «Ромашка»"
    assert company.search.startswith("ооо василек ")
    assert company.folder.name == "ООО «Ромашка» (7707083893)"


def test_its_event_tells_before_and_after(company, manager):
    services.update_company(
        company_id=company.pk, actor=manager, name="ООО «Василёк»", kpp="540602001"
    )
    event = company.events.last()
    assert event.kind == "company.edited"
    assert event.data == {
        "changes": {"name": ["ООО «Ромашка»", "ООО «Василёк»"], "kpp": ["773601001", "540602001"]}
    }
    assert verify() == []


def test_nothing_changed_is_no_event(company, manager):
    services.update_company(company_id=company.pk, actor=manager, name=" ООО «Ромашка»")
    assert company.events.count() == 1


def test_a_form_sent_twice_is_one_event(company, manager):
    key = uuid.uuid4()
    services.update_company(company_id=company.pk, actor=manager, form_key=key, name="Первая")
    services.update_company(company_id=company.pk, actor=manager, name="Вторая")
    services.update_company(company_id=company.pk, actor=manager, form_key=key, name="Первая")
    company.refresh_from_db()
    assert (company.name, company.events.count()) == ("Вторая", 3)


def test_another_kind_checks_all_anew(company, manager):
    with pytest.raises(Invalid) as caught:
        services.update_company(company_id=company.pk, actor=manager, kind="sole_proprietor")
    assert set(caught.value.errors) == {"inn", "kpp", "ogrn"}
    company.refresh_from_db()
    assert company.kind == "organisation"


def test_another_kind_checks_the_accounts_in_use_too(manager):
    company = services.create_company(actor=manager, kind="foreign", name="Twin", **RUSSIAN)
    account = services.add_account(
        company_id=company.pk, actor=manager, **{**ACCOUNT, "number": "40702810938000060473"}
    )
    with translation.override("en"), pytest.raises(Invalid) as caught:
        services.update_company(company_id=company.pk, actor=manager, kind="organisation")
    assert caught.value.errors == {
        "kind": ["Account …0473 does not fit this kind: replace it first."]
    }
    services.add_account(company_id=company.pk, actor=manager, replaces_id=account.pk, **ACCOUNT)
    services.update_company(company_id=company.pk, actor=manager, kind="organisation")
    company.refresh_from_db()
    assert company.kind == "organisation"


def test_another_companys_inn_is_refused(company, manager):
    branch = services.create_company(
        actor=manager, kind="organisation", name="Филиал", inn=company.inn, kpp="540602001"
    )
    with pytest.raises(Invalid) as caught:
        services.update_company(company_id=branch.pk, actor=manager, kpp=company.kpp)
    assert f"/companies/{company.pk}/" in caught.value.errors["inn"][0]


def test_an_auditor_changes_nothing(company):
    auditor = User.objects.create_user("auditor", full_name="Auditor", is_auditor=True)
    with pytest.raises(Forbidden):
        services.update_company(company_id=company.pk, actor=auditor, name="Другая")


def test_our_own_are_changed_by_administrators_only(own, manager, administrator):
    with pytest.raises(Forbidden):
        services.update_company(company_id=own.pk, actor=manager, name="Другая")
    services.update_company(company_id=own.pk, actor=administrator, name="Другая")
    own.refresh_from_db()
    assert (own.name, own.is_own) == ("Другая", True)


def test_the_row_is_locked(company, manager, django_assert_num_queries):
    with django_assert_num_queries(10, exact=False) as queries:
        services.update_company(company_id=company.pk, actor=manager, name="Другая")
    if connection.vendor == "postgresql":
        assert any("FOR NO KEY UPDATE" in query["sql"] for query in queries)

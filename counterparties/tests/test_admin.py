"""Administrators look after our own organisations in Django's admin, through the services."""

from __future__ import annotations

import pytest
from django.test import Client

from counterparties import services
from counterparties.models import Company
from counterparties.tests.conftest import ACCOUNT, ROMASHKA

pytestmark = pytest.mark.django_db

URL = "/admin/counterparties/owncompany/"
NO_ACCOUNTS = {"accounts-TOTAL_FORMS": 0, "accounts-INITIAL_FORMS": 0}


@pytest.fixture
def admin(client: Client, administrator) -> Client:
    administrator.language = "en"
    administrator.save()
    client.force_login(administrator, "people.auth.PeopleBackend")
    return client


def account_row(row: int, **fields) -> dict[str, object]:
    return {f"accounts-{row}-{name}": value for name, value in {**ACCOUNT, **fields}.items()}


def test_only_administrators_come_in(client, manager):
    client.force_login(manager, "people.auth.PeopleBackend")
    assert client.get(URL).status_code == 302


def test_only_our_own_are_listed(admin, own, company):
    listed = admin.get(URL).context["cl"].result_list
    assert [row.pk for row in listed] == [own.pk]
    assert admin.get(f"{URL}{company.pk}/change/").status_code == 302
    assert len(admin.get(f"{URL}?q=ПЛАТЕЛЬЩИК").context["cl"].result_list) == 1


def test_one_is_made_with_its_folder_event_and_account(admin, administrator):
    assert admin.get(f"{URL}add/").status_code == 200
    typed = {**ROMASHKA, "full_name": "", "inn": "7707 083 893", **account_row(0)}
    typed |= {"accounts-TOTAL_FORMS": 1, "accounts-INITIAL_FORMS": 0}
    answer = admin.post(f"{URL}add/", typed)
    assert answer.status_code == 302, answer.context["errors"]
    company = Company.objects.get()
    assert company.is_own
    assert (company.inn, company.created_by) == ("7707083893", administrator)
    assert company.folder.path == "Companies/ООО «Ромашка» (7707083893)"
    assert company.accounts.get().is_main
    assert [event.kind for event in company.events.all()] == [
        "company.created",
        "company.account_added",
    ]


def test_one_is_changed(admin, own):
    typed = {"kind": "organisation", "name": "Новое имя", "inn": own.inn, "kpp": own.kpp}
    assert admin.get(f"{URL}{own.pk}/change/").status_code == 200
    assert admin.post(f"{URL}{own.pk}/change/", {**typed, **NO_ACCOUNTS}).status_code == 302
    own.refresh_from_db()
    assert own.name == "Новое имя"
    assert own.events.last().kind == "company.edited"


def test_a_mistake_stands_at_its_field(admin, own, company):
    typed = {"kind": "organisation", "name": "Имя", "inn": own.inn, "kpp": "1", **NO_ACCOUNTS}
    form = admin.post(f"{URL}{own.pk}/change/", typed).context["adminform"].form
    assert list(form.errors) == ["kpp"]
    typed |= {"inn": company.inn, "kpp": company.kpp}
    form = admin.post(f"{URL}{own.pk}/change/", typed).context["adminform"].form
    assert list(form.errors) == ["inn"]


def test_accounts_are_added_and_never_edited(admin, own, administrator):
    first = services.add_account(company_id=own.pk, actor=administrator, **ACCOUNT)
    typed = {"kind": "organisation", "name": own.name, "inn": own.inn, "kpp": own.kpp}
    typed |= {"accounts-TOTAL_FORMS": 2, "accounts-INITIAL_FORMS": 1}
    typed |= account_row(0, bank_name="Чужой банк")
    typed |= {"accounts-0-id": first.pk, "accounts-0-company": own.pk}
    typed |= account_row(1, number="03100643000000018500", is_main="on")
    answer = admin.post(f"{URL}{own.pk}/change/", typed)
    assert answer.status_code == 302, answer.context["errors"]
    first.refresh_from_db()
    assert (first.bank_name, first.is_main) == (ACCOUNT["bank_name"], False)
    assert own.accounts.get(is_main=True).number == "03100643000000018500"


def test_an_accounts_mistake_stands_at_its_field(admin, own):
    typed = {"kind": "organisation", "name": own.name, "inn": own.inn, "kpp": own.kpp}
    typed |= {"accounts-TOTAL_FORMS": 1, "accounts-INITIAL_FORMS": 0}
    typed |= account_row(0, number="40702810938000060473")
    answer = admin.post(f"{URL}{own.pk}/change/", typed)
    (errors,) = answer.context["inline_admin_formsets"][0].formset.errors
    assert list(errors) == ["number"]
    assert not own.accounts.exists()


def test_none_is_deleted(admin, own):
    assert admin.post(f"{URL}{own.pk}/delete/", {"post": "yes"}).status_code == 403

"""The forms: reasons at their fields, what was typed stays, a repeat is no mistake."""

from __future__ import annotations

import uuid

import pytest
from django.utils import translation

from counterparties import services
from counterparties.forms import BankAccountForm, CompanyForm, ContactForm
from counterparties.tests.conftest import ACCOUNT, CONTACT, ROMASHKA

pytestmark = pytest.mark.django_db


def test_a_good_form_gives_what_the_service_takes(manager):
    key = uuid.uuid4()
    form = CompanyForm({**ROMASHKA, "inn": "7707 083893", "form_key": str(key)})
    assert form.is_valid(), form.errors
    company = services.create_company(actor=manager, **form.service_fields())
    assert (company.inn, company.form_key) == ("7707083893", key)


def test_reasons_stand_at_their_fields_and_what_was_typed_stays():
    with translation.override("en"):
        form = CompanyForm({**ROMASHKA, "inn": " 7707 083894 ", "kpp": "1"})
        assert form.errors == {
            "inn": ["The INN's check digit does not fit. Compare it with the invoice."],
            "kpp": ["A KPP is 4 digits, 2 digits or Latin capitals, 3 digits."],
        }
        assert 'value=" 7707 083894 "' in str(form["inn"])


def test_a_missing_name_is_said_once():
    with translation.override("en"):
        form = CompanyForm({**ROMASHKA, "name": ""})
        assert form.errors == {"name": ["This field is required."]}


def test_an_existing_company_is_linked_in_the_page(company):
    form = CompanyForm({**ROMASHKA, "name": "Ещё одна"})
    assert f'<a href="/companies/{company.pk}/">ООО «Ромашка»</a>' in str(form["inn"].errors)


def test_what_the_same_form_made_is_no_duplicate(manager):
    key = uuid.uuid4()
    typed = {**ROMASHKA, "form_key": str(key)}
    services.create_company(actor=manager, form_key=key, **ROMASHKA)
    assert CompanyForm(typed).is_valid()
    assert not CompanyForm({**typed, "form_key": str(uuid.uuid4())}).is_valid()


def test_a_company_is_no_duplicate_of_itself(company):
    form = CompanyForm({**ROMASHKA, "name": "Другая"}, company=company)
    assert form.is_valid(), form.errors
    assert 'value="7707083893"' in str(CompanyForm(company=company)["inn"])


def test_a_new_form_has_a_fresh_key():
    assert CompanyForm()["form_key"].value() != CompanyForm()["form_key"].value()


def test_account_form(company, manager):
    form = BankAccountForm({**ACCOUNT, "is_main": "on"}, company=company)
    assert form.is_valid(), form.errors
    account = services.add_account(company_id=company.pk, actor=manager, **form.service_fields())
    assert account.number == ACCOUNT["number"]


def test_account_form_names_what_is_wrong(company):
    with translation.override("en"):
        form = BankAccountForm({**ACCOUNT, "number": "4070 2810"}, company=company)
        assert form.errors == {"number": ["20 digits; this has 8."]}
        assert 'value="4070 2810"' in str(form["number"])


def test_account_form_offers_what_may_be_replaced(company, own, manager, administrator):
    mine = services.add_account(company_id=company.pk, actor=manager, **ACCOUNT)
    number = "03100643000000018500"
    theirs = services.add_account(
        company_id=own.pk,
        actor=administrator,
        **{**ACCOUNT, "number": number},
    )
    typed = {**ACCOUNT, "bank_name": "Сбербанк"}
    form = BankAccountForm({**typed, "replaces": mine.pk}, company=company)
    assert form.is_valid(), form.errors
    assert form.service_fields()["replaces_id"] == mine.pk
    forged = BankAccountForm({**typed, "replaces": theirs.pk}, company=company)
    assert "replaces" in forged.errors


def test_a_replacement_sent_twice_is_no_mistake(company, manager):
    old = services.add_account(company_id=company.pk, actor=manager, **ACCOUNT)
    typed = {**ACCOUNT, "replaces": old.pk, "form_key": str(uuid.uuid4())}
    pks = set()
    for _each in range(2):
        form = BankAccountForm(typed, company=company)
        assert form.is_valid(), form.errors
        fields = form.service_fields()
        pks.add(services.add_account(company_id=company.pk, actor=manager, **fields).pk)
    assert len(pks) == 1


def test_contact_form(company, manager):
    form = ContactForm(CONTACT)
    assert form.is_valid(), form.errors
    contact = services.add_contact(company_id=company.pk, actor=manager, **form.service_fields())
    assert 'value="orlova@example.org"' in str(ContactForm(contact=contact)["email"])


def test_contact_form_names_what_is_wrong():
    form = ContactForm({**CONTACT, "email": "orlova", "full_name": ""})
    assert set(form.errors) == {"email", "full_name"}

"""The people on a company's side."""

from __future__ import annotations

import uuid

import pytest

from audit.refusals import Forbidden, Invalid
from audit.services import verify
from counterparties import services
from counterparties.models import Contact
from counterparties.tests.conftest import CONTACT

pytestmark = pytest.mark.django_db


def test_a_contact_is_added(company, manager):
    contact = services.add_contact(company_id=company.pk, actor=manager, **CONTACT)
    contact.refresh_from_db()
    assert (contact.full_name, contact.email) == ("Орлова Мария Сергеевна", "orlova@example.org")
    assert contact.company == company
    event = company.events.last()
    assert event.kind == "company.contact_added"
    assert event.data == {**CONTACT, "contact": contact.pk}


def test_only_a_name_is_needed(company, manager):
    contact = services.add_contact(company_id=company.pk, actor=manager, full_name=" Ким ")
    assert (contact.full_name, contact.email, contact.language) == ("Ким", "", "ru")


@pytest.mark.parametrize(
    "fields",
    [
        {"full_name": ""},
        {"full_name": "Ж" * 201},
        {"email": "orlova"},
        {"email": "orlova@example.org, kim@example.org"},
        {"phone": "1" * 41},
        {"language": "fr"},
    ],
)
def test_what_is_wrong_is_named_at_its_field(company, manager, fields):
    with pytest.raises(Invalid) as caught:
        services.add_contact(company_id=company.pk, actor=manager, **{**CONTACT, **fields})
    assert list(caught.value.errors) == list(fields)
    assert not Contact.objects.exists()


def test_a_contact_is_changed(company, manager):
    contact = services.add_contact(company_id=company.pk, actor=manager, **CONTACT)
    services.update_contact(contact_id=contact.pk, actor=manager, email="new@example.org")
    contact.refresh_from_db()
    assert (contact.email, contact.position) == ("new@example.org", "главный бухгалтер")
    event = company.events.last()
    assert event.kind == "company.contact_edited"
    assert event.data == {
        "contact": contact.pk,
        "full_name": contact.full_name,
        "changes": {"email": ["orlova@example.org", "new@example.org"]},
    }
    assert verify() == []


def test_an_unchanged_contact_is_no_event(company, manager):
    contact = services.add_contact(company_id=company.pk, actor=manager, **CONTACT)
    services.update_contact(contact_id=contact.pk, actor=manager, **CONTACT)
    assert company.events.count() == 2


def test_a_wrong_change_changes_nothing(company, manager):
    contact = services.add_contact(company_id=company.pk, actor=manager, **CONTACT)
    with pytest.raises(Invalid):
        services.update_contact(contact_id=contact.pk, actor=manager, email="orlova")
    contact.refresh_from_db()
    assert contact.email == "orlova@example.org"


def test_the_same_form_again_gets_the_first_contact(company, manager):
    key = uuid.uuid4()
    fields = {"company_id": company.pk, "actor": manager, "form_key": key, **CONTACT}
    assert services.add_contact(**fields) == services.add_contact(**fields)
    assert (Contact.objects.count(), company.events.count()) == (1, 2)


def test_our_own_contacts_are_for_administrators(own, manager, administrator):
    with pytest.raises(Forbidden):
        services.add_contact(company_id=own.pk, actor=manager, **CONTACT)
    contact = services.add_contact(company_id=own.pk, actor=administrator, **CONTACT)
    with pytest.raises(Forbidden):
        services.update_contact(contact_id=contact.pk, actor=manager, phone="1")

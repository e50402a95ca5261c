"""Finding companies."""

from __future__ import annotations

import pytest

from counterparties import selectors, services
from counterparties.tests.conftest import CONTACT
from people.search import normalise

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ООО «Ёлка»", "ооо елка"),
        ('  ООО\u00a0"Ёлка  и К" ', "ооо елка и к"),
        ("", ""),
        ("O'Hara", "o hara"),
        ("ооо\x00елка", "ооо елка"),
    ],
)
def test_normalise(text, normal):
    assert normalise(text) == normal


@pytest.mark.parametrize(
    "q", ["", "ромашка", "РОМАШКА ооо", 'ооо "Ромашка"', "7707083893", "707083", "773601001"]
)
def test_a_company_is_found(company, q):
    assert list(selectors.search_companies(q)) == [company]


@pytest.mark.parametrize("q", ["василёк", "ромашка 123", "%", "_"])
def test_a_company_is_not_found(company, q):
    assert not selectors.search_companies(q).exists()


def test_yo_is_found_as_ye(manager):
    company = services.create_company(actor=manager, kind="foreign", name="Ёлочные игрушки")
    assert list(selectors.search_companies("елочные")) == [company]
    assert list(selectors.search_companies("ЁЛОЧНЫЕ")) == [company]


def test_lists(company, own, manager):
    newer = services.create_company(actor=manager, kind="foreign", name="Twin")
    assert list(selectors.own_companies()) == [own]
    assert list(selectors.recent_companies()) == [newer, company]
    contact = services.add_contact(company_id=company.pk, actor=manager, **CONTACT)
    assert list(selectors.contacts_of(company)) == [contact]


def test_an_empty_inn_is_nobodys(manager):
    services.create_company(actor=manager, kind="foreign", name="Twin")
    assert selectors.company_with(inn="", kpp="") is None

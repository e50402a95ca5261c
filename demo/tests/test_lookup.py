"""The register of the demo's world."""

from __future__ import annotations

from collections import Counter

from counterparties.forms import CompanyForm
from counterparties.lookup.parties import best_for
from counterparties.models import CompanyKind, RegisterState
from demo import story
from demo.lookup import StoryRegister, everybody


def test_it_knows_the_story_by_inn_and_ogrn() -> None:
    for company in story.load().companies.values():
        for number in (company.inn, company.ogrn):
            [found] = StoryRegister().find(number)
            assert (found.name, found.kpp) == (company.name, company.kpp)


def test_it_knows_who_has_not_been_entered() -> None:
    assert StoryRegister().find("7799301010")[0].name == "ООО «Ясень и сыновья»"
    assert StoryRegister().find("7799507074") == []


def test_branches_are_found_together_and_by_kpp() -> None:
    found = StoryRegister().find("7799501019")

    assert [party.is_branch for party in found] == [False, True, True]
    assert best_for(found, kpp="169902001", ogrn="") == found[2]
    assert StoryRegister().find("7799501019", kpp="169902001") == [found[2]]


def test_every_party_would_pass_the_form(db: None) -> None:
    for party in everybody():
        kind = CompanyKind.SOLE_PROPRIETOR if party.is_person else CompanyKind.ORGANISATION
        fields = {
            name: getattr(party, name) for name in ("name", "full_name", "inn", "kpp", "ogrn")
        }
        assert CompanyForm({**fields, "kind": kind}).errors == {}


def test_every_trouble_can_be_shown() -> None:
    states = Counter(party.state for party in everybody())

    assert {RegisterState.LIQUIDATED, RegisterState.LIQUIDATING, RegisterState.BANKRUPT} <= set(
        states
    )
    assert any(party.is_invalid for party in everybody())

"""What a form may take of what was found; what was typed is never taken for free."""

from __future__ import annotations

from typing import Any

import pytest

from counterparties.lookup.offers import Offer, offers, taken
from counterparties.lookup.parties import Party

FOUND = Party(
    inn="7799506063",
    kpp="779901001",
    ogrn="1187799506069",
    name="ООО «Синий мост»",
    full_name="Общество «Синий мост»",
    address="125000, г Москва",
    head="",
    head_post="",
    state="active",
    is_invalid=False,
    is_person=False,
    is_branch=False,
)
PERSON = Party(**{**vars(FOUND), "inn": "529950606064", "kpp": "", "is_person": True})


def offer(field: str, party: Party = FOUND, **typed: str) -> Offer:
    return next(one for one in offers(party, typed) if one.field == field)


def test_an_empty_field_is_free() -> None:
    assert offer("name") == Offer("name", "ООО «Синий мост»", "", fits=False, is_free=True)


def test_a_typed_one_is_not() -> None:
    assert not offer("name", name="Мост").is_free


@pytest.mark.parametrize(
    ("field", "typed"),
    [("inn", "7799 506 063"), ("kpp", " 7799-01001 "), ("name", "ООО  «Синий мост» ")],
)
def test_spaces_make_no_difference(field: str, typed: str) -> None:
    assert offer(field, **{field: typed}).fits


def test_an_ogrn_in_the_field_of_the_inn_was_a_question() -> None:
    assert offer("inn", inn="1187799506069").is_free
    assert not offer("inn", inn="7799507074").is_free


@pytest.mark.parametrize(
    ("party", "typed", "value", "fits", "is_free"),
    [
        (FOUND, "organisation", "organisation", True, True),
        (FOUND, "state_body", "state_body", True, False),
        (FOUND, "foreign", "organisation", False, False),
        (PERSON, "organisation", "sole_proprietor", False, True),
        (PERSON, "individual", "sole_proprietor", False, False),
    ],
)
def test_kinds(party: Party, typed: str, value: str, fits: bool, is_free: bool) -> None:
    found = offer("kind", party, kind=typed)

    assert (found.value, found.fits, found.is_free) == (value, fits, is_free)


def test_what_the_register_does_not_know_is_not_offered() -> None:
    assert "kpp" not in {one.field for one in offers(PERSON, {"kpp": "779901001"})}


def test_all_or_some_are_taken() -> None:
    typed: dict[str, Any] = {"name": "Мост"}
    found = offers(FOUND, typed)

    assert taken(found, ["name"]) == {"name": "ООО «Синий мост»"}
    assert set(taken(found, None)) == {one.field for one in found}
    assert taken(found, []) == {}

"""What a form may take of a party: pure, so that what was typed is never lost by accident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from counterparties import requisites
from counterparties.lookup.parties import Party
from counterparties.models import CompanyKind

NUMBERS = ("inn", "kpp", "ogrn")
FIELDS = ("kind", "inn", "kpp", "ogrn", "name", "full_name", "legal_address")


@dataclass(frozen=True)
class Offer:
    """A fact for one field of CompanyForm. `fits`: it stands there already; `is_free`: taking it
    overwrites nothing that somebody typed."""

    field: str
    value: str
    typed: str
    fits: bool
    is_free: bool


def offers(party: Party, typed: Mapping[str, str]) -> list[Offer]:
    """Every field that the register knows something for; what it does not know stays as it is."""
    found = {
        "kind": _kind(party, typed.get("kind", "")),
        "inn": party.inn,
        "kpp": party.kpp,
        "ogrn": party.ogrn,
        "name": party.name,
        "full_name": party.full_name,
        "legal_address": party.address,
    }
    return [_offer(field, found[field], typed, party) for field in FIELDS if found[field]]


def taken(found: Iterable[Offer], names: Iterable[str] | None) -> dict[str, str]:
    """Field -> value of the offers named; None takes all."""
    return {offer.field: offer.value for offer in found if names is None or offer.field in names}


def _offer(field: str, value: str, typed: Mapping[str, str], party: Party) -> Offer:
    there = typed.get(field, "").strip()
    if field in NUMBERS:
        fits = requisites.strip(there) == value
    else:
        fits = there.split() == value.split()
    is_free = not there
    if field == "inn":  # an OGRN typed there was a question, not an INN
        is_free = is_free or requisites.strip(there) == party.ogrn
    if field == "kind":  # nobody chose what a new form begins with
        is_free = there in ("", CompanyKind.ORGANISATION)
    return Offer(field, value, there, fits, is_free)


def _kind(party: Party, typed: str) -> str:
    if party.is_person:
        return CompanyKind.SOLE_PROPRIETOR.value
    return typed if typed == CompanyKind.STATE_BODY else CompanyKind.ORGANISATION.value

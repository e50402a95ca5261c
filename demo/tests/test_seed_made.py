"""The text of the seeded rows, before any database has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from approvals.search import invoice_key
from approvals.vat import vat_inside
from audit.services import as_text
from demo.volume import making, numbers
from demo.volume.clock import ISO
from demo.volume.fates import Fates
from demo.volume.making import World
from demo.volume.payees import Account, Parties, Party
from demo.volume.process import Makers
from demo.volume.rows import DOCUMENTS, EVENTS, LETTERS, NOTICES, TABLES
from demo.volume.size import Size
from demo.volume.staff import Manager, Staff
from demo.volume.tables import Table, checked
from demo.volume.wording import wording
from people.search import padded

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAMES = ("А «Б» В", "Ё Б В", "Г Д Е")


def world(requests: int = 600) -> World:
    staff = Staff(
        managers=tuple(Manager(n, 1, 9, it, it, "+7", "m@a.example") for n, it in enumerate(NAMES)),
        accountants=(4, 5),
        categories=(1, 2),
    )
    accounts = {"RUB": Account(1, "1234", "«Банк»"), "USD": Account(2, "4321", "Банк")}
    contact = 1, "А Б В", "c@a.example", "ru"
    payer = Party(1, "ООО «Мост»", "мост", "7700000001", accounts, None, 1, "a")
    payees = tuple(
        Party(n, f"ООО «{n}»", str(n), "7700000002", accounts, contact if n % 3 else None, n, "b")
        for n in range(2, 10)
    )
    size = Size(requests=requests, companies=len(payees), years=2, seed=1, now=NOW)
    return World(size, staff, Parties((payer,), payees), 100)


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "STRETCH", 200)


def lines(table: Table, of: World) -> Iterator[dict[str, str]]:
    for texts in of.made(of.stretches()):
        for line in texts[TABLES.index(table)].decode().splitlines():
            yield dict(zip(table.columns, line.split("\t"), strict=True))


def test_json_is_as_the_audit_service_writes_it() -> None:
    found = [row["data"] for row in lines(EVENTS, world())]
    found += [row["context"] for row in lines(NOTICES, world())]
    assert len(found) > 1000
    for text in found:
        assert as_text(json.loads(text)) == text


def test_letters_come_in_the_order_of_jsonb() -> None:
    def is_ordered(names: dict[str, object]) -> bool:
        return list(names) == sorted(names, key=lambda name: (len(name), name))

    for row in lines(LETTERS, world()):
        said = json.loads(row["context"])
        assert is_ordered(said)
        assert is_ordered(said["on_failure"])


def test_search_columns_and_vat_are_as_the_forms_write_them() -> None:
    of = world()
    for fate in Fates(of.size, of.staff, of.parties).draw(range(1, 601)):
        it = wording(fate)
        vat = vat_inside(Decimal(fate.amount).scaleb(-2), it.vat_rate)
        assert it.vat == ("" if vat is None else str(vat))
        assert it.search == padded(f"{it.invoice} {it.purpose}  ")
        assert it.invoice == invoice_key(it.invoice)
        assert date.fromisoformat(ISO[it.day]).strftime("%d.%m.%Y") in it.purpose
    for row in lines(DOCUMENTS, of):
        assert row["search"] == padded(row["original_name"])[:520]


@pytest.fixture
def makers() -> Iterator[Makers]:
    them = Makers(2)
    yield them
    them.end()


def test_processes_make_what_one_makes(makers: Makers) -> None:
    of = world()
    assert list(makers.made(of)) == list(of.made(of.stretches()))


def test_a_process_that_died_is_noticed(makers: Makers) -> None:
    broken = replace(world(), parties=Parties((), ()))
    with pytest.raises(EOFError):
        list(makers.made(broken))


def test_what_a_line_cannot_hold() -> None:
    assert checked("«а»") == "«а»"
    for text in ("a\tb", "a\\b", "a\n"):
        with pytest.raises(ValueError, match="cannot stand"):
            checked(text)


def test_another_identity_for_every_folder() -> None:
    found = {numbers.public_id(n) for n in range(1, 5000)}
    assert len(found) == 4999
    assert all(len(it) == 10 and set(it) <= set(numbers.ID_LETTERS) for it in found)

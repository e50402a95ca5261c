"""The client of DaData before a real HTTP server: what it asks, what it reads, how it fails."""

from __future__ import annotations

import json
import logging
import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as installed

from counterparties.lookup import dadata
from counterparties.lookup.dadata import DaData
from counterparties.lookup.parties import LookupFailed, Party
from tests.register import INN, TOKEN, Register, Reply, party, person, state

SAMPLES = Path(installed.BASE_DIR).parent / "shared" / "samples" / "dadata"
LIMIT = {
    "family": "CLIENT_ERROR",
    "reason": "Forbidden",
    "message": f"Feature 'SUGGESTIONS' disabled for token '{TOKEN}'",
}


def failure(query: str = INN) -> LookupFailed:
    with pytest.raises(LookupFailed) as caught:
        DaData().find(query)
    return caught.value


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def test_an_organisation_is_read(register: Register) -> None:
    register.says(party())

    assert DaData().find(INN) == [
        Party(
            inn=INN,
            kpp="779901001",
            ogrn="1187799506069",
            name='ООО "СИНИЙ МОСТ"',
            full_name='ОБЩЕСТВО С ОГРАНИЧЕННОЙ ОТВЕТСТВЕННОСТЬЮ "СИНИЙ МОСТ"',
            address="125000, г Москва, Учебная ул, д 5",
            head="Мостовая Анна Ильинична",
            head_post="ГЕНЕРАЛЬНЫЙ ДИРЕКТОР",
            state="active",
            is_invalid=False,
            is_person=False,
            is_branch=False,
        )
    ]
    assert register.paths == ["/rs/findById/party"]
    assert register.asked == [{"query": INN, "count": 20}]
    assert register.headers["Authorization"] == f"Token {TOKEN}"
    assert register.headers["Content-Type"] == "application/json"


def test_a_sole_proprietor_heads_themselves(register: Register) -> None:
    register.says(person())

    [found] = DaData().find("529950606064")

    assert (found.is_person, found.kpp, found.name) == (True, "", "ИП Лугов Пётр Ильич")
    assert (found.head, found.head_post) == ("Лугов Пётр Ильич", "")


def test_a_branch_is_asked_for_by_its_kpp(register: Register) -> None:
    register.says(party(kpp="780202001", branch_type="BRANCH"))

    [found] = DaData().find(INN, kpp="780202001")

    assert found.is_branch
    assert register.asked == [{"query": INN, "count": 20, "kpp": "780202001"}]


def test_the_whole_address_of_the_service_does_too(register: Register, settings: Any) -> None:
    settings.DADATA_URL = f"{register.url}/findById/party"

    assert DaData().find(INN) == []
    assert register.paths == ["/rs/findById/party"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("ACTIVE", "active"),
        ("LIQUIDATING", "liquidating"),
        ("LIQUIDATED", "liquidated"),
        ("BANKRUPT", "bankrupt"),
        ("REORGANIZING", "reorganizing"),
        (None, ""),
    ],
)
def test_states(register: Register, status: str | None, expected: str) -> None:
    register.says(party(state=state(status)))

    assert DaData().find(INN)[0].state == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"invalid": True},
        {"address": {"value": "г Москва", "invalidity": {"code": "ADDRESS"}}},
    ],
)
def test_unreliable_data_is_marked(register: Register, changes: dict[str, Any]) -> None:
    register.says(party(**changes))

    assert DaData().find(INN)[0].is_invalid


def test_gaps_are_no_faults(register: Register) -> None:
    names = {"full_with_opf": "Фонд «Мост»", "short_with_opf": None}
    register.says(party(name=names, kpp=None, address=None, management=None))

    [found] = DaData().find(INN)

    assert (found.name, found.kpp, found.address, found.head) == ("Фонд «Мост»", "", "", "")


def test_what_no_database_takes_is_left_out(register: Register) -> None:
    names = {"full_with_opf": "А\x00Б \ud800\n В", "short_with_opf": "Я" * 900}
    register.says(party(name=names))

    [found] = DaData().find(INN)

    assert found.full_name == "АБ В"
    assert found.name == "Я" * 500


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, b"", "key"),
        (403, b'{"reason": "Forbidden", "message": "bad token"}', "key"),
        (403, json.dumps(LIMIT).encode(), "limit"),
        (413, b"", "too_long"),
        (429, b"<html>", "too_many"),
        (500, b"", "failed"),
        (502, b"<html>", "failed"),
        (503, b"", "failed"),
        (400, b"{}", "failed"),
        (404, b"", "failed"),
        (302, b"", "failed"),
        (200, b"", "not_understood"),
        (200, b"<html>maintenance</html>", "not_understood"),
        (200, b'{"suggestions": [', "not_understood"),
        (200, b"\xff\xfe\x00", "not_understood"),
        (200, b"[" * 200_000, "not_understood"),
        (200, b"[]", "not_understood"),
        (200, b"null", "not_understood"),
        (200, b'{"error": "none"}', "not_understood"),
        (200, b'{"suggestions": null}', "not_understood"),
        (200, b'{"suggestions": {"a": 1}}', "not_understood"),
        (200, b'{"suggestions": [{"value": "x"}]}', "not_understood"),
        (200, b'{"suggestions": [{"data": null}]}', "not_understood"),
        (200, b" " * 3_000_000, "not_understood"),
    ],
)
def test_every_failure_has_its_reason(
    register: Register, status: int, body: bytes, reason: str
) -> None:
    register.fails(status, body)

    assert failure().reason == reason


@pytest.mark.parametrize(
    "changes",
    [
        {"inn": None},
        {"inn": 7799506063},
        {"ogrn": ["1187799506069"]},
        {"kpp": 779901001},
        {"type": "ALIEN"},
        {"name": "Синий мост"},
        {"name": {"full": "Синий мост"}},
        {"name": {"full_with_opf": None, "short_with_opf": ""}},
        {"state": None},
        {"state": {"code": 1}},
        {"state": {"status": "DISSOLVED"}},
        {"state": {"status": 5}},
        {"address": "г Москва"},
        {"management": {"post": "Директор"}},
        {"management": "Мостовая"},
    ],
)
def test_a_changed_schema_is_not_guessed_at(register: Register, changes: dict[str, Any]) -> None:
    register.says(party(**changes))

    assert failure().reason == "not_understood"


@pytest.mark.parametrize("missing", ["inn", "ogrn", "type", "name", "state"])
def test_what_we_live_by_must_be_there(register: Register, missing: str) -> None:
    data = party()
    del data[missing]
    register.says(data)

    assert failure().reason == "not_understood"


def test_a_slow_service_is_not_waited_for(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dadata, "TIMEOUT", httpx.Timeout(0.1))
    register.replies = [Reply(pause=0.4)]

    assert failure().reason == "timeout"


def test_nor_one_that_never_ends(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dadata, "WHOLE_SECONDS", 0.1)
    register.replies = [Reply(body=b" " * 100, drip=0.01)]

    assert failure().reason == "timeout"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/rs", "http://", "http://[::1/rs"])
def test_nobody_there(register: Register, settings: Any, url: str) -> None:
    settings.DADATA_URL = url

    assert failure().reason == "unreachable"


def test_a_spoilt_encoding(register: Register) -> None:
    register.replies = [Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"})]

    assert failure().reason == "not_understood"


@pytest.mark.parametrize("token", [TOKEN, f"{TOKEN}\nX: 1", f"{TOKEN}ключ"])
def test_the_token_is_in_no_exception_and_no_log(
    register: Register, settings: Any, caplog: pytest.LogCaptureFixture, token: str
) -> None:
    settings.DADATA_TOKEN = token
    register.fails(403, json.dumps(LIMIT).encode())
    caplog.set_level(logging.INFO)

    found = failure()

    told = "".join(traceback.format_exception(found)) + str(found.words) + repr(vars(found))
    assert TOKEN not in told
    assert TOKEN not in caplog.text


@pytest.mark.samples
def test_recorded_answers(register: Register) -> None:
    register.replies = [Reply(body=sample("findById_party_response.json"))]
    data = json.loads(register.replies[0].body)["suggestions"][0]["data"]

    [found] = DaData().find(data["inn"])

    assert (found.inn, found.kpp, found.ogrn) == (data["inn"], data["kpp"], data["ogrn"])
    assert found.name == data["name"]["short_with_opf"]
    assert found.full_name == data["name"]["full_with_opf"]
    assert found.address == data["address"]["unrestricted_value"]
    assert (found.head, found.state) == (data["management"]["name"], "active")
    assert not found.is_branch


@pytest.mark.samples
def test_recorded_failures(register: Register) -> None:
    register.replies = [
        Reply(body=sample("not_found.json")),
        Reply(status=403, body=sample("error_403_limit.json")),
    ]

    assert DaData().find(INN) == []
    assert failure().reason == "limit"


@pytest.mark.samples
def test_a_bank_is_no_party(register: Register) -> None:
    """The other method's answer has another shape: refused, not half read."""
    register.replies = [Reply(body=sample("findById_bank_response.json"))]

    assert failure().reason == "not_understood"

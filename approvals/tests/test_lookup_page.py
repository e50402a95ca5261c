"""Looking requisites up in a counterparty's form, as a browser without scripts does it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.http import HttpResponse

from approvals.tests.builders import World, approved, draft, on_approval
from approvals.tests.pages import handle, handles, logged_in
from counterparties.lookup import services as lookup
from counterparties.models import Company
from tests.register import INN, TOKEN, Register, Reply, party, person, state

pytestmark = pytest.mark.once

URL = "/companies/lookup/"


def values(response: HttpResponse) -> dict[str, str]:
    """What the form's fields hold."""
    page = BeautifulSoup(response.content, "html.parser")
    names = ("inn", "kpp", "ogrn", "name", "full_name", "legal_address", "form_key", "company")
    found = {name: page.select_one(f'input[name="{name}"]') for name in names}
    chosen = page.select_one('select[name="kind"] option[selected]')
    assert chosen is not None
    return {"kind": str(chosen["value"])} | {
        name: str(field.get("value", "")) for name, field in found.items() if field is not None
    }


def ticked(response: HttpResponse) -> set[str]:
    page = BeautifulSoup(response.content, "html.parser")
    return {str(box["value"]) for box in page.select("input[name=take][checked]")}


def test_what_is_found_is_shown_and_nothing_is_taken(world: World, register: Register) -> None:
    register.says(party())

    response = logged_in(world.manager).post(URL, {"inn": INN})

    assert response.status_code == 200
    result = handle(response, "lookup-result")
    assert (result["data-inn"], result["data-state"]) == (INN, "active")
    assert (result["data-kpp"], result["data-ogrn"]) == ("779901001", "1187799506069")
    assert "data-invalid" not in result
    shown = {row["data-field"]: row["data-value"] for row in handles(response, "lookup-field")}
    assert shown == {
        "kind": "organisation",
        "inn": INN,
        "kpp": "779901001",
        "ogrn": "1187799506069",
        "name": 'ООО "СИНИЙ МОСТ"',
        "full_name": 'ОБЩЕСТВО С ОГРАНИЧЕННОЙ ОТВЕТСТВЕННОСТЬЮ "СИНИЙ МОСТ"',
        "legal_address": "125000, г Москва, Учебная ул, д 5",
    }
    assert "Мостовая Анна Ильинична" in response.content.decode()
    assert values(response)["name"] == ""
    assert ticked(response) == {"kpp", "ogrn", "name", "full_name", "legal_address"}
    assert not Company.objects.filter(inn=INN).exists()


def test_all_is_taken_and_can_be_saved(world: World, register: Register) -> None:
    register.says(party())
    client, key = logged_in(world.manager), str(uuid.uuid4())

    filled = client.post(URL, {"inn": INN, "take_all": "1", "form_key": key})
    form = values(filled)
    saved = client.post("/companies/new/", form)

    assert form["name"] == 'ООО "СИНИЙ МОСТ"'
    assert form["form_key"] == key
    assert saved.status_code == 303
    company = Company.objects.get(inn=INN)
    assert company.legal_address == "125000, г Москва, Учебная ул, д 5"
    assert handle(client.get(saved["Location"]), "company-state")["data-state"] == "active"
    assert handles(client.get(saved["Location"]), "company-mark") == []


def test_some_of_it_is_taken_and_what_was_typed_stays(world: World, register: Register) -> None:
    register.says(party())
    client = logged_in(world.manager)
    typed = {"inn": INN, "name": "ООО «Мост»", "legal_address": "Тверь"}

    found = client.post(URL, typed)
    filled = client.post(URL, {**typed, "take_ticked": "1", "take": ["kpp", "legal_address"]})

    assert values(found)["name"] == "ООО «Мост»"
    assert ticked(found) == {"kpp", "ogrn", "full_name"}
    form = values(filled)
    assert (form["name"], form["ogrn"]) == ("ООО «Мост»", "")
    assert (form["kpp"], form["legal_address"]) == (
        "779901001",
        "125000, г Москва, Учебная ул, д 5",
    )
    assert len(register.asked) == 1


def test_an_ogrn_finds_too(world: World, register: Register) -> None:
    register.says(party())
    client = logged_in(world.manager)

    in_its_field = client.post(URL, {"inn": "", "ogrn": "1187799506069"})
    in_the_other = client.post(
        URL, {"inn": "1187799506069", "take_ticked": "1", "take": ["inn", "ogrn"]}
    )

    assert handle(in_its_field, "lookup-result")["data-inn"] == INN
    assert "inn" in ticked(in_its_field)
    assert (values(in_the_other)["inn"], values(in_the_other)["ogrn"]) == (INN, "1187799506069")


def test_a_sole_proprietor_changes_the_kind(world: World, register: Register) -> None:
    register.says(person())
    client = logged_in(world.manager)
    typed = {"inn": "529950606064", "kind": "organisation"}

    found = client.post(URL, typed)
    filled = client.post(URL, {**typed, "take_all": "1"})

    assert "kind" in ticked(found)
    assert values(found)["kind"] == "organisation"
    assert values(filled)["kind"] == "sole_proprietor"
    assert client.post("/companies/new/", values(filled)).status_code == 303


def test_a_branch_is_chosen_by_kpp_or_from_the_list(world: World, register: Register) -> None:
    branch = {"kpp": "780202001", "branch_type": "BRANCH"}
    register.says(party(), party(**branch), party(kpp=None, branch_type="BRANCH"))
    client = logged_in(world.manager)

    head = client.post(URL, {"inn": INN})
    by_kpp = client.post(URL, {"inn": INN, "kpp": "780202001"})
    others = handles(head, "lookup-other")
    page = BeautifulSoup(head.content, "html.parser")
    buttons = [str(button["value"]) for button in page.select("button[name=choose]")]
    by_hand = client.post(URL, {"inn": INN, "choose": buttons[0], "party": "stale"})
    taken = client.post(URL, {"inn": INN, "party": buttons[0], "take_all": "1"})

    assert handle(head, "lookup-result")["data-kpp"] == "779901001"
    assert [other["data-kpp"] for other in others] == ["780202001", ""]
    assert handle(by_kpp, "lookup-result")["data-kpp"] == "780202001"
    assert handle(by_hand, "lookup-result")["data-kpp"] == "780202001"
    assert values(taken)["kpp"] == "780202001"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(), "not_found"),
        (Reply(401), "key"),
        (Reply(403, b'{"message": "Feature \'SUGGESTIONS\' disabled for token"}'), "limit"),
        (Reply(413), "too_long"),
        (Reply(429), "too_many"),
        (Reply(500), "failed"),
        (Reply(503, f"<h1>{TOKEN}</h1>".encode()), "failed"),
        (Reply(body=b"{"), "not_understood"),
        (Reply(body=b'{"suggestions": [{"data": {"tin": 1}}]}'), "not_understood"),
    ],
)
def test_every_failure_leaves_the_form_as_it_was(
    world: World, register: Register, reply: Reply, reason: str
) -> None:
    register.replies = [reply]
    client, typed = logged_in(world.manager), {"inn": INN, "name": "ООО «Мост»", "kpp": "779901001"}

    response = client.post(URL, typed)

    assert response.status_code == 200
    assert handle(response, "lookup-failure")["data-reason"] == reason
    assert handles(response, "lookup-result") == []
    assert TOKEN not in response.content.decode()
    form = values(response)
    assert {name: form[name] for name in typed} == typed
    assert client.post("/companies/new/", form).status_code == 303


@pytest.mark.parametrize("inn", ["", "779950606", "7799506064", "Мост"])
def test_what_is_no_number_is_not_asked(world: World, register: Register, inn: str) -> None:
    response = logged_in(world.manager).post(URL, {"inn": inn})

    assert response.status_code == 422
    assert handle(response, "lookup-failure")["data-reason"] == "invalid"
    assert register.asked == []


def test_who_is_there_already_is_linked(world: World, register: Register) -> None:
    known = {"inn": world.company.inn, "kpp": world.company.kpp, "ogrn": world.company.ogrn}
    register.says(party(**known))
    client = logged_in(world.manager)

    response = client.post(URL, {"inn": world.company.inn})

    assert handle(response, "lookup-exists")
    assert f'<a href="{world.company.get_absolute_url()}">' in response.content.decode()


def test_an_existing_company_is_looked_up_in_its_own_form(world: World, register: Register) -> None:
    known = {"inn": world.company.inn, "kpp": world.company.kpp, "ogrn": world.company.ogrn}
    register.says(party(**known))
    client, pk = logged_in(world.manager), world.company.pk

    response = client.post(
        URL, {"company": pk, "inn": world.company.inn, "kpp": world.company.kpp, "take_all": "1"}
    )

    assert handles(response, "lookup-exists") == []
    page = BeautifulSoup(response.content, "html.parser")
    assert page.select_one(f'form[action="/companies/{pk}/edit/"]') is not None
    saved = client.post(f"/companies/{pk}/edit/", values(response))
    assert saved.status_code == 303
    world.company.refresh_from_db()
    assert world.company.name == 'ООО "СИНИЙ МОСТ"'


@pytest.mark.parametrize("pk", ["999", str(10**30), "x", "-1", "²"])
def test_a_company_that_is_not_there(world: World, register: Register, pk: str) -> None:
    response = logged_in(world.manager).post(URL, {"company": pk, "inn": INN})

    assert response.status_code == (404 if pk.isdecimal() else 200)


def test_what_comes_back_is_text_and_no_markup(world: World, register: Register) -> None:
    names = {"full_with_opf": "<script>alert(1)</script>", "short_with_opf": '"><b>x'}
    register.says(party(name=names))

    page = logged_in(world.manager).post(URL, {"inn": INN, "take_all": "1"}).content.decode()

    assert "<script>alert" not in page
    assert "<b>x" not in page


def test_without_a_service_there_is_no_button(world: World, settings: Any) -> None:
    settings.DADATA_TOKEN = settings.LOOKUP_PROVIDER = ""
    client = logged_in(world.manager)

    assert "data-lookup" not in client.get("/companies/new/").content.decode()
    answer = client.post(URL, {"inn": INN})

    assert answer.status_code == 200
    assert handle(answer, "lookup-failure")["data-reason"] == "off"


def test_a_company_in_trouble_is_marked_wherever_it_is_paid(
    world: World, register: Register
) -> None:
    drafted, waiting, payable = draft(world), on_approval(world), approved(world)
    known = {"inn": world.company.inn, "kpp": world.company.kpp, "ogrn": world.company.ogrn}
    register.says(party(**known, state=state("LIQUIDATING"), invalid=True))

    lookup.look_up(world.company.inn)

    pages = [
        (world.manager, f"/requests/{drafted.pk}/"),
        (world.manager, f"/requests/{drafted.pk}/edit/"),
        (world.supervisor, f"/requests/{waiting.pk}/"),
        (world.accountant, f"/requests/{payable.pk}/"),
        (world.manager, world.company.get_absolute_url()),
        (world.supervisor, "/tasks/"),
    ]
    for user, path in pages:
        marks = handles(logged_in(user).get(path), "company-mark")
        # The list of tasks says it beside the task, and again on the open task's card.
        times = 2 if path == "/tasks/" else 1
        assert [mark["data-mark"] for mark in marks] == ["liquidating", "invalid"] * times, path
    rows = handles(logged_in(world.accountant).get("/requests/"), "company-mark")
    assert len(rows) == 6
    card = logged_in(world.manager).get(world.company.get_absolute_url())
    assert handle(card, "company-state")["data-state"] == "liquidating"
    history = logged_in(world.manager).get(world.company.get_absolute_url(), {"tab": "history"})
    assert "company.state_changed" in {event["data-kind"] for event in handles(history, "event")}

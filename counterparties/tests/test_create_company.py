"""A new company, its folders and its event."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from django.utils import translation

from audit.refusals import Forbidden, Invalid
from audit.services import verify
from counterparties import services
from counterparties.models import Company, CompanyEvent
from counterparties.tests.conftest import ROMASHKA
from documents.models import Folder
from people.models import User

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def refused(**fields) -> dict[str, list[str]]:
    actor = fields.pop("actor", None) or User.objects.filter(is_manager=True).get()
    with translation.override("en"), pytest.raises(Invalid) as caught:
        services.create_company(actor=actor, **{**ROMASHKA, **fields})
    return caught.value.errors


def test_a_company_is_saved_cleaned(manager):
    fields = {**ROMASHKA, "name": "  ООО   «Ромашка» ", "inn": "7707 083 893", "kpp": "7736-01-001"}
    company = services.create_company(actor=manager, now=NOW, **fields)
    company.refresh_from_db()
    assert company.name == company.full_name == "ООО «Ромашка»"
    assert (company.inn, company.kpp, company.ogrn) == ("7707083893", "773601001", "1027700132195")
    assert (company.created_by, company.created_at, company.is_own) == (manager, NOW, False)
    assert company.search == "ооо ромашка ооо ромашка 7707083893 773601001"


def test_its_folders_are_promised_with_it(manager):
    company = services.create_company(actor=manager, now=NOW, **ROMASHKA)
    assert company.folder.path == "Companies/ООО «Ромашка» (7707083893)"
    assert company.requests_folder.path == f"{company.folder.path}/Payment requests"
    assert company.requests_folder.parent == company.folder
    assert set(Folder.objects.values_list("state", "next_try_at")) == {("pending", NOW)}


def test_its_event_tells_what_was_typed(manager):
    company = services.create_company(actor=manager, now=NOW, **ROMASHKA)
    (event,) = company.events.all()
    assert (event.kind, event.actor, event.at) == ("company.created", manager, NOW)
    assert event.data == {**ROMASHKA, "full_name": ROMASHKA["name"]}
    assert verify() == []


def test_a_clash_of_folder_names_adds_the_kpp(company, manager):
    branch = services.create_company(actor=manager, **{**ROMASHKA, "kpp": "540602001"})
    assert branch.folder.name == "ООО «Ромашка» (7707083893-540602001)"


def test_without_an_inn_the_folder_carries_its_own_id(manager):
    company = services.create_company(actor=manager, kind="individual", name="Пётр Ким")
    assert company.folder.name == f"Пётр Ким ({company.folder.public_id})"


def test_a_long_name_leaves_the_inn_readable(manager):
    company = services.create_company(actor=manager, **{**ROMASHKA, "name": "Ж" * 160})
    assert company.folder.name.endswith("Ж (7707083893)")
    assert len(company.folder.name.encode()) <= 200


@pytest.mark.parametrize("role", ["is_manager", "is_accountant", "is_administrator"])
def test_who_creates(role):
    actor = User.objects.create_user("actor", full_name="Actor", **{role: True})
    assert services.create_company(actor=actor, **ROMASHKA).created_by == actor


@pytest.mark.parametrize("roles", [{}, {"is_auditor": True}])
def test_who_does_not(roles):
    actor = User.objects.create_user("actor", full_name="Actor", **roles)
    with pytest.raises(Forbidden):
        services.create_company(actor=actor, **ROMASHKA)
    assert not Company.objects.exists()


def test_our_own_are_created_by_administrators_only(manager, administrator):
    with pytest.raises(Forbidden):
        services.create_company(actor=manager, is_own=True, **ROMASHKA)
    assert services.create_company(actor=administrator, is_own=True, **ROMASHKA).is_own


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "sole_proprietor", "inn": "500100732259", "kpp": "", "ogrn": "304500116000157"},
        {"kind": "sole_proprietor", "inn": "500100732259", "kpp": "", "ogrn": ""},
        {"kind": "individual", "inn": "500100732259", "kpp": "", "ogrn": ""},
        {"kind": "individual", "inn": "", "kpp": "", "ogrn": ""},
        {"kind": "state_body"},
        {"kind": "foreign", "inn": "", "kpp": "", "ogrn": "HRB 12345"},
        {"kind": "foreign", "inn": "12345", "kpp": "", "ogrn": ""},
        {"ogrn": "", "legal_address": ""},
    ],
)
def test_every_kind_has_requisites_of_its_own(manager, fields):
    company = services.create_company(actor=manager, **{**ROMASHKA, **fields})
    assert company.kind == fields.get("kind", "organisation")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": " "}, {"name"}),
        ({"name": "Ж" * 161}, {"name"}),
        ({"full_name": "Ж" * 501}, {"full_name"}),
        ({"legal_address": "Ж" * 501}, {"legal_address"}),
        ({"kind": "cat"}, {"kind"}),
        ({"kind": None}, {"kind"}),
        ({"inn": "7707083894"}, {"inn"}),
        ({"inn": "", "kpp": "", "ogrn": "1"}, {"inn", "kpp", "ogrn"}),
        ({"kind": "sole_proprietor"}, {"inn", "kpp", "ogrn"}),
        ({"kind": "sole_proprietor", "inn": "500100732259", "kpp": ""}, {"ogrn"}),
        ({"kind": "individual", "inn": ""}, {"kpp", "ogrn"}),
        ({"ogrn": "304500116000157"}, {"ogrn"}),
    ],
)
def test_all_reasons_are_given_at_once_by_field(manager, fields, wrong):
    assert set(refused(**fields)) == wrong
    assert not Company.objects.exists()
    assert not Folder.objects.exists()


def test_one_company_per_inn_and_kpp(company, manager):
    errors = refused(name="<b>Другая</b>", inn="7707 083893")
    link = f'<a href="/companies/{company.pk}/">ООО «Ромашка»</a>'
    assert errors == {"inn": [f"A counterparty with this INN and KPP exists: {link}."]}


def test_one_company_per_inn_where_there_is_no_kpp(manager):
    fields = {"kind": "individual", "inn": "500100732259", "kpp": "", "ogrn": ""}
    first = services.create_company(actor=manager, **{**ROMASHKA, **fields, "name": "<i>Ким</i>"})
    (message,) = refused(**fields)["inn"]
    assert message == (
        "A counterparty with this INN exists: "
        f'<a href="/companies/{first.pk}/">&lt;i&gt;Ким&lt;/i&gt;</a>.'
    )


def test_any_number_of_companies_without_an_inn(manager):
    for _each in range(2):
        services.create_company(actor=manager, kind="foreign", name="Twin GmbH")
    assert Company.objects.count() == 2
    assert len(set(Company.objects.values_list("folder__path"))) == 2


def test_the_same_form_again_gets_the_first_company(manager):
    key = uuid.uuid4()
    first = services.create_company(actor=manager, form_key=key, **ROMASHKA)
    again = services.create_company(actor=manager, form_key=key, **ROMASHKA)
    assert again == first
    assert (Company.objects.count(), CompanyEvent.objects.count()) == (1, 1)


def test_somebody_elses_form_key_is_no_repeat(manager, administrator):
    key = uuid.uuid4()
    services.create_company(actor=manager, form_key=key, **ROMASHKA)
    assert "inn" in refused(actor=administrator, form_key=key)

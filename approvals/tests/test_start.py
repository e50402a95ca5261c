"""The first start: a code, a person, perhaps an organisation; and never again."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from approvals.services import start as services
from audit.refusals import Conflict
from counterparties.models import BankAccount, Company
from people import start
from people.models import PersonEvent, User

PASSWORD = "a heron over grey water 7"


def form(**changes: str) -> dict[str, str]:
    typed = {
        "code": start.setup_code(),
        "full_name": "Соколова Анна Петровна",
        "email": "anna@firm.example",
        "language": "en",
        "username": "anna",
        "new_password1": PASSWORD,
        "new_password2": PASSWORD,
        "organisation-kind": "organisation",
    }
    return typed | changes


ORGANISATION = {
    "organisation-inn": "77 99 301010",
    "organisation-kpp": "779901001",
    "organisation-name": "ООО «Ладья»",
}
ACCOUNT = {
    "account-bik": "044525104",
    "account-bank_name": "ООО «Банк Точка»",
    "account-correspondent_account": "30101810745374525104",
    "account-number": "40702810799990000213",
}


@pytest.mark.django_db
def test_every_page_leads_to_the_first_start_until_somebody_exists(
    django_assert_num_queries: Any,
) -> None:
    client = Client()
    assert client.get("/companies/", follow=True).redirect_chain[-1] == ("/start/", 303)
    assert client.get("/start/").status_code == 200

    User.objects.create_user("anna", PASSWORD, full_name="Анна")
    assert client.get("/login/").status_code == 200
    for method in (client.get, client.post):
        answer = method("/start/", form())
        assert (answer.status_code, answer["Location"]) == (303, "/login/")
    with django_assert_num_queries(0):  # a running installation is not asked again
        assert start.somebody_exists()


@pytest.mark.django_db
def test_the_printed_code_makes_the_administrator_who_stands_in_the_settings() -> None:
    out = io.StringIO()
    call_command("welcome", stdout=out)
    [line] = [line for line in out.getvalue().splitlines() if "/start/" in line]
    code = line.split()[-1]

    client = Client()
    answer = client.post("/start/", form(code=code.lower().replace("-", " ")))

    assert (answer.status_code, answer["Location"]) == (303, "/settings/")
    person = User.objects.get()
    assert person.is_administrator
    assert person.check_password(PASSWORD)
    [event] = PersonEvent.objects.filter(kind="person.first")
    assert event.data["changes"]["is_administrator"] == [False, True]
    page = client.get("/settings/").content.decode()
    assert "Your log-in name is anna" in page
    assert 'data-step="organisation" data-done="no"' in page
    out = io.StringIO()
    call_command("welcome", stdout=out)
    assert "/start/" not in out.getvalue()


@pytest.mark.django_db
def test_an_organisation_with_its_account_comes_with_it_or_nothing_at_all() -> None:
    wrong = form(**ORGANISATION, **ACCOUNT | {"account-number": "40702810799990000214"})
    answer = Client().post("/start/", wrong)
    assert answer.status_code == 422
    assert answer.context["account"].errors.keys() == {"number"}
    assert 'value="40702810799990000214"' in answer.content.decode()
    answer = Client().post("/start/", form(**ORGANISATION | {"organisation-inn": "7799301011"}))
    assert answer.context["organisation"].errors.keys() == {"inn"}
    answer = Client().post("/start/", form(**ACCOUNT))
    assert answer.context["organisation"].errors.keys() >= {"name"}
    assert not User.objects.exists()
    assert not Company.objects.exists()

    client = Client()
    assert client.post("/start/", form(**ORGANISATION, **ACCOUNT)).status_code == 303
    company = Company.objects.get()
    assert (company.is_own, company.inn) == (True, "7799301010")
    assert BankAccount.objects.get().is_main
    page = client.get("/settings/").content.decode()
    assert 'data-step="organisation" data-done="yes"' in page


@pytest.mark.django_db
def test_faults_are_shown_at_their_fields_and_a_poor_password_is_refused() -> None:
    poor = {"new_password1": "anna-anna-12", "new_password2": "anna-anna-12"}
    answer = Client().post("/start/", form(email="nowhere", full_name="", **poor))
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"email", "full_name", "new_password2"}
    assert "anna-anna-12" not in answer.content.decode()


@pytest.mark.django_db
def test_the_register_fills_the_organisation_in_for_the_code_alone() -> None:
    asked = form(**{"organisation-inn": "7799301010", "action": "look_up"})
    answer = Client().post("/start/", asked)
    assert answer.status_code == 200
    assert answer.context["organisation"]["name"].value()
    assert answer.context["organisation"]["ogrn"].value()
    assert 'value="anna@firm.example"' in answer.content.decode()

    answer = Client().post("/start/", asked | {"code": "guess"})
    assert answer.status_code == 422
    assert not answer.context["organisation"]["name"].value()


@pytest.mark.django_db
def test_wrong_codes_are_throttled_and_make_nobody() -> None:
    client = Client()
    codes = [client.post("/start/", form(code=f"guess{n}")).status_code for n in range(12)]
    assert codes == [422] * 11 + [429]
    assert client.post("/start/", form()).status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.8").post("/start/", form()).status_code == 303


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_becomes_administrator() -> None:
    def press(name: str) -> str:
        person = {"username": name, "full_name": name, "email": "", "language": "ru"}
        try:
            return services.begin(person={**person, "password": PASSWORD}).username
        except Conflict:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = [name for name in pool.map(press, ["a", "b", "c", "d"]) if name]
    assert len(made) == 1
    assert [person.username for person in User.objects.all()] == made

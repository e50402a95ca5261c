"""The list, the card and the forms of counterparties and their contacts."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from approvals import services
from approvals.models import PaymentRequest
from approvals.tests.builders import World, approved, draft, paid, pay, upload
from approvals.tests.pages import handle, handles, logged_in
from approvals.views import company_card
from counterparties.models import BankAccount, Company, Contact
from counterparties.services import create_company
from documents.tasks import make_folder

NEW = {"kind": "organisation", "name": "ООО «Новая ёлка»", "inn": "7799201030", "kpp": "779901001"}
ACCOUNT = {
    "bik": "044525225",
    "bank_name": "ПАО Сбербанк",
    "correspondent_account": "3010 1810 4000 0000 0225",
    "currency": "RUB",
}


def card(company: Company, tab: str = "") -> str:
    url = reverse("approvals:company", args=[company.pk])
    return f"{url}?tab={tab}" if tab else url


def test_list_finds_by_part_of_name_and_by_inn(world: World) -> None:
    client = logged_in(world.auditor)

    by_name = handles(client.get("/companies/", {"q": "КАНЦ верба"}), "company-row")
    by_inn = handles(client.get("/companies/", {"q": "7799201022"}), "company-row")

    assert [row["data-pk"] for row in by_name] == [str(world.company.pk)]
    assert [row["data-pk"] for row in by_inn] == [str(world.other_company.pk)]


def test_list_asks_the_same_number_of_questions_however_long_it_is(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        create_company(actor=world.manager, kind="individual", name=f"Человек {number}")
    client = logged_in(world.manager)
    client.get("/companies/")  # the first visit notes where and when the session is used

    with django_assert_max_num_queries(8):
        response = client.get("/companies/")

    assert len(handles(response, "company-row")) == 33


def test_new_company_answers_with_its_card(world: World) -> None:
    response = logged_in(world.manager).post("/companies/new/", NEW)

    company = Company.objects.get(inn="7799201030")
    assert response.status_code == 303
    assert response["Location"] == card(company)


def test_same_form_twice_makes_one_company(world: World) -> None:
    client, form = logged_in(world.manager), {**NEW, "form_key": str(uuid.uuid4())}

    answers = [client.post("/companies/new/", form) for _time in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0]["Location"] == answers[1]["Location"]


def test_wrong_inn_keeps_what_was_typed(world: World) -> None:
    response = logged_in(world.manager).post("/companies/new/", {**NEW, "inn": "7799201031"})

    page = response.content.decode()
    assert response.status_code == 422
    assert 'aria-describedby="id_inn_error"' in page
    assert "7799201031" in page
    assert "ООО «Новая ёлка»" in page


def test_same_requisites_link_the_company_that_has_them(world: World) -> None:
    form = {**NEW, "inn": world.company.inn, "kpp": world.company.kpp}

    response = logged_in(world.manager).post("/companies/new/", form)

    assert response.status_code == 422
    assert f'<a href="{card(world.company)}">' in response.content.decode()


def test_card_shows_each_thing_once_in_its_tab(world: World) -> None:
    payment_request = paid(world)
    make_folder(world.company.folder_id)
    client = logged_in(world.manager)

    response = client.get(card(world.company))

    folder = handle(response, "folder")
    world.company.folder.refresh_from_db()
    assert folder["data-folder-id"] == world.company.folder.public_id
    assert folder["data-state"] == "ready"
    assert handle(response, "account")["data-pk"] == str(world.account.pk)
    assert f"/requests/new/?company={world.company.pk}" in response.content.decode()
    assert "4070\u00a02810\u00a06999" in response.content.decode()
    assert f"ИНН {world.company.inn}\nКПП" in response.content.decode()
    contacts = client.get(card(world.company, "contacts"))
    assert handle(contacts, "contact")["data-pk"] == str(world.contact.pk)
    letter = handle(client.get(card(world.company, "letters")), "letter")
    assert (letter["data-state"], letter["data-read"]) == ("queued", "none")
    statuses = client.get(card(world.company, "requests"))
    shown = handle(statuses, "company-request")
    assert (shown["data-pk"], shown["data-status"]) == (str(payment_request.pk), "paid")
    disk = client.get(card(world.company, "documents"))
    assert handle(disk, "request-folder")["data-pk"] == str(payment_request.pk)
    assert [it["data-kind"] for it in handles(disk, "document")] == ["invoice", "payment_order"]
    for page in (response, contacts, statuses, disk):
        current = [it for it in handles(page, "company-tab") if "aria-current" in it]
        assert len(current) == 1
    unknown = client.get(card(world.company, "nothing"))
    assert handle(unknown, "account")


def test_card_shows_older_folders_and_letters_page_by_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(company_card, "ON_A_TAB", 1)
    made = [paid(world), paid(world)]
    client = logged_in(world.manager)
    for tab, what in (("documents", "request-folder"), ("letters", "letter")):
        first = client.get(card(world.company, tab))
        older = handle(first, "older")["href"].replace("&amp;", "&")
        second = client.get(f"{card(world.company)}{older}")
        assert len(handles(first, what)) == len(handles(second, what)) == 1
        assert handle(first, what)["data-pk"] > handle(second, what)["data-pk"]
        assert handles(second, "older") == []
        assert len(handles(client.get(f"{card(world.company, tab)}&after=xx"), what)) == 1
    assert handle(client.get(card(world.company, "documents")), "request-folder")["data-pk"] == str(
        made[1].pk
    )


def test_card_sums_up_each_year(world: World) -> None:
    paid(world)
    part = approved(world)
    pay(world, part, Decimal("50.00"))
    cancelled = draft(world, invoice=False)
    services.cancel(payment_request_id=cancelled.pk, actor=world.manager, reason="Передумали")
    last_year = draft(world, invoice=False, amount=Decimal("10.00"))
    year = timezone.localdate().year
    here = timezone.get_current_timezone()
    made = datetime.datetime(year - 1, 12, 31, 23, 30, tzinfo=here)
    PaymentRequest.objects.filter(pk=last_year.pk).update(created_at=made)

    lines = handles(logged_in(world.manager).get(card(world.company, "requests")), "company-year")

    found = [[it[f"data-{name}"] for name in ("year", "count", "paid", "left")] for it in lines]
    assert found == [
        [str(year), "3", "49100.00", "49000.00"],
        [str(year - 1), "1", "0.00", "10.00"],
    ]
    other = logged_in(world.manager2).get(card(world.company, "requests"))
    assert handles(other, "company-year") == []


def test_card_hides_requests_and_letters_of_other_departments(world: World) -> None:
    paid(world)

    client = logged_in(world.manager2)

    for tab, hidden in (
        ("requests", "company-request"),
        ("letters", "letter"),
        ("documents", "request-folder"),
    ):
        assert handles(client.get(card(world.company, tab)), hidden) == []


def test_card_asks_the_same_number_of_questions_however_much_there_is(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(6):
        draft(world, invoice=False)
    client = logged_in(world.manager)
    client.get(card(world.company))

    for tab in ("requisites", "contacts", "requests", "documents", "letters", "history"):
        with django_assert_max_num_queries(14):
            client.get(card(world.company, tab))


def test_edit_says_what_changed_in_the_history(world: World) -> None:
    client = logged_in(world.accountant)
    fields = ("kind", "name", "full_name", "inn", "kpp", "ogrn", "legal_address")
    form = {name: getattr(world.company, name) for name in fields}

    response = client.post(f"{card(world.company)}edit/", {**form, "legal_address": "г. Тверь"})

    assert response.status_code == 303
    events = handles(client.get(card(world.company, "history")), "event")
    assert events[0]["data-kind"] == "company.edited"


@pytest.mark.parametrize("path", ["edit/", "accounts/new/", "contacts/new/"])
def test_own_organisations_are_for_administrators(world: World, path: str) -> None:
    url = f"{card(world.payer)}{path}"

    assert logged_in(world.manager).get(url).status_code == 403
    assert logged_in(world.manager).post(url).status_code == 403
    assert logged_in(world.admin).get(url).status_code == 200


def test_auditors_post_nothing(world: World) -> None:
    client = logged_in(world.auditor)

    assert client.post("/companies/new/", NEW).status_code == 403
    assert client.post(f"{card(world.company)}folder/check/").status_code == 403
    assert client.post("/notices/read/").status_code == 403
    assert not Company.objects.filter(inn="7799201030").exists()


def test_account_with_a_short_or_taken_number_is_refused(world: World) -> None:
    client, url = logged_in(world.manager2), f"{card(world.company)}accounts/new/"

    wrong = client.post(url, {**ACCOUNT, "number": "4070281"})
    taken = client.post(url, {**ACCOUNT, "number": world.payer_account.number})

    assert (wrong.status_code, taken.status_code) == (422, 422)
    assert world.payer.name in taken.content.decode()


def test_account_replaces_another_which_stays_in_sight(world: World) -> None:
    client, url = logged_in(world.manager), f"{card(world.other_company)}accounts/new/"
    offered = client.get(url, {"replaces": world.other_account.pk})
    form = {**ACCOUNT, "number": "4070 2810 9381 2006 1991", "replaces": world.other_account.pk}

    response = client.post(url, form)

    assert f'<option value="{world.other_account.pk}" selected>' in offered.content.decode()
    assert response["Location"] == card(world.other_company)
    shown = handles(client.get(card(world.other_company)), "account")
    assert [("data-replaced" in account) for account in shown] == [False, True]
    assert BankAccount.objects.get(number="40702810938120061991").is_main


def test_contact_is_made_and_corrected(world: World) -> None:
    client = logged_in(world.manager)

    made = client.post(
        f"{card(world.company)}contacts/new/", {"full_name": "John Smith", "language": "en"}
    )
    contact = Contact.objects.get(full_name="John Smith")
    edited = client.post(
        f"{made['Location']}edit/", {"full_name": "John Smith", "email": "j@s.example"}
    )
    wrong = client.post(f"{made['Location']}edit/", {"full_name": "", "email": "j@s"})

    assert (made.status_code, made["Location"]) == (303, f"/contacts/{contact.pk}/")
    assert (edited.status_code, edited["Location"]) == (303, f"/contacts/{contact.pk}/")
    assert wrong.status_code == 422
    page = client.get(f"/contacts/{contact.pk}/").content.decode()
    assert "j@s.example" in page


def test_contact_shows_letters_that_the_reader_may_see(world: World) -> None:
    paid(world)
    url = f"/contacts/{world.contact.pk}/"

    assert len(handles(logged_in(world.accountant).get(url), "letter")) == 1
    assert handles(logged_in(world.manager2).get(url), "letter") == []


def test_folder_is_checked_again(world: World) -> None:
    make_folder(world.company.folder_id)
    client = logged_in(world.manager)

    response = client.post(f"{card(world.company)}folder/check/")

    assert (response.status_code, response["Location"]) == (303, card(world.company))
    assert handle(client.get(card(world.company)), "folder")["data-state"] == "pending"


@pytest.mark.parametrize("pk", [999, 2**63 - 1, 2**63, 10**30])
def test_what_is_not_there_is_404(world: World, pk: int) -> None:
    client = logged_in(world.admin)

    for path in (f"companies/{pk}", f"contacts/{pk}", f"letters/{pk}", f"documents/{pk}"):
        assert client.get(f"/{path}/").status_code == 404


def test_document_is_for_whoever_sees_its_request(world: World) -> None:
    payment_request = draft(world)
    url = f"/documents/{payment_request.folder.documents.get().pk}/"

    answer = logged_in(world.manager).get(url)

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert logged_in(world.manager2).get(url).status_code == 404


def test_document_is_added_once_whatever_the_clicks(world: World) -> None:
    payment_request = draft(world, invoice=False)
    client, key = logged_in(world.manager), str(uuid.uuid4())
    waiting = upload(world.manager, "Договор.pdf")
    url, form = f"/requests/{payment_request.pk}/documents/", {"kind": "contract", "form_key": key}

    answer = client.post(url, {**form, "file_ref": str(waiting.ref)})

    assert answer.status_code == 303
    assert payment_request.folder.documents.get().kind == "contract"


def test_document_is_refused_before_it_is_kept(world: World) -> None:
    payment_request = draft(world, invoice=False)
    url = f"/requests/{payment_request.pk}/documents/"

    invisible = logged_in(world.manager2).post(url, {"kind": "act"})
    not_theirs = logged_in(world.supervisor).post(url, {"kind": "act"})
    by_accounting_alone = logged_in(world.manager).post(url, {"kind": "payment_order"})
    nothing_chosen = logged_in(world.manager).post(url, {"kind": "act"})

    assert (invisible.status_code, not_theirs.status_code) == (404, 403)
    assert (by_accounting_alone.status_code, nothing_chosen.status_code) == (403, 422)

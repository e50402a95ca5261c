"""What neighbours' programs rely on beside the story itself: totals, filters, settings, links, headers."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals.models import PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import PDF, World
from counterparties.models import Company
from counterparties.services import create_company
from documents.models import Document
from documents.services import token_for
from notifications.models import Letter
from tests.neighbour import Person, file
from tests.worker import work

pytestmark = pytest.mark.once


def today(days: int = 0) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=days)


def move(payment_request: PaymentRequest, days: int) -> None:
    """As if it had been made long ago."""
    day = today(days)
    PaymentRequest.objects.filter(pk=payment_request.pk).update(pay_by=day, planned_on=day)


# --- The dashboard and the registry ---------------------------------------------------------------


def test_each_day_with_anything_left_has_one_total_over_all_payers(world: World) -> None:
    second = create_company(
        actor=world.admin, is_own=True, kind="foreign", name="Leafy Shore Ltd", inn=""
    )
    builders.approved(world, amount=Decimal("1000.00"), pay_by=today(3))
    builders.approved(world, amount=Decimal("234.50"), pay_by=today(3), payer=second)
    builders.pay(world, builders.approved(world, pay_by=today(3), amount=Decimal(100)), Decimal(40))
    builders.approved(world, amount=Decimal(7), pay_by=today(45))
    move(builders.approved(world, amount=Decimal(5)), -2)
    builders.waiting_for_acceptance(world, pay_by=today(3))
    builders.on_approval(world, pay_by=today(3))
    builders.paid(world, pay_by=today(4))

    shown = Person("accountant").get("/").all("daily-total")

    totals = {(t["date"], t["currency"]): t["amount"] for t in shown}
    assert totals == {
        (today(-2).isoformat(), "RUB"): "5.00",
        (today(3).isoformat(), "RUB"): "1294.50",
        (today(45).isoformat(), "RUB"): "7.00",
    }
    assert len(shown) == len(totals)
    assert Person("manager2").get("/").all("daily-total") == []


@pytest.mark.parametrize(
    ("query", "amounts"),
    [
        ("", {"100.00", "2000.50", "30.00"}),
        ("status=approved", {"2000.50"}),
        ("status=approved&status=draft", {"2000.50", "100.00"}),
        ("q=зеленый", {"100.00"}),
        ("q=ЗЕЛЁНЫЙ", {"100.00"}),
        ("q=7799201015", {"100.00", "2000.50", "30.00"}),
        ("q=канцверба", {"100.00", "2000.50", "30.00"}),
        ("q=ничего", set()),
        ("company={company}", {"100.00", "2000.50", "30.00"}),
        ("company={other_company}", set()),
        ("payer={payer}&author={manager}&category={category}", {"100.00", "2000.50", "30.00"}),
        ("author={accountant}", set()),
        ("amount_from=30,01&amount_to=2000.49", {"100.00"}),
        ("pay_by_from={day}&pay_by_to={day}", {"2000.50"}),
        ("currency=USD", set()),
        ("currency=RUB&sort=-amount&page=1", {"100.00", "2000.50", "30.00"}),
        ("page=99&sort=nonsense&amount_from=x&company=x", {"100.00", "2000.50", "30.00"}),
    ],
)
def test_the_registry_filters_and_sums_the_whole_filter(
    world: World, query: str, amounts: set[str]
) -> None:
    made = {
        "100.00": builders.draft(world, amount=Decimal(100), purpose="Зелёный чай"),
        "2000.50": builders.approved(world, amount=Decimal("2000.50"), pay_by=today(9)),
        "30.00": builders.on_approval(world, amount=Decimal(30)),
    }
    names = ("company", "other_company", "payer", "manager", "accountant", "category")
    keys = {name: getattr(world, name).pk for name in names}

    page = Person("director").get("/requests/?" + query.format(day=today(9).isoformat(), **keys))

    rows = {row["pk"]: row["status"] for row in page.all("registry-row")}
    assert rows == {str(made[a].pk): made[a].status for a in amounts}
    totals = {t["currency"]: (t["amount"], t["count"]) for t in page.all("registry-total")}
    whole = f"{sum(map(Decimal, amounts)):.2f}"
    assert totals == ({"RUB": (whole, str(len(amounts)))} if amounts else {})


def test_sorted_by_amount(world: World) -> None:
    made = [builders.draft(world, amount=Decimal(n)) for n in (20, 5, 100)]

    page = Person("manager").get("/requests/?sort=amount")

    by_amount = [str(made[n].pk) for n in (1, 0, 2)]
    assert [row["pk"] for row in page.all("registry-row")] == by_amount


# --- Settings --------------------------------------------------------------------------------------


def test_without_the_acceptance_step_the_approval_is_the_last_word(world: World) -> None:
    organisation = builders.organisation_settings()
    organisation.acceptance_step = False
    organisation.save()
    sent = builders.on_approval(world)
    task = builders.open_task(sent).pk

    Person("supervisor").post(f"/tasks/{task}/approve/")

    card = Person("manager").get(f"/requests/{sent.pk}/")
    assert card.one("request-status")["status"] == "approved"
    for name, kind in (("manager", "approved"), ("accountant", "accepted")):
        assert Person(name).get("/notices/").one("notice", kind=kind, request_id=sent.pk)


def test_an_invoice_is_not_asked_where_the_settings_let_it_go(world: World) -> None:
    organisation = builders.organisation_settings()
    organisation.invoice_required = False
    organisation.save()
    made = builders.draft(world, invoice=False)

    manager = Person("manager")
    manager.post(f"/requests/{made.pk}/submit/")

    assert manager.get(f"/requests/{made.pk}/").one("request-status")["status"] == "on_approval"


def test_the_acceptance_button_says_what_the_settings_say(world: World) -> None:
    organisation = builders.organisation_settings()
    organisation.accept_label_ru, organisation.accept_label_en = "Беру!", "Mine!"
    organisation.save()
    builders.waiting_for_acceptance(world)
    manager = Person("manager")
    assert "Беру!" in manager.get("/tasks/").text

    manager.post("/me/", action="settings", language="en")

    page = manager.get("/tasks/")
    assert page.root.get("lang") == "en"
    assert "Mine!" in page.text


# --- Letters and their links -------------------------------------------------------------------------


def test_nobody_to_write_to_is_said_before_and_after(world: World) -> None:
    made = builders.approved(world, contact=None)
    accountant, manager = Person("accountant"), Person("manager")
    assert "Письмо не уйдёт" in accountant.get(f"/requests/{made.pk}/").text

    builders.pay(world, made)

    assert manager.get("/notices/").one("notice", kind="no_letter", request_id=made.pk)
    assert manager.get(f"/requests/{made.pk}/").all("letter") == []


def test_a_revoked_link_is_shut_and_a_letter_is_sent_once(world: World, mailoutbox: Any) -> None:
    made = builders.paid(world)
    work()
    work()
    letter = Letter.objects.get()
    assert len([m for m in mailoutbox if world.contact.email in m.to[0]]) == 1
    token = token_for(letter.share_link)
    manager = Person("manager")
    manager.post(f"/letters/{letter.pk}/retry/", 409)

    manager.post(f"/letters/{letter.pk}/revoke/")

    page = Person().get(f"/s/{token}/", 410)
    assert "Лиственный берег" not in page.text
    document = Document.objects.get(kind="payment_order")
    Person().get(f"/s/{token}/documents/{document.pk}/", 410)
    assert manager.get(f"/requests/{made.pk}/").one("letter")["read"] == "none"


def test_a_letter_whose_file_is_at_fault_goes_without_it(world: World, mailoutbox: Any) -> None:
    made = builders.paid(world)
    order = Document.objects.get(kind="payment_order")
    Document.objects.filter(pk=order.pk).update(state="fault", next_try_at=None)
    work()
    accountant = Person("accountant")
    letter = accountant.get(f"/requests/{made.pk}/").one("letter")
    assert letter["state"] == "failed"
    assert Person("manager").get("/notices/").one("notice", kind="letter_failed")

    accountant.post(f"/letters/{letter['pk']}/retry/", without_attachment="1")
    work()

    assert accountant.get(f"/requests/{made.pk}/").one("letter")["state"] == "sent"
    letters = [m for m in mailoutbox if world.contact.email in m.to[0]]
    assert len(letters) == 1
    assert letters[0].attachments == []


def test_a_letter_speaks_its_contacts_language(world: World, mailoutbox: Any) -> None:
    manager = Person("manager")
    fields = {"full_name": "Maria Keller", "email": "keller@example.com", "language": "en"}
    manager.post(f"/contacts/{world.contact.pk}/edit/", **fields)
    world.contact.refresh_from_db()
    builders.paid(world)
    work()

    letter = next(m for m in mailoutbox if "keller@example.com" in m.to[0])
    assert letter.subject.startswith("Invoice К-1 of ")
    page = Person().get(f"/s/{token_for(Letter.objects.get().share_link)}/")
    assert page.root.get("lang") == "en"


def test_looking_at_the_contacts_page_from_a_mail_scanner_changes_nothing(world: World) -> None:
    builders.paid(world)
    work()
    path = f"/s/{token_for(Letter.objects.get().share_link)}/"

    assert Client().head(path).status_code == 200
    assert Client().post(path).status_code == 405

    assert (
        Person("manager").get(f"/requests/{PaymentRequest.objects.get().pk}/").one("letter")["read"]
        == "none"
    )


# --- Companies, files, log-in -------------------------------------------------------------------------


def test_a_second_company_with_the_same_inn_and_kpp_links_the_first(world: World) -> None:
    fields = {"kind": "organisation", "name": "Дубль", "inn": "7799201015", "kpp": "779901001"}

    page = Person("manager").post("/companies/new/", 422, **fields)

    assert page.faults()
    assert f"/companies/{world.company.pk}/" in page.html
    assert "ООО «Канцверба»" in page.text
    assert not Company.objects.filter(name="Дубль").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("inn", "7799201016"), ("inn", "12"), ("kpp", "12"), ("kpp", ""), ("ogrn", "1187799201018")],
)
def test_a_wrong_requisite_is_told_at_its_field(world: World, field: str, value: str) -> None:
    fields = {"kind": "organisation", "name": "Новая", "inn": "7799301010", "kpp": "779901001"}
    fields |= {"ogrn": "1237799301013", field: value}

    page = Person("manager").post("/companies/new/", 422, **fields)

    assert page.faults() == {field}
    assert page.value_of("name") == "Новая"


@pytest.mark.parametrize(
    ("name", "content", "disposition"),
    [("Счёт.pdf", PDF, "inline"), ("Заметка.txt", "привет".encode(), "attachment")],
)
def test_what_a_browser_may_show_is_inline(
    world: World, name: str, content: bytes, disposition: str
) -> None:
    made = builders.draft(world)
    manager = Person("manager")
    manager.post(f"/requests/{made.pk}/documents/", kind="other", file=file(name, content))
    link = manager.get(f"/requests/{made.pk}/").one("document", kind="other").link

    response = manager.fetch(link)

    assert response["Content-Disposition"].startswith(disposition)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response.streaming_content) == content  # type: ignore[attr-defined]
    work()
    assert manager.read(link) == content


def test_wrong_passwords_are_told_and_then_stopped(world: World) -> None:
    visitor = Person()
    page = visitor.get("/login/")
    wrong = {"username": "manager", "password": "wrong"}

    statuses = []
    for _attempt in range(12):
        response = visitor.client.post("/login/", {**page.form("/login/"), **wrong})
        statuses.append(response.status_code)

    assert statuses[0] == 422
    assert statuses[-1] == 429


def test_pages_say_which_policy_holds(world: World) -> None:
    """Nothing inline, nothing from elsewhere."""
    for path in ("/", "/requests/", "/companies/"):
        headers = Person("manager").get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy

"""How a person looks at the registry: columns, order and saved views are theirs, and stay."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
import time_machine
from django.http import QueryDict
from django.utils import timezone

from approvals import registry, services
from approvals.columns import COLUMNS
from approvals.models import SavedView
from approvals.tests.builders import World, approved, draft, on_approval, paid, upload
from tests.neighbour import Page, Person


def headings(page: Page) -> list[str]:
    return ["".join(th.itertext()).strip() for th in page.root.iter("th")][1:]


def order(page: Page) -> list[int]:
    return [int(row["pk"]) for row in page.all("registry-row")]


def test_columns_are_kept_for_the_person(world: World) -> None:
    draft(world)
    manager = Person("manager")
    assert headings(manager.get("/requests/")) == [
        "№",
        "Контрагент",
        "Сумма",
        "Оплатить до",
        "Стадия",
        "У кого",
    ]

    answer = manager.post("/requests/look/", columns=["payer", "invoice"], query="status=draft")

    assert answer.location == "/requests/?status=draft"
    page = manager.get("/requests/")
    assert headings(page) == ["№", "Контрагент", "Счёт на оплату", "Плательщик"]
    assert "К-1" in page.one("registry-row").text
    assert "ООО «Лиственный берег»" in page.one("registry-row").text
    assert "Сумма" in headings(Person("accountant").get("/requests/"))


def test_every_column_has_its_cell(world: World) -> None:
    for make in (draft, on_approval, approved, paid):
        make(world, is_urgent=True, urgent_reason="Срочно", category=None)
    manager = Person("manager")
    codes = list(COLUMNS)

    manager.post("/requests/look/", columns=[*codes, "bogus"])

    page = manager.get("/requests/")
    assert len(headings(page)) == len(codes)
    for row in page.root.iter("tr"):
        assert len(list(row)) == len(codes) + 1


def test_no_column_brings_the_usual_ones_back(world: World) -> None:
    draft(world)
    manager = Person("manager")
    manager.post("/requests/look/", columns=["payer"])

    manager.post("/requests/look/")

    assert "Сумма" in headings(manager.get("/requests/"))


def test_an_order_is_kept_until_the_address_says_another(world: World) -> None:
    cheap, dear = draft(world, amount=1).pk, draft(world, amount=2).pk
    manager = Person("manager")

    answer = manager.post("/requests/look/", sort="amount", query="status=draft&page=2&show=5")

    assert answer.location == "/requests/?status=draft&sort=amount"
    assert order(manager.get("/requests/")) == [cheap, dear]
    assert order(manager.get("/requests/?sort=-amount")) == [dear, cheap]
    assert order(Person("supervisor").get("/requests/")) == [dear, cheap]


def test_an_order_that_there_is_not_is_told(world: World) -> None:
    manager = Person("manager")

    manager.post("/requests/look/", sort="password")

    assert "не сортируется" in manager.get("/requests/").text


def test_a_saved_view_is_there_for_its_owner(world: World) -> None:
    manager = Person("manager")

    answer = manager.post(
        "/requests/views/", name=" Мои \x00 оплаченные ", query="status=paid&page=3"
    )

    assert answer.location == "/requests/?status=paid"
    view = manager.get(answer.location).one("saved-view")
    assert view.text == "Мои оплаченные"
    assert view.element.get("aria-current") == "page"
    assert Person("manager2").get("/requests/").all("saved-view") == []


def test_a_shared_view_shows_everybody_what_they_may_see(world: World) -> None:
    mine = draft(world)
    Person("manager").post(
        "/requests/views/", name="Черновики", query="status=draft", is_shared="on"
    )

    other = Person("manager2")
    view = other.get("/requests/").one("saved-view")

    assert "Черновики" in view.text
    assert order(other.get(view.link)) == []
    assert order(Person("supervisor").get(view.link)) == [mine.pk]


def test_the_same_name_is_the_same_view(world: World) -> None:
    for query in ("status=paid", "status=draft"):
        services.save_view(actor=world.manager, name="Мои", query=query)

    assert SavedView.objects.get().query == "status=draft"


def test_days_of_a_view_move_with_the_calendar(world: World) -> None:
    manager = Person("manager")
    today = timezone.localdate()
    query = f"status=approved&pay_by_to={today}&pay_by_from={today - datetime.timedelta(3)}"
    manager.post("/requests/views/", name="Три дня", query=query, days_move="on")
    manager.post("/requests/views/", name="Те дни", query=query)

    with time_machine.travel(timezone.now() + datetime.timedelta(days=10)):
        manager = Person("manager")
        views = {view.text: view.link for view in manager.get("/requests/").all("saved-view")}

    moved = today + datetime.timedelta(days=10)
    assert f"pay_by_to={moved}" in views["Три дня"]
    assert f"pay_by_from={moved - datetime.timedelta(3)}" in views["Три дня"]
    assert f"pay_by_to={today}" in views["Те дни"]


@pytest.mark.parametrize("day", ["today", "2026-02-30", "today-x", "завтра"])
def test_what_is_no_day_stays_as_it_is(day: str) -> None:
    today = datetime.date(2026, 11, 24)
    kept = registry.with_moving_days(QueryDict(f"pay_by_to={day}"), today)

    assert QueryDict(kept)["pay_by_to"] == day


@pytest.mark.parametrize(
    ("name", "reason"),
    [(" ", "Назовите отбор"), ("я" * 61, "не больше 60 знаков")],
)
def test_why_a_view_is_not_saved_is_told(world: World, name: str, reason: str) -> None:
    manager = Person("manager")

    manager.post("/requests/views/", name=name, query="status=paid")

    assert reason in manager.get("/requests/").text
    assert not SavedView.objects.exists()


def test_a_view_is_forgotten_and_the_filter_stays(world: World) -> None:
    manager = Person("manager")
    manager.post("/requests/views/", name="Мои", query="status=paid")
    view = SavedView.objects.get()

    answer = manager.post(f"/requests/views/{view.pk}/delete/", query="status=paid")

    assert answer.location == "/requests/?status=paid"
    assert not SavedView.objects.exists()


def test_ready_views_are_of_the_role(world: World) -> None:
    def views(name: str) -> str:
        nav = next(
            nav
            for nav in Person(name).get("/requests/").root.iter("nav")
            if nav.get("class") == "ready"
        )
        return "".join(nav.itertext())

    assert "Мои на согласовании" in views("manager")
    assert "Ждут моего решения" not in views("manager")
    assert "Ждут моего решения" in views("supervisor")
    assert "Ждут моего решения" in views("director")
    assert "Мои на согласовании" not in views("accountant")
    assert "без закрывающих документов" in views("accountant")


def test_paid_without_closing_documents(world: World) -> None:
    bare, closed = paid(world), paid(world)
    approved(world)
    services.add_document(
        payment_request_id=closed.pk, actor=world.manager, upload=upload(world.manager), kind="act"
    )

    page = Person("accountant").get("/requests/?status=paid&closing=missing")

    assert order(page) == [bare.pk]
    assert "закрывающие документы: отсутствуют" in page.text


def test_a_row_says_what_its_request_costs(world: World) -> None:
    draft(world, amount=Decimal("1234.50"))

    row = Person("manager").get("/requests/").one("registry-row")

    assert (row["amount"], row["currency"]) == ("1234.50", "RUB")


def test_the_preview_beside_the_list(world: World) -> None:
    sent = on_approval(world)
    manager = Person("manager")

    page = manager.get(f"/requests/?show={sent.pk}")

    glance = page.one("preview-request", pk=sent.pk)
    assert "49 050,00 ₽" in glance.text
    assert "Счёт № К-1.pdf" in glance.text
    assert page.one("registry-row").element.get("aria-current") == "true"
    alone = manager.get(f"/requests/{sent.pk}/preview/")
    assert alone.one("preview-request", pk=sent.pk).text == glance.text


@pytest.mark.parametrize("show", ["x", "-1", "99999999999999999999", "²", "0"])
def test_a_preview_of_nothing_is_no_preview(world: World, show: str) -> None:
    draft(world)

    assert Person("manager").get(f"/requests/?show={show}").all("preview-request") == []


def test_a_preview_shows_nobody_what_is_not_theirs(world: World) -> None:
    mine = draft(world)
    stranger = Person("manager2")

    assert stranger.get(f"/requests/?show={mine.pk}").all("preview-request") == []
    stranger.get(f"/requests/{mine.pk}/preview/", 404)

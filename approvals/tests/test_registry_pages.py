"""Pages of the registry: fifty by number, the rest by their place; every row once, in every order."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import keyset, services
from approvals.models import PaymentRequest
from approvals.registry import SORTS
from approvals.tasks import follow_names
from approvals.tests.builders import World, draft
from approvals.tests.test_registry_page import _copies
from approvals.views import registry_page
from counterparties import services as counterparties
from tests.neighbour import Page, Person


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows a page, two pages by number, ten rows counted."""
    monkeypatch.setattr(registry_page, "PER_PAGE", 3)
    monkeypatch.setattr(registry_page, "NUMBERED_PAGES", 2)
    monkeypatch.setattr(registry_page, "COUNTED", 10)


def pks(page: Page) -> list[int]:
    return [int(row["pk"]) for row in page.all("registry-row")]


def way(page: Page, rel: str) -> str:
    """Where the pager leads, or ''."""
    links = [a.attrib["href"] for a in page.root.iter("a") if a.get("rel") == rel]
    return links[0] if links else ""


def walk(person: Person, query: str) -> list[int]:
    """Every row, page by page."""
    found: list[int] = []
    while query:
        page = person.get(f"/requests/{query}")
        found += pks(page)
        query = way(page, "next")
    return found


@pytest.mark.parametrize("sort", SORTS)
def test_every_row_once_in_every_order(world: World, small: None, sort: str) -> None:
    first = draft(world, amount=Decimal(5))
    draft(
        world, amount=Decimal("7.10"), company=world.other_company, bank_account=None, contact=None
    )
    draft(world, amount=Decimal(5))
    _copies(first, 12)
    expected = list(PaymentRequest.objects.order_by(*SORTS[sort]).values_list("pk", flat=True))

    assert walk(Person("accountant"), f"?sort={sort}&status=draft") == expected


def test_what_is_new_moves_nothing(world: World, small: None) -> None:
    _copies(draft(world), 12)
    person = Person("accountant")
    second = way(person.get("/requests/?sort=-number"), "next")
    third = way(person.get(f"/requests/{second}"), "next")
    assert "after=" in third
    before = pks(person.get(f"/requests/{third}"))

    draft(world)

    assert pks(person.get(f"/requests/{third}")) == before


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzFd", "WyJhIiwiYiJd", "bnVsbA", "=", "я", "A" * 3000, "WyIyMDI2IiwxXQ"]
)
def test_what_is_no_place_is_the_first_page(world: World, small: None, cursor: str) -> None:
    made = draft(world)

    assert pks(Person("accountant").get(f"/requests/?after={cursor}")) == [made.pk]


@pytest.mark.parametrize(
    "values", ["[1,2]", '["2026-11-24",1]', '["2026-11-24T00:00:00+00:00","1"]', "[true,1]", "{}"]
)
def test_a_place_of_another_order_is_none(world: World, values: str) -> None:
    cursor = base64.urlsafe_b64encode(values.encode()).decode().rstrip("=")

    assert keyset.after(PaymentRequest.objects.all(), SORTS["-created"], cursor) is None


def test_too_many_are_summed_up_in_a_request_of_their_own(world: World, small: None) -> None:
    _copies(draft(world, amount=Decimal("0.10")), 11)
    person = Person("accountant")

    page = person.get("/requests/?status=draft")

    assert page.all("registry-total") == []
    href = page.one("registry-total-link").link
    assert "из более чем" in page.text
    for headers in ({}, {"HX-Request": "true"}):
        answer = person.fetch(href, **headers)
        total = Page(200, answer.content.decode()).one("registry-total")  # type: ignore[attr-defined]
        assert (total["amount"], total["count"]) == ("1.20", "12")


def test_a_searchs_own_order_ends_with_its_numbered_pages(world: World, small: None) -> None:
    _copies(draft(world), 12)
    PaymentRequest.objects.update(search=" мишура ")

    assert len(walk(Person("accountant"), "?q=мишура")) == 6


def test_a_page_counts_no_further_than_it_must(world: World, small: None) -> None:
    _copies(draft(world), 30)
    client = Person("accountant").client

    with CaptureQueriesContext(connection) as queries:
        client.get("/requests/")

    sums: list[Any] = [q["sql"] for q in queries.captured_queries if "SUM(" in q["sql"]]
    assert [f"LIMIT {registry_page.COUNTED + 1})" in sql for sql in sums] == [True]


def test_a_renamed_company_moves_in_the_order(world: World) -> None:
    first = draft(world)
    second = draft(
        world, company=world.other_company, bank_account=world.other_account, contact=None
    )
    person = Person("accountant")
    assert pks(person.get("/requests/?sort=company")) == [first.pk, second.pk]

    services.update_company(company_id=world.company.pk, actor=world.manager, name="ООО «Яшма»")

    assert pks(person.get("/requests/?sort=company")) == [second.pk, first.pk]
    # Past that service, the clock's task follows.
    counterparties.update_company(
        company_id=world.company.pk, actor=world.manager, name="ООО «Азурит»"
    )
    follow_names()
    assert pks(person.get("/requests/?sort=company")) == [first.pk, second.pk]

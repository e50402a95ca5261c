"""The registry: its filter, totals, order, pages, and who sees what in it."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import PaymentRequest
from approvals.tests.builders import World, approved, draft, on_approval, open_task, paid
from approvals.tests.pages import handles, logged_in
from people.models import User


def registry(user: User, **query: Any) -> HttpResponse:
    response = logged_in(user).get("/requests/", query)
    assert response.status_code == 200
    return response


def pks(response: HttpResponse) -> list[int]:
    return [int(row["data-pk"]) for row in handles(response, "registry-row")]


def totals(response: HttpResponse) -> dict[str, tuple[str, str]]:
    return {
        total["data-currency"]: (total["data-amount"], total["data-count"])
        for total in handles(response, "registry-total")
    }


def theirs(world: World, **changes: Any) -> PaymentRequest:
    """A draft of the other department, to the other company."""
    return draft(
        world,
        author=world.manager2,
        company=world.other_company,
        bank_account=world.other_account,
        contact=world.other_contact,
        **changes,
    )


def test_rows_are_what_one_may_see(world: World) -> None:
    mine, other = draft(world), theirs(world)

    assert pks(registry(world.manager)) == [mine.pk]
    assert pks(registry(world.supervisor)) == [mine.pk]
    assert pks(registry(world.manager2)) == [other.pk]
    for person in (world.accountant, world.auditor, world.admin, world.director):
        assert pks(registry(person)) == [other.pk, mine.pk]


def test_totals_are_of_the_whole_filter_by_currency(world: World) -> None:
    for amount in ("0.10", "0.20"):
        draft(world, amount=Decimal(amount))
    draft(world, amount=Decimal("1000"), currency="USD", bank_account=None)

    assert totals(registry(world.manager)) == {"RUB": ("0.30", "2"), "USD": ("1000.00", "1")}
    assert totals(registry(world.manager, currency="USD")) == {"USD": ("1000.00", "1")}
    assert totals(registry(world.manager2)) == {}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "draft"}, ["draft", "theirs"]),
        ({"status": ["approved", "paid"]}, ["approved", "paid"]),
        ({"q": "Телесвязь"}, ["theirs"]),
        ({"q": "ракита телесвязь"}, ["theirs"]),
        ({"q": "7799201022"}, ["theirs"]),
        ({"q": "ЁЛКИ елки"}, ["draft"]),
        ({"q": "ничего такого"}, []),
        ({"currency": "RUB", "amount_from": "100,00", "amount_to": "200"}, ["draft"]),
        ({"amount_from": "50 000,00"}, []),
    ],
)
def test_each_condition_filters(world: World, query: dict[str, Any], found: list[str]) -> None:
    made = {
        "draft": draft(world, amount=Decimal(150), purpose="Оплата за ёлки"),
        "theirs": theirs(world),
        "approved": approved(world),
        "paid": paid(world),
    }

    response = registry(world.accountant, **query)

    assert pks(response) == sorted((made[name].pk for name in found), reverse=True)


def test_conditions_by_key_and_by_day(world: World) -> None:
    today = timezone.localdate()
    soon, later = draft(world, pay_by=today), draft(world, pay_by=today + datetime.timedelta(5))
    other = theirs(world, pay_by=today)
    sent = on_approval(world, pay_by=today + datetime.timedelta(9), category=None)

    def found(**query: Any) -> set[int]:
        return set(pks(registry(world.accountant, **query)))

    assert found(company=world.other_company.pk) == {other.pk}
    assert found(author=world.manager2.pk) == {other.pk}
    assert found(assignee=world.supervisor.pk) == {sent.pk}
    assert found(category=world.category.pk) == {soon.pk, later.pk, other.pk}
    assert found(payer=world.company.pk) == set()
    assert found(pay_by_to=today.isoformat()) == {soon.pk, other.pk}
    assert found(pay_by_from=(today + datetime.timedelta(1)).isoformat()) == {later.pk, sent.pk}
    assert found(q=str(sent.pk), status="on_approval") == {sent.pk}
    PaymentRequest.objects.filter(pk=soon.pk).update(search="без знака номера")
    assert soon.pk in found(q=f"№\u00a0{soon.pk}")


@pytest.mark.parametrize(
    "query",
    [
        {"status": "bogus"},
        {"company": "x"},
        {"company": "99999999999999999999999"},
        {"author": "-1"},
        {"amount_from": "много"},
        {"amount_to": "1e9"},
        {"pay_by_from": "2026-02-30"},
        {"pay_by_to": "завтра"},
        {"currency": "XXX"},
        {"sort": "password"},
        {"q": "\x00"},
        {"page": "x"},
        {"page": "99999999999999999999"},
    ],
)
def test_what_cannot_be_read_filters_nothing(world: World, query: dict[str, str]) -> None:
    made = draft(world)

    assert pks(registry(world.accountant, **query)) == [made.pk]


def test_of_several_statuses_the_real_ones_filter(world: World) -> None:
    draft(world)
    sent = on_approval(world)

    response = registry(world.accountant, status=["on_approval", "bogus"])

    assert pks(response) == [sent.pk]
    assert "Непонятные условия" in response.content.decode()


@pytest.mark.parametrize(("sort", "order"), [("amount", [0, 2, 1]), ("-amount", [1, 2, 0])])
def test_order(world: World, sort: str, order: list[int]) -> None:
    made = [draft(world, amount=Decimal(amount)).pk for amount in (1, 3, 2)]

    assert pks(registry(world.manager, sort=sort)) == [made[place] for place in order]


def test_conditions_are_shown_with_the_way_out_of_each(world: World) -> None:
    draft(world)

    page = registry(world.manager, status=["draft", "paid"]).content.decode()

    assert 'href="?status=paid"' in page
    assert 'href="?status=draft"' in page


def test_empty_registry_and_empty_filter(world: World) -> None:
    assert "Заявок пока нет" in registry(world.manager).content.decode()
    assert "ничего не подходит" in registry(world.manager, status="paid").content.decode()


def test_a_row_says_who_has_it(world: World) -> None:
    sent = on_approval(world)

    page = registry(world.manager).content.decode()

    assert open_task(sent).assignee.short_name in page
    assert handles(registry(world.manager), "registry-row")[0]["data-status"] == "on_approval"


def test_fifty_rows_a_page_and_the_same_number_of_questions(world: World) -> None:
    client = logged_in(world.accountant)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/requests/")
        return len(queries)

    for make in (draft, on_approval, approved, paid):
        make(world)
    asked()  # the first page of a log-in writes down that it is used
    few = asked()
    _copies(PaymentRequest.objects.order_by("pk").first(), 200)
    many = asked()

    response = client.get("/requests/", {"page": 2})
    assert many == few
    assert len(pks(response)) == 50
    assert totals(response)["RUB"][1] == "204"


def _copies(payment_request: PaymentRequest | None, number: int) -> None:
    """Rows for counting: copies of a draft, without what the services would add."""
    assert payment_request is not None
    values = PaymentRequest.objects.filter(pk=payment_request.pk).values().get()
    for name in ("id", "folder_id", "form_key"):
        values.pop(name)
    PaymentRequest.objects.bulk_create(PaymentRequest(**values) for _number in range(number))

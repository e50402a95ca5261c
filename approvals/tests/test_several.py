"""Several invoices at once: a row for each, then a draft of each."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from approvals.models import PaymentRequest
from approvals.tests.builders import World, draft, pdf
from approvals.tests.pages import handles, logged_in
from documents.models import Upload

URL = "/requests/several/"


def rows_of(response: HttpResponse) -> list[dict[str, str]]:
    """The values of each row's fields."""
    found: dict[int, dict[str, str]] = {}
    for tag in re.findall(r"<input [^>]*>", response.content.decode()):
        name = re.search(r'name="form-(\d+)-(\w+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name:
            found.setdefault(int(name[1]), {})[name[2]] = value[1] if value else ""
    return [found[number] for number in sorted(found)]


def posted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {"action": "make", "form-TOTAL_FORMS": len(rows)}
    data["form-INITIAL_FORMS"] = len(rows)
    for number, row in enumerate(rows):
        data |= {f"form-{number}-{name}": value for name, value in row.items()}
    return data


def dropped(client: Client, *names: str) -> list[dict[str, str]]:
    """What the rows of so many files begin with, without the boxes that nobody ticked."""
    response = client.post(URL, {"invoices": [pdf(name) for name in names]})
    assert response.status_code == 200
    rows = rows_of(response)
    for row in rows:
        row.pop("leave_out", None)
    return [{**row, "currency": "RUB"} for row in rows]


def test_each_invoice_becomes_a_draft_like_the_last_one(world: World) -> None:
    draft(world)
    client = logged_in(world.manager)
    rows = dropped(client, "Счёт № К-7 от 23.11.2026.pdf", "scan.pdf")
    assert (rows[0]["invoice_number"], rows[0]["invoice_date"]) == ("К-7", "2026-11-23")
    assert (rows[1]["invoice_number"], rows[1]["invoice_date"]) == ("", "")
    rows[0] |= {"company": f"{world.company.name} · {world.company.inn}", "amount": "1 220,00"}
    rows[1] |= {"company": "ракита", "amount": "100"}

    for _click in range(2):
        response = client.post(URL, posted(rows))
        assert response.status_code == 303
        assert response["Location"].startswith("/requests/?status=draft&author=")

    first, second = PaymentRequest.objects.order_by("pk")[1:]
    assert (first.company, first.bank_account, first.contact) == (
        world.company,
        world.account,
        world.contact,
    )
    assert first.purpose == ("Оплата по счёту № К-7 от 23.11.2026. В том числе НДС 22% - 220-00")
    assert (second.company, second.payer, second.status) == (
        world.other_company,
        world.payer,
        "draft",
    )
    assert first.folder.documents.get().original_name == "Счёт № К-7 от 23.11.2026.pdf"
    assert second.folder.documents.get().kind == "invoice"
    assert not Upload.objects.exists()
    assert len(handles(client.get(response["Location"]), "registry-row")) == 3


def test_all_or_none_and_what_is_wrong_is_told_at_its_row(world: World) -> None:
    client = logged_in(world.manager)
    rows = dropped(client, "1.pdf", "2.pdf", "3.pdf")
    rows[0] |= {"company": world.company.inn, "amount": "100"}
    rows[1] |= {"company": "ооо", "amount": "ноль", "pay_by": "2020-01-01"}
    rows[2] |= {"company": "", "leave_out": "on"}

    response = client.post(URL, posted(rows))

    page = response.content.decode()
    assert response.status_code == 422
    assert not PaymentRequest.objects.exists()
    assert page.count('aria-invalid="true"') == 3
    assert "Подходит несколько контрагентов" in page
    assert [row["ref"] for row in rows_of(response)] == [row["ref"] for row in rows]

    rows[1] |= {"leave_out": "on"}
    assert client.post(URL, posted(rows)).status_code == 303
    assert PaymentRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ref": str(uuid.uuid4())}, "Этот файл уже не ждёт"),
        ({"ref": ""}, "Этот файл уже не ждёт"),
        ({"company": "такого у нас нет"}, "Такого контрагента нет"),
        ({"company": "7799101010"}, "Такого контрагента нет"),  # our own
        ({"invoice_number": "☺"}, "Этих знаков банк не примет"),
        ({"leave_out": "on"}, "Создавать нечего"),
    ],
)
def test_what_cannot_be_made_is_said(world: World, changed: dict[str, str], said: str) -> None:
    client = logged_in(world.manager)
    [row] = dropped(client, "1.pdf")
    row |= {"company": world.company.inn, "amount": "100", **changed}

    response = client.post(URL, posted([row]))

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not PaymentRequest.objects.exists()


def test_a_file_that_is_none_is_told_and_the_rest_goes_on(world: World) -> None:
    client = logged_in(world.manager)

    response = client.post(URL, {"invoices": [pdf("1.pdf"), pdf("2.pdf", b"MZ")]})

    assert response.status_code == 422
    assert handles(response, "not-taken")
    assert len(handles(response, "invoice-row")) == 1
    assert rows_of(response)[0]["pay_by"] > timezone.localdate().isoformat()
    nothing = client.post(URL, {"action": "make"})
    assert nothing.status_code == 422

"""Files of the registry: what they hold, how they are made, and to whom they are given."""

from __future__ import annotations

import csv
import datetime
import io
import uuid
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone
from openpyxl import load_workbook

from approvals import exports, services
from approvals.columns import COLUMNS
from approvals.export_files import is_risky
from approvals.models import Export
from approvals.tasks import clean_exports, make_export, sweep_exports
from approvals.tests.builders import World, approved, draft, on_approval, paid
from audit.refusals import Conflict, Invalid
from notifications.models import Notice
from outbox import services as outbox
from people.models import User
from tests.neighbour import Person
from tests.worker import work


def made(user: User, query: str = "", file_format: str = "xlsx") -> Export:
    """Asked for, and made by the worker."""
    export = services.request_export(actor=user, query=query, file_format=file_format)
    work()
    export.refresh_from_db()
    assert export.state == "ready", export.last_error
    return export


def content(export: Export) -> bytes:
    return Person(export.owner.username).read(f"/exports/{export.pk}/file/")


def sheet(export: Export) -> list[tuple[Any, ...]]:
    """The cells' values, as openpyxl reads them."""
    book = load_workbook(io.BytesIO(content(export)))
    return [tuple(row) for row in book.active.iter_rows(values_only=True)]


def table(export: Export) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The headings, and the rows under them."""
    rows = sheet(export)
    head = next(place for place, row in enumerate(rows) if row[0] == "№")
    return [str(name) for name in rows[head] if name], rows[head + 1 :]


def lines(export: Export) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(export).decode("utf-8-sig")), delimiter=";"))


def test_a_workbook_has_typed_cells(world: World) -> None:
    sent = on_approval(world, amount=Decimal("49050.40"))

    heading, [row] = table(made(world.accountant))

    assert heading == [
        "№",
        "Контрагент",
        "Назначение платежа",
        "Сумма",
        "Валюта",
        "Оплатить до",
        "Стадия",
        "У кого",
        "С какого дня",
    ]
    assert row[0] == sent.pk
    assert row[1] == "ООО «Канцверба»"
    assert row[3] == pytest.approx(49050.40)
    assert row[4] == "RUB"
    assert row[5] == datetime.datetime.combine(sent.pay_by, datetime.time())
    assert row[6] == "На согласовании"
    assert row[7] == "Белозёров Павел Андреевич"
    assert row[8] == datetime.datetime.combine(timezone.localdate(), datetime.time())


def test_its_filter_order_and_sums_are_the_pages(world: World) -> None:
    for amount in ("0.10", "0.20", "5000000000000.55"):
        approved(world, amount=Decimal(amount))
    draft(world, amount=Decimal(7), currency="USD", bank_account=None)
    query = "status=approved&status=draft&sort=-amount"

    export = made(world.accountant, query)

    rows = sheet(export)
    page = Person("accountant").get(f"/requests/?{query}")
    totals = {t["currency"]: (t["amount"], t["count"]) for t in page.all("registry-total")}
    in_file = {
        r[0]: (f"{r[1]:.2f}", r[2].split()[0]) for r in rows if str(r[0]).startswith("Итого")
    }
    assert in_file == {f"Итого, {currency}": facts for currency, facts in totals.items()}
    assert in_file["Итого, RUB"] == ("5000000000000.85", "3")
    assert any("Согласовано к оплате; Черновик" in str(row[1]) for row in rows)
    assert [row[0] for row in table(export)[1]] == [
        int(row["pk"]) for row in page.all("registry-row")
    ]


def test_its_columns_are_the_persons(world: World) -> None:
    paid(world)
    services.keep_columns(actor=world.accountant, columns=["invoice", "left", "payer", "inn"])

    heading, [row] = table(made(world.accountant))

    assert heading == [
        "№",
        "Контрагент",
        "Назначение платежа",
        "ИНН",
        "Счёт на оплату",
        "Дата счёта",
        "Осталось оплатить",
        "Плательщик",
    ]
    assert row[3] == "7799201015"
    assert row[6] is None


def test_every_column_is_written(world: World) -> None:
    for make in (draft, on_approval, approved, paid):
        make(world, category=None)
    columns = list(COLUMNS)
    services.keep_columns(actor=world.accountant, columns=columns)

    heading, rows = table(made(world.accountant))

    assert len(rows) == 4
    assert {len(row) for row in rows} == {len(heading)}


@pytest.mark.parametrize("text", ["=1+1", "+7 495", "-5", "@SUM(A1)", "\t=1", " =1"])
def test_nothing_that_was_typed_is_a_formula(world: World, text: str) -> None:
    draft(world, invoice_number=text)
    services.keep_columns(actor=world.manager, columns=["invoice"])

    book = load_workbook(io.BytesIO(content(made(world.manager))))
    cell = book.active.cell(row=book.active.max_row, column=4)

    assert cell.data_type == "s"
    assert cell.quotePrefix
    assert str(cell.value) == text
    assert lines(made(world.manager, file_format="csv"))[1][3] == f"'{text}"


def test_what_is_a_formula() -> None:
    assert [is_risky(text) for text in ("", "а", "5-1", "'=1", "=", "-", " +")] == [
        False,
        False,
        False,
        False,
        True,
        True,
        True,
    ]


def test_a_csv_opens_in_a_russian_excel(world: World) -> None:
    made_request = draft(world, amount=Decimal("1234.50"))

    export = made(world.manager, file_format="csv")

    assert content(export).startswith("\ufeff№;Контрагент".encode())
    [_heading, row] = lines(export)
    day = made_request.pay_by
    assert row[3:6] == ["1234,50", "RUB", f"{day:%d.%m.%Y}"]


def test_an_english_one_speaks_english(world: World) -> None:
    draft(world, amount=Decimal("1234.50"))
    manager = Person("manager")
    manager.post("/me/", action="settings", language="en")

    manager.post("/exports/new/", file_format="csv", query="")
    work()

    [heading, row] = lines(Export.objects.get())
    assert heading[1] == "Counterparty"
    assert row[3] == "1234.50"


def test_an_empty_filter_makes_an_empty_table(world: World) -> None:
    export = made(world.manager, "status=paid")

    assert table(export)[1] == []
    assert export.rows_done == 0


def test_rows_are_what_the_owner_may_see(world: World) -> None:
    draft(world)
    other = draft(
        world,
        author=world.manager2,
        company=world.other_company,
        bank_account=world.other_account,
        contact=world.other_contact,
    )

    assert [row[0] for row in table(made(world.manager2))[1]] == [other.pk]


def test_it_is_followed_and_told_in_the_bell(world: World, mailoutbox: Any) -> None:
    draft(world)
    manager = Person("manager")
    page = manager.get("/requests/?status=draft")

    answer = manager.send(page, "/exports/new/", file_format="xlsx")

    assert answer.location == "/exports/"
    assert manager.get("/exports/").one("export")["state"] == "queued"
    work()
    pk = Export.objects.get().pk
    part = manager.get(f"/exports/{pk}/").one("export", pk=pk, state="ready")
    assert part.link == f"/exports/{pk}/file/"
    notice = manager.get("/notices/").one("notice", kind="export_ready")
    assert notice.text.startswith("Новое:Выгрузка готова: 1 заявка")
    assert notice.link == "/exports/"
    assert [m for m in mailoutbox if "manager@" in m.to[0]] == []


def test_the_file_is_a_download_with_a_name(world: World) -> None:
    response = Person("manager").fetch(f"/exports/{made(world.manager).pk}/file/")

    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    list(response.streaming_content)  # type: ignore[attr-defined]


def test_one_form_makes_one_file(world: World) -> None:
    key = uuid.uuid4()

    first, second = (
        services.request_export(actor=world.manager, query="", file_format="csv", form_key=key)
        for _click in range(2)
    )

    assert first.pk == second.pk


def test_three_at_a_time(world: World) -> None:
    for _file in range(3):
        services.request_export(actor=world.manager, query="", file_format="csv")

    with pytest.raises(Conflict):
        services.request_export(actor=world.manager, query="", file_format="csv")
    services.request_export(actor=world.accountant, query="", file_format="csv")


@pytest.mark.parametrize(
    ("query", "file_format"), [("", "exe"), ("", ""), ("q=" + "я" * 2000, "csv")]
)
def test_what_cannot_be_made_is_refused(world: World, query: str, file_format: str) -> None:
    with pytest.raises(Invalid):
        services.request_export(actor=world.manager, query=query, file_format=file_format)


def test_running_it_twice_changes_nothing(world: World) -> None:
    draft(world)
    export = made(world.manager)
    before = content(export)

    make_export(export.pk)

    assert content(export) == before
    assert Notice.objects.filter(kind="export_ready").count() == 1


def test_a_claim_that_was_lost_finishes_nothing(world: World) -> None:
    draft(world)
    export = services.request_export(actor=world.manager, query="", file_format="csv")
    claimed = outbox.claim(Export, export.pk)
    assert claimed is not None
    Export.objects.filter(pk=export.pk).update(claim_id=uuid.uuid4())

    with pytest.raises(exports.ClaimLost):
        exports._make(claimed)

    export.refresh_from_db()
    assert export.state == "queued"


def test_after_the_last_attempt_the_owner_is_told(world: World) -> None:
    export = services.request_export(actor=world.manager, query="", file_format="csv")
    Export.objects.filter(pk=export.pk).update(attempts=outbox.MAX_ATTEMPTS)

    make_export(export.pk)

    manager = Person("manager")
    assert manager.get("/exports/").one("export")["state"] == "failed"
    assert "не сделана" in manager.get("/notices/").one("notice", kind="export_failed").text


def test_a_day_later_it_is_gone(world: World) -> None:
    young, old = made(world.manager), made(world.manager)
    Export.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - datetime.timedelta(hours=25)
    )

    clean_exports()

    assert list(Export.objects.values_list("pk", flat=True)) == [young.pk]
    Person("manager").get(f"/exports/{old.pk}/file/", 404)
    if not settings.USES_S3:
        kept = settings.DATA_DIR / "storage" / "exports"
        assert [path.name for path in kept.iterdir()] == [young.key.split("/")[1]]


def test_what_is_still_being_made_is_not_cleaned(world: World) -> None:
    export = services.request_export(actor=world.manager, query="", file_format="csv")
    with time_machine.travel(timezone.now() + datetime.timedelta(days=2)):
        clean_exports()
        sweep_exports()

    assert Export.objects.get().pk == export.pk

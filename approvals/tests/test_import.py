"""Import with planted faults: what is shown, what is done, and what no file gets through."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from openpyxl import Workbook

from approvals.imports.reading import MOST_ROWS
from approvals.models import DataImport, SettingsEvent
from approvals.tests.builders import World
from approvals.tests.pages import logged_in
from counterparties.models import BankAccount, Company, Contact
from people.models import EntryLink, PersonEvent, User
from tests.neighbour import file
from tests.worker import work

PAGE = "/settings/import/"
PEOPLE = "E-mail;ФИО;Roles;Отдел / Department;Руководитель (почта);Должность\n"
COMPANIES = (
    "ИНН;КПП;Наименование;Вид;БИК;Банк;Корр. счёт;Расчётный счёт;"
    "Контактное лицо;Почта контактного лица\n"
)
BANK = "044525104;ООО «Банк Точка»;30101810745374525104;40702810799990000213"


def send(client: Client, kind: str, content: bytes, name: str = "table.csv") -> Any:
    return client.post(PAGE, {"kind": kind, "file": file(name, content)})


def plan(client: Client, kind: str, text: str, encoding: str = "utf-8") -> tuple[str, Any]:
    """The address of the plan, and the page's context."""
    answer = send(client, kind, text.encode(encoding))
    assert answer.status_code == 303, answer.content.decode()
    return answer["Location"], client.get(answer["Location"]).context


def fates(context: Any) -> dict[int, tuple[str, set[str]]]:
    """Row -> its fate, and the columns that are wrong or change."""
    return {
        line["fate"].number: (line["fate"].kind, {*line["fate"].faults, *line["fate"].changes})
        for line in context["lines"]
    }


def press(client: Client, address: str, context: Any, **more: str) -> Any:
    return client.post(address, {"shown": context["shown"], "rows": "all", **more})


def test_each_row_of_people_has_its_fate_and_the_good_ones_are_done_once(world: World) -> None:
    world.supervisor.email = "boss@firm.example"
    world.supervisor.save(update_fields=["email"])
    world.manager.email = "was@firm.example"
    world.manager.save(update_fields=["email"])
    department = world.purchasing.name
    table = (
        PEOPLE
        + f"new@firm.example;Ким Анна;менеджер, accountant;{department};boss@firm.example;Закупщик\n"
        + "chief@firm.example;Орлов Пётр;;;;\n"
        + "under@firm.example;Лис Иван;manager;;CHIEF@firm.example;\n"
        + f"WAS@firm.example;{world.manager.full_name};;;;Старший\n"
        + f"boss@firm.example;{world.supervisor.full_name};;;;\n"
        + "new@firm.example;Дважды;;;;\n"
        + "nowhere;Без адреса;;;;\n"
        + "lost@firm.example;Потерян;director;Нет такого;nobody@firm.example;\n"
        + "alone@firm.example;Один;;;lost@firm.example;\n"
        + "formula@firm.example;=1+1;;;;\n"
    )
    client = logged_in(world.admin)
    before = User.objects.count()

    address, context = plan(client, "people", table, "cp1251")

    assert fates(context) == {
        2: ("new", set()),
        3: ("new", set()),
        4: ("new", set()),
        5: ("changed", {"position"}),
        6: ("same", set()),
        7: ("fault", {"email"}),
        8: ("fault", {"email"}),
        9: ("fault", {"roles", "department", "supervisor"}),
        10: ("fault", {"supervisor"}),
        11: ("fault", {"full_name"}),
    }
    assert User.objects.count() == before, "nothing is written yet"
    assert press(client, address, context).status_code == 409, "not all rows are good"
    assert User.objects.count() == before

    for _press in range(2):
        assert press(client, address, context, rows="good").status_code == 303
    assert User.objects.count() == before + 3
    made = User.objects.get(email="new@firm.example")
    assert (made.is_manager, made.is_accountant, made.is_auditor) == (True, True, False)
    assert (made.department, made.supervisor) == (world.purchasing, world.supervisor)
    assert made.position == "Закупщик"
    assert not made.has_usable_password()
    assert User.objects.get(email="under@firm.example").supervisor.email == "chief@firm.example"
    world.manager.refresh_from_db()
    assert world.manager.position == "Старший"
    assert PersonEvent.objects.filter(subject_id=made.pk, kind="person.created").exists()
    assert not EntryLink.objects.filter(person=made).exists(), "invitations were not ticked"
    [event] = SettingsEvent.objects.filter(kind="import.done")
    assert {name: event.data[name] for name in ("new", "changed", "same", "fault")} == {
        "new": 3,
        "changed": 1,
        "same": 1,
        "fault": 5,
    }
    assert DataImport.objects.get().rows == [], "what was uploaded does not stay"


def test_whoever_is_imported_is_invited_if_that_is_ticked(world: World) -> None:
    client = logged_in(world.admin)
    table = "E-mail,Full name\nnew@firm.example,Kim Anna\n"
    address, context = plan(client, "people", table)
    assert press(client, address, context, invite="1").status_code == 303
    work()
    assert [message.to[0] for message in mail.outbox] == ['"Kim Anna" <new@firm.example>']


def test_what_has_changed_since_it_was_shown_is_shown_again(world: World) -> None:
    client = logged_in(world.admin)
    address, context = plan(client, "people", "E-mail;ФИО\nnew@firm.example;Ким Анна\n")
    User.objects.create_user("kim", email="new@firm.example", full_name="Ким Анна")

    answer = press(client, address, context)

    assert answer.status_code == 409
    assert fates(answer.context) == {2: ("same", set())}


def test_each_row_of_counterparties_has_its_fate_by_the_rules_of_the_forms(world: World) -> None:
    ours, known = world.payer, world.company
    table = (
        COMPANIES
        + f"7799301010;779901001;ООО «Ладья»;;{BANK};Иванова Мария;maria@ladya.example\n"
        + f"{known.inn};{known.kpp};Другое имя;;;;;;Новый Контакт;new@other.example\n"
        + f"{known.inn};{known.kpp};{known.name};;;;;;;\n"
        + "7799301011;779901001;ООО «Опечатка»;;;;;;;\n"
        + f"{ours.inn};{ours.kpp};{ours.name};;;;;;;\n"
        + "7799501019;779901001;ООО «Счёт»;;044525104;Банк;30101810745374525104;40702810799990000214;;\n"
        + ";;Lark Ltd;foreign;;;;;;wrong\n"
    )
    client = logged_in(world.admin)
    address, context = plan(client, "companies", table)
    assert fates(context) == {
        2: ("new", set()),
        3: ("changed", {"name", "contact_name"}),
        4: ("fault", {"inn"}),
        5: ("fault", {"inn"}),
        6: ("fault", {"inn"}),
        7: ("fault", {"number"}),
        8: ("fault", {"contact_email", "contact_name"}),
    }

    assert press(client, address, context, rows="good").status_code == 303

    made = Company.objects.get(inn="7799301010")
    assert made.folder is not None
    assert BankAccount.objects.get(company=made).is_main
    assert Contact.objects.get(company=made).email == "maria@ladya.example"
    known.refresh_from_db()
    assert known.name == "Другое имя"
    assert not Company.objects.filter(inn__in=["7799301011", "7799501019"]).exists()
    again, context = plan(client, "companies", table.split("\n")[0] + "\n" + table.split("\n")[1])
    assert fates(context) == {2: ("same", set())}
    assert press(client, again, context).status_code == 409


def test_a_workbook_keeps_leading_zeros_and_says_where_digits_are_lost(world: World) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["ИНН", "КПП", "Наименование", "БИК", "Банк", "Корр. счёт", "Расчётный счёт"])
    account = ["30101810745374525104", "40702810799990000213"]
    sheet.append([7799301010, 779901001, "ООО «Ладья»", 44525104, "Банк", *account])
    sheet.append([7799501019, 779901001, "ООО «Парус»", 44525104, "Банк", account[0], 4.07e19])
    content = io.BytesIO()
    book.save(content)
    client = logged_in(world.admin)
    answer = send(client, "companies", content.getvalue(), "table.xlsx")
    context = client.get(answer["Location"]).context
    assert fates(context) == {2: ("new", set()), 3: ("fault", {"number"})}


@pytest.mark.parametrize("kind", ["people", "companies"])
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_template_is_read_as_it_is(kind: str, file_format: str, world: World) -> None:
    client = logged_in(world.admin)
    made = client.get(f"{PAGE}template/{kind}.{file_format}")
    assert made.status_code == 200
    answer = send(client, kind, made.content, f"table.{file_format}")
    assert fates(client.get(answer["Location"]).context) == {2: ("new", set())}


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (21 * 1024 * 1024))
    return content.getvalue()


def workbook(columns: int, entity: str = "") -> bytes:
    """A workbook as somebody who means no good makes it."""
    book = Workbook()
    book.active.append(["x"] * columns)
    content = io.BytesIO()
    book.save(content)
    if not entity:
        return content.getvalue()
    spoilt = io.BytesIO()
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(spoilt, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = entity.encode() + part
            target.writestr(name, part)
    return spoilt.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bomb.xlsx", bomb()),
        ("wide.xlsx", workbook(10_000)),
        ("entity.xlsx", workbook(2, '<!DOCTYPE a [<!ENTITY b "c">]>')),
        ("broken.xlsx", b"PK\x03\x04 no archive"),
        ("picture.xlsx", b"\x89PNG\r\n\x1a\n"),
        ("empty.csv", b""),
        ("headings.csv", "E-mail;ФИО\n".encode()),
        ("other.csv", b"a;b\n1;2\n"),
        ("twice.csv", "E-mail;E-mail;ФИО\na@b.example;;Ким\n".encode()),
        ("wide.csv", b";".join([b"E-mail"] * 10_000)),
        ("long.csv", "E-mail;ФИО\n".encode() + b"a@b.example;K\n" * (MOST_ROWS + 1)),
        ("large.csv", b"x" * (2 * 1024 * 1024 + 1)),
        ("letters.csv", b"\x98\xff\xfe\x98"),
        ("program.exe", b"MZ"),
    ],
)
def test_a_hostile_file_is_refused_at_its_field(name: str, content: bytes, world: World) -> None:
    answer = send(logged_in(world.admin), "people", content, name)
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"file"}
    assert not DataImport.objects.exists()


def test_it_is_the_administrators_own(world: World) -> None:
    address, _context = plan(logged_in(world.admin), "people", "E-mail;ФИО\na@b.example;Ким\n")
    other = User.objects.create_superuser("second", "a pass phrase", full_name="Второй")
    assert logged_in(other).get(address).status_code == 404
    assert logged_in(world.manager).get(address).status_code == 403

"""docs/operations.md to the letter, on real servers: install, work, lose it all, restore, upgrade."""

from __future__ import annotations

import datetime
import math
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from django.utils import timezone

from approvals.tests.builders import PASSWORD, PDF
from tests.neighbour import Person, file, number_in
from tests.over_http import HttpClient, HttpPerson, NoAnswer
from tests.stack.machine import Machine
from tests.stack.mailbox import Mailbox, mail_server
from tests.stack.patience import until
from tests.stack.processes import free_port
from tests.stack.program import answers, s3_client

pytestmark = [pytest.mark.services, pytest.mark.postgres]

PUBLIC_URL = "https://pay.example.com"
GIVEN = "given by an administrator"
OWN = {
    "kind": "organisation",
    "name": "ООО «Лиственный берег»",
    "inn": "7799101010",
    "kpp": "779901001",
    "ogrn": "1167799101018",
    "accounts-TOTAL_FORMS": "1",
    "accounts-INITIAL_FORMS": "0",
    "accounts-0-bik": "044525225",
    "accounts-0-bank_name": "ПАО Сбербанк",
    "accounts-0-correspondent_account": "30101810400000000225",
    "accounts-0-number": "40702810799990000101",
    "accounts-0-currency": "RUB",
    "accounts-0-is_main": "on",
}
SUPPLIER = {
    "kind": "organisation",
    "name": "ООО «Чистовея»",
    "inn": "7799201128",
    "kpp": "779901001",
    "ogrn": "1227799201123",
}
ACCOUNT = {
    "bik": "044525974",
    "bank_name": "АО «ТБанк»",
    "correspondent_account": "30101810145250000974",
    "number": "40702810399990000212",
    "currency": "RUB",
}
CONTACT = {
    "full_name": "Мельник Оксана Ивановна",
    "email": "melnik@chistoveya.example",
    "language": "ru",
}
# What a migration of the next version may do while this one serves.
NEXT = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("counterparties", "{last}")]
    operations = [
        migrations.AddField("company", "trial", models.CharField(max_length=20, default="", db_default="")),
        migrations.AddField("company", "trial_at", models.DateTimeField(null=True)),
        migrations.AddIndex("company", models.Index(fields=["trial"], name="company_trial")),
        migrations.CreateModel("Trial", [("id", models.BigAutoField(primary_key=True)),
            ("company", models.ForeignKey("counterparties.company", models.CASCADE))]),
    ]
"""


class BehindProxy(HttpClient):
    """What a proxy that ends TLS makes of a visitor's requests."""

    def headers(self) -> dict[str, str]:
        return {
            **super().headers(),
            "Host": "pay.example.com",
            "Referer": f"{PUBLIC_URL}/",
            "X-Forwarded-For": "203.0.113.5",
            "X-Forwarded-Proto": "https",
        }


class Visitor(HttpPerson):
    """Somebody who reaches the program through the proxy."""

    def __init__(self, base_url: str, username: str = "", password: str = PASSWORD) -> None:
        Person.__init__(self, username, password)
        self.base_url = base_url
        self.http = BehindProxy(base_url)
        if username:
            self.log_in()

    def log_in(self) -> None:
        """By the form; the cookies have other names under https."""
        self.send(self.get("/login/"), "/login/", username=self.username, password=self.password)

    def choose(self, password: str) -> None:
        """A password of one's own in place of the one that an administrator gave."""
        words = {"new_password1": password, "new_password2": password}
        fields = {"action": "password", "old_password": self.password, **words}
        self.send(self.get("/me/"), "/me/", **fields)


@dataclass
class Company:
    """The company that works in the installation, from where its people sit."""

    base_url: str
    people: dict[str, Visitor] = field(default_factory=dict)
    counterparty: int = 0

    def __getattr__(self, name: str) -> Visitor:
        """One of its people, logged in."""
        if name not in self.people:
            self.people[name] = Visitor(self.base_url, name)
        return self.people[name]

    def begin(self, admin: Visitor) -> None:
        """As an administrator does in the admin: people, their roles, our own organisation."""
        pks = {}
        for name, full_name in (
            ("supervisor", "Белозёров Павел Андреевич"),
            ("manager", "Кравцова Алина Сергеевна"),
            ("accountant", "Зайцева Ольга Николаевна"),
        ):
            new = {"username": name, "full_name": full_name}
            path = "/admin/people/user/add/"
            words = {"password1": GIVEN, "password2": GIVEN}
            made = admin.send(admin.get(path), path, 302, **new, **words)
            pks[name] = str(number_in(made.location))
            path = f"/admin/people/user/{pks[name]}/change/"
            role = {"is_accountant": "on"} if name == "accountant" else {"is_manager": "on"}
            place = {"supervisor": pks["supervisor"]} if name == "manager" else {}
            letters = {"email": f"{name}@listbereg.example"}
            admin.send(admin.get(path), path, 302, **role, **place, **letters)
            self.people[name] = Visitor(self.base_url, name, GIVEN)
            self.people[name].choose(PASSWORD)
        path = "/admin/counterparties/owncompany/add/"
        admin.send(admin.get(path), path, 302, **OWN)

    def meet(self) -> None:
        """A counterparty with an account and a contact."""
        self.counterparty = number_in(self._fill("/companies/new/", **SUPPLIER))
        here = f"/companies/{self.counterparty}/"
        self._fill(f"{here}accounts/new/", **ACCOUNT)
        self._fill(f"{here}contacts/new/", **CONTACT)

    def new_request(self, number: str) -> int:
        """A request to pay an invoice of the counterparty's."""
        card = self.manager.get(f"/companies/{self.counterparty}/")
        contacts = self.manager.get(f"/companies/{self.counterparty}/?tab=contacts")
        today = timezone.localdate()
        made = self._fill(
            f"/requests/new/?company={self.counterparty}",
            "/requests/new/",
            action="save",
            company=self.counterparty,
            bank_account=card.one("account")["pk"],
            contact=contacts.one("contact")["pk"],
            amount="49 050,00",
            vat_rate="22",
            purpose=f"Оплата по счёту {number}",
            pay_by=(today + datetime.timedelta(days=3)).isoformat(),
            invoice=file(f"Счёт {number}.pdf", PDF),
            invoice_number=number,
            invoice_date=today.isoformat(),
        )
        return number_in(made)

    def new_draft(self) -> None:
        """A draft with little in it."""
        fields = {"amount": "1 000,00", "purpose": "Черновик"}
        day = timezone.localdate().isoformat()
        self._fill("/requests/new/", action="save", company=self.counterparty, pay_by=day, **fields)

    def approve(self, request: int) -> None:
        """Through approval and acceptance, to 'to pay'."""
        self.manager.send(self.manager.get(f"/requests/{request}/"), f"/requests/{request}/submit/")
        for person, verb in ((self.supervisor, "approve"), (self.manager, "accept")):
            inbox = person.get("/tasks/")
            task = inbox.one("task", kind=verb, request_id=request)["task-id"]
            person.send(inbox, f"/tasks/{task}/{verb}/")

    def pay(self, request: int) -> None:
        """The accountant records the payment and its order."""
        order = file("Платёжное поручение № 373.pdf", PDF)
        here = f"/requests/{request}/"
        page = self.accountant.get(here)
        self.accountant.send(page, f"{here}payments/", number="373", payment_order=order)

    def status(self, request: int) -> str:
        return self.manager.get(f"/requests/{request}/").one("request-status")["status"]

    def _fill(self, page: str, to: str = "", **fields: object) -> str:
        return self.manager.send(self.manager.get(page), to or page, **fields).location


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def machine(tmp_path: Path, mailbox: Mailbox) -> Iterator[Machine]:
    """A machine with nothing on it, and servers with nothing in them."""
    empty_servers("operations")
    s3 = {name: os.environ[name] for name in ("S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY")}
    settings = {
        "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + "/operations",
        "BROKER_URL": os.environ["BROKER_URL"].rpartition("/")[0] + "/8",
        "S3_BUCKET": "signoff-operations",
        "EMAIL_URL": mailbox.url,
        "PORT": str(free_port()),
        **s3,
    }
    made = Machine(tmp_path / "machine", settings)
    made.env |= {
        "DJANGO_SUPERUSER_USERNAME": "admin",
        "DJANGO_SUPERUSER_FULL_NAME": "Ершов Никита Юрьевич",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
    }
    yield made
    made.power_off()


def empty_servers(name: str) -> None:
    """A database and a bucket of this name with nothing in them, whatever was there."""
    server, _slash, database = os.environ["DATABASE_URL"].rpartition("/")
    with psycopg.connect(f"{server}/{database}", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    s3, bucket = s3_client(os.environ), f"signoff-{name}"
    there = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    if bucket in there:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for item in [item for page in pages for item in page.get("Contents", [])]:
            s3.delete_object(Bucket=bucket, Key=item["Key"])


class Traffic:
    """A manager who goes on writing drafts while operators work; what each became, and when it was over."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.answered: list[tuple[float, str]] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.play)

    def __enter__(self) -> Traffic:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()

    def play(self) -> None:
        while not self.ended.is_set():
            try:
                self.company.manager.get("/requests/")
                self.company.new_draft()
                said = "written"
            except (NoAnswer, AssertionError) as error:
                said = f"{type(error).__name__} {error}"
            self.answered.append((time.time(), said))

    def all(self, *, before: float = math.inf) -> list[str]:
        return [said for at, said in self.answered if at < before]


def test_installed_worked_in_lost_restored_and_upgraded(machine: Machine, mailbox: Mailbox) -> None:
    base_url = f"http://127.0.0.1:{machine.settings['PORT']}"

    def up() -> bool:
        return answers(f"{base_url}/readyz")

    machine.take("1.0")
    machine.follow("install")
    machine.follow("start")
    until(up)
    company = Company(base_url)
    company.begin(company.admin)
    company.meet()
    paid, waiting = company.new_request("171"), company.new_request("172")
    company.approve(paid)
    company.pay(paid)
    company.approve(waiting)
    [letter] = mailbox.wait_for(CONTACT["email"])
    link = link_in(letter.content)

    machine.follow("backup")
    gone = company.new_request("173")
    machine.power_off()
    empty_servers("operations")

    machine.follow("restore")
    until(up)
    company.people.clear()  # everybody logs in anew
    assert company.status(paid) == "paid"
    assert company.status(waiting) == "approved"
    company.manager.get(f"/requests/{gone}/", status=404)
    Visitor(base_url).get(link)  # a link that was sent before still opens
    company.pay(waiting)
    assert len(mailbox.wait_for(CONTACT["email"], count=2)) == 2

    add_a_migration(machine.take("1.1"))
    with Traffic(company) as traffic:
        machine.follow("upgrade")
        until(up)
        count = len(traffic.answered)
        until(lambda: traffic.all()[count:].count("written") > 2)
    before = traffic.all(before=machine.when("restart"))
    assert len(before) > 2
    assert set(before) == {"written"}
    assert {said.split()[0] for said in traffic.all()} <= {"written", "NoAnswer"}

    assert "[X]  counterparties.9999_trial" in machine.manage("showmigrations", "--plan")
    assert company.new_request("174") > gone
    assert "Every chain of events is whole." in machine.manage("verify_audit")
    machine.manage("check_storage")


def add_a_migration(version: Path) -> None:
    """The next version's, which is applied while the one before serves."""
    migrations = version / "counterparties" / "migrations"
    last = max(path.stem for path in migrations.glob("0*.py"))
    (migrations / "9999_trial.py").write_text(NEXT.format(last=last))


def link_in(content: bytes) -> str:
    """The path of the contact's page in a letter."""
    text = content.replace(b"=\r\n", b"").decode(errors="replace")
    return "/s/" + text.split(f"{PUBLIC_URL}/s/")[1].split("/")[0] + "/"

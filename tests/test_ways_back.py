"""Ways back, part payments, forged keys, second clicks and late decisions, over HTTP as a program does it."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from approvals.models import Payment, PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import PDF, World
from counterparties.models import Company
from documents.models import Document, Upload
from tests.neighbour import Page, Person, file, number_in
from tests.worker import work

pytestmark = pytest.mark.once

MB = 1024 * 1024


@dataclass
class Cast:
    """Everybody, logged in."""

    world: World
    manager: Person
    manager2: Person
    supervisor: Person
    accountant: Person
    admin: Person

    def fields(self, **changes: Any) -> dict[str, Any]:
        """A complete request to the world's company, as a form sends it."""
        return {
            "payer": self.world.payer.pk,
            "company": self.world.company.pk,
            "bank_account": self.world.account.pk,
            "contact": self.world.contact.pk,
            "amount": "1000.00",
            "currency": "RUB",
            "vat_rate": "none",
            "purpose": "Оплата по счёту № К-1 за бумагу. НДС не облагается",
            "pay_by": (timezone.localdate() + datetime.timedelta(days=3)).isoformat(),
            "invoice_number": "К-1",
            **changes,
        }

    def sent(self, **changes: Any) -> str:
        """The address of a request that waits for the supervisor."""
        invoice = file("Счёт.pdf", PDF)
        data = self.fields(action="submit", invoice=invoice, **changes)
        return self.manager.post("/requests/new/", **data).location

    def approve(self, here: str) -> None:
        self.supervisor.post(f"/tasks/{task_of(self.supervisor, here)}/approve/")

    def accept(self, here: str) -> None:
        self.manager.post(f"/tasks/{task_of(self.manager, here)}/accept/")

    def approved(self, **changes: Any) -> str:
        """The address of a request that waits for accounting."""
        here = self.sent(**changes)
        self.approve(here)
        self.accept(here)
        return here

    def pay(
        self, here: str, number: str, status: int = 303, changes: dict[str, Any] | None = None
    ) -> Page:
        order = file("Платёжка.pdf", PDF + number.encode())
        data = {"number": number, "payment_order": order, **(changes or {})}
        return self.accountant.post(f"{here}payments/", status, **data)


@pytest.fixture
def cast(world: World) -> Cast:
    names = ("manager", "manager2", "supervisor", "accountant", "admin")
    return Cast(world, *(Person(name) for name in names))


def task_of(person: Person, here: str) -> str:
    """The task that waits for this person about the request at `here`."""
    return person.get("/tasks/").one("task", request_id=number_in(here))["task-id"]


def state(person: Person, here: str) -> tuple[str, str]:
    """Status and round by the card."""
    shown = person.get(here).one("request-status")
    return shown["status"], shown["round"]


def kinds(person: Person, here: str) -> list[str]:
    """The notices that somebody has about a request, newest first."""
    found = person.get("/notices/").all("notice", request_id=number_in(here))
    return [notice["kind"] for notice in found]


# --- Ways back ------------------------------------------------------------------------------------


def test_returned_it_comes_back_as_round_two_under_its_number_and_is_approved(cast: Cast) -> None:
    here = cast.sent()
    task = task_of(cast.supervisor, here)

    cast.supervisor.post(f"/tasks/{task}/return/", reason="Приложите договор № 18")

    assert state(cast.manager, here) == ("draft", "2")
    assert "Приложите договор № 18" in cast.manager.get(here).text
    assert kinds(cast.manager, here) == ["returned"]
    assert cast.supervisor.get("/tasks/").all("task") == []
    cast.manager.post(f"{here}edit/", action="submit", purpose="Оплата по договору № 18")
    assert state(cast.manager, here) == ("on_approval", "2")
    assert task_of(cast.supervisor, here) != task
    cast.approve(here)
    cast.accept(here)
    card = cast.manager.get(here)
    assert card.one("request-status")["round"] == "2"
    assert "Приложите договор № 18" in card.text  # every decision stays
    assert PaymentRequest.objects.count() == 1


@pytest.mark.parametrize("verb", ["return", "refuse"])
def test_no_way_back_without_a_reason(cast: Cast, verb: str) -> None:
    here = cast.sent()
    task = task_of(cast.supervisor, here)

    page = cast.supervisor.post(f"/tasks/{task}/{verb}/", 422, reason="  ")

    assert page.faults() == {"reason"}
    assert state(cast.manager, here) == ("on_approval", "1")


def test_refused_it_stays_refused(cast: Cast) -> None:
    here = cast.sent()
    task = task_of(cast.supervisor, here)

    cast.supervisor.post(f"/tasks/{task}/refuse/", reason="Нет в плане")

    assert state(cast.manager, here) == ("refused", "1")
    assert kinds(cast.manager, here) == ["refused"]
    cast.manager.post(f"{here}submit/", 409)
    cast.manager.post(f"{here}withdraw/", 409)
    cast.manager.post(f"{here}cancel/", 409, reason="Поздно")


def test_withdrawn_it_is_a_draft_of_the_next_round_and_the_task_is_gone(cast: Cast) -> None:
    here = cast.sent()
    task = task_of(cast.supervisor, here)

    cast.manager.post(f"{here}withdraw/")

    assert state(cast.manager, here) == ("draft", "2")
    late = cast.supervisor.post(f"/tasks/{task}/approve/", 409)
    assert "Кравцова А. С." in late.text


def test_what_was_approved_can_be_withdrawn_until_it_is_accepted(cast: Cast) -> None:
    here = cast.sent()
    cast.approve(here)
    cast.pay(here, "1", 409)

    cast.manager.post(f"{here}withdraw/", reason="Ошибка в сумме")

    assert state(cast.manager, here) == ("draft", "2")


def test_an_accountant_gives_an_approved_request_back_and_the_approver_is_told(cast: Cast) -> None:
    here = cast.approved()
    cast.accountant.post(f"{here}return/", 422, reason="")

    cast.accountant.post(f"{here}return/", reason="Расчётный счёт закрыт")

    assert state(cast.manager, here) == ("draft", "2")
    assert kinds(cast.manager, here)[0] == "returned"
    assert kinds(cast.supervisor, here)[0] == "returned"
    cast.manager.post(f"{here}submit/")
    cast.approve(here)
    cast.accept(here)
    assert state(cast.manager, here) == ("approved", "2")


def test_a_part_paid_request_neither_goes_back_nor_is_cancelled(cast: Cast) -> None:
    here = cast.approved()
    cast.pay(here, "1", changes={"amount": "400.00"})

    cast.accountant.post(f"{here}return/", 409, reason="Поздно")
    cast.manager.post(f"{here}cancel/", 409, reason="Поздно")
    cast.admin.post(f"{here}cancel/", 409, reason="Поздно")


def test_cancelled_by_an_administrator_with_a_reason(cast: Cast) -> None:
    here = cast.approved()
    cast.admin.post(f"{here}cancel/", 422, reason="")

    cast.admin.post(f"{here}cancel/", reason="Дубль")

    assert state(cast.manager, here) == ("cancelled", "1")
    cast.pay(here, "1", 409)


def test_an_accountant_accepts_for_an_author_who_is_away(cast: Cast) -> None:
    here = cast.sent()
    cast.approve(here)
    assert cast.accountant.get("/tasks/").all("task") == []
    task = cast.accountant.get(here).one("task", kind="accept")["task-id"]

    cast.accountant.post(f"/tasks/{task}/accept/")

    assert state(cast.manager, here) == ("approved", "1")


# --- Payments -------------------------------------------------------------------------------------


def test_part_payments_add_up_and_one_letter_goes_with_all_orders(
    cast: Cast, mailoutbox: list[Any]
) -> None:
    here = cast.approved()
    day = PaymentRequest.objects.get().pay_by.isoformat()

    cast.pay(here, "101", changes={"amount": "400,00"})

    assert state(cast.manager, here) == ("approved", "1")
    assert cast.manager.get("/").one("daily-total", date=day)["amount"] == "600.00"
    over = cast.pay(here, "102", 422, {"amount": "600.01"})
    assert over.faults() == {"amount"}
    assert "600,00 ₽" in over.text
    assert cast.manager.get(here).all("letter") == []
    cast.pay(here, "102")  # what is left
    assert state(cast.manager, here) == ("paid", "1")
    assert cast.manager.get("/").all("daily-total") == []
    work()
    letters = [m for m in mailoutbox if cast.world.contact.email in m.to[0]]
    assert len(letters) == 1
    assert len(letters[0].attachments) == 3  # two payment orders, one notice of all
    names = {d.stored_name for d in Document.objects.filter(kind="payment_order")}
    assert names == {"Платёжка.pdf", "Платёжка (2).pdf"}
    cast.pay(here, "103", 409)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "0"),
        ("amount", "1000.01"),
        ("amount", "десять"),
        ("paid_on", "2999-01-01"),
        ("number", "1234567"),
        ("number", "000"),
        ("payment_order", ""),
        ("payer_account", "{other_account}"),
        ("payer_account", "999999"),
    ],
)
def test_a_wrong_payment_is_told_at_its_field(cast: Cast, field: str, value: str) -> None:
    here = cast.approved()
    value = value.format(other_account=cast.world.other_account.pk)

    page = cast.pay(here, "7", 422, {field: value})

    assert page.faults() == {field}
    assert not Payment.objects.exists()


def test_the_payment_order_of_a_faulty_form_need_not_be_chosen_again(cast: Cast) -> None:
    here = cast.approved()
    page = cast.pay(here, "7", 422, {"amount": "2000"})
    ref = page.value_of("payment_order_ref")
    assert page.value_of("number") == "7"

    cast.pay(here, "7", changes={"payment_order": "", "payment_order_ref": ref})

    assert state(cast.manager, here) == ("paid", "1")
    assert cast.manager.get(here).one("document", kind="payment_order")


def test_a_payment_order_may_come_later_where_the_settings_let_it(
    cast: Cast, mailoutbox: list[Any]
) -> None:
    here = cast.approved()
    cast.world.payer.refresh_from_db()
    settings_row = builders.organisation_settings()
    settings_row.payment_order_required = False
    settings_row.save()
    cast.pay(here, "7", changes={"payment_order": ""})
    payment = Payment.objects.get()
    order = {"kind": "payment_order", "payment": payment.pk}

    cast.manager.post(f"{here}documents/", 403, **order, file=file("п.pdf", PDF))
    cast.accountant.post(f"{here}documents/", **order, file=file("п.pdf", PDF))

    again = cast.accountant.post(f"{here}documents/", 422, **order, file=file("п.pdf", PDF))
    assert again.status == 422
    payment.refresh_from_db()
    assert payment.payment_order is not None


# --- Documents ------------------------------------------------------------------------------------


def test_two_files_of_one_name_both_survive(cast: Cast) -> None:
    here = cast.sent()
    first, second = PDF + b"% one", PDF + b"% two"

    for content in (first, second):
        cast.manager.post(f"{here}documents/", kind="contract", file=file("Договор.pdf", content))
    work()

    shown = cast.manager.get(here).all("document", kind="contract")
    assert [thing["state"] for thing in shown] == ["stored", "stored"]
    assert [cast.manager.read(thing.link) for thing in shown] == [first, second]
    names = Document.objects.filter(kind="contract").values_list("stored_name", flat=True)
    assert sorted(names) == ["Договор (2).pdf", "Договор.pdf"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("virus.exe", b"MZ\x90\x00 not a document"),
        ("счёт.pdf", b"PK\x03\x04 neither a PDF"),
        ("счёт.pdf", b""),
        ("page.html", b"<script>alert(1)</script>"),
    ],
)
def test_a_file_is_judged_by_its_content(cast: Cast, name: str, content: bytes) -> None:
    here = cast.sent()

    page = cast.manager.post(f"{here}documents/", 422, kind="other", file=file(name, content))

    assert page.faults() == {"file"}
    assert not Document.objects.filter(kind="other").exists()


@pytest.mark.parametrize("name", ["../../etc/passwd.pdf", "a/b\\c.pdf", "й" * 300 + ".pdf", ".pdf"])
def test_a_hostile_name_comes_out_safe(cast: Cast, name: str) -> None:
    here = cast.sent()

    cast.manager.post(f"{here}documents/", kind="act", file=file(name, PDF))
    work()

    document = Document.objects.get(kind="act")
    assert document.state == "stored"
    assert "/" not in document.stored_name
    assert len(document.stored_name.encode()) <= 200
    assert document.stored_name.endswith("pdf")


# --- Forged keys ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "row"),
    [
        ("contact", "other_contact"),
        ("bank_account", "other_account"),
        ("payer", "other_company"),
        ("bank_account", None),
        ("contact", None),
        ("payer", None),
        ("company", None),
        ("category", None),
    ],
)
@pytest.mark.parametrize("action", ["save", "submit"])
def test_a_forged_key_is_a_fault_at_its_field(
    cast: Cast, field: str, row: str | None, action: str
) -> None:
    key = getattr(cast.world, row).pk if row else 987654
    data = cast.fields(action=action, invoice=file("с.pdf", PDF), **{field: key})

    page = cast.manager.post("/requests/new/", 422, **data)

    assert field in page.faults()
    assert not PaymentRequest.objects.exists()


def test_the_company_is_fixed_when_the_request_is_made(cast: Cast) -> None:
    here = cast.manager.post("/requests/new/", action="save", **cast.fields()).location

    data = cast.fields(company=cast.world.other_company.pk, bank_account="", contact="")
    cast.manager.post(f"{here}edit/", 422, action="save", **data)
    cast.manager.post(f"{here}edit/", 422, action="save", contact=cast.world.other_contact.pk)

    row = PaymentRequest.objects.get()
    assert (row.company, row.contact) == (cast.world.company, cast.world.contact)


def test_an_account_in_another_currency_is_a_fault_at_the_account(cast: Cast) -> None:
    data = cast.fields(action="save", currency="USD")

    assert cast.manager.post("/requests/new/", 422, **data).faults() == {"bank_account"}


def test_what_one_may_not_see_is_not_there(cast: Cast) -> None:
    here = cast.sent()
    number = number_in(here)
    task = task_of(cast.supervisor, here)
    document = cast.manager.get(here).one("document").link
    stranger = cast.manager2

    stranger.get(here, 404)
    stranger.get(f"{here}edit/", 404)
    stranger.fetch(document, 404)
    for verb in ("submit", "withdraw", "cancel", "return", "documents", "payments"):
        stranger.post(f"/requests/{number}/{verb}/", 404, reason="x")
    for verb in ("approve", "return", "refuse", "accept"):
        stranger.post(f"/tasks/{task}/{verb}/", 404, reason="x")
    assert stranger.get("/requests/").all("registry-row") == []
    assert stranger.get("/requests/").all("registry-total") == []
    assert (
        stranger.get(f"/companies/{cast.world.company.pk}/?tab=requests").all("company-request")
        == []
    )


def test_what_one_may_see_and_not_do_is_forbidden(cast: Cast) -> None:
    here = cast.sent()
    task = task_of(cast.supervisor, here)

    for person in (cast.manager, cast.accountant, cast.admin):
        for verb in ("approve", "return", "refuse"):
            person.post(f"/tasks/{task}/{verb}/", 403, reason="x", comment="x")
    for person in (cast.supervisor, cast.accountant, cast.admin):
        person.post(f"{here}withdraw/", 403)
        person.post(f"{here}submit/", 403)
        person.post(f"{here}edit/", 403, action="save", **cast.fields())
    for person in (cast.manager, cast.supervisor, cast.admin):
        person.post(f"{here}payments/", 403, number="1", payment_order=file("п.pdf", PDF))
        person.post(f"{here}return/", 403, reason="x")
        person.post(f"{here}documents/", 403, kind="payment_order", file=file("п.pdf", PDF))
    assert state(cast.manager, here) == ("on_approval", "1")
    assert not Upload.objects.exists()


def test_a_payment_of_another_request_is_no_payment_of_this_one(cast: Cast) -> None:
    settings_row = builders.organisation_settings()
    settings_row.payment_order_required = False
    settings_row.save()
    first, second = cast.approved(), cast.approved(amount="2000")
    for here in (first, second):
        cast.pay(here, "7", changes={"payment_order": ""})
    other = Payment.objects.get(amount=Decimal(2000))

    for payment in (other.pk, 987654, 2**63, "x"):
        data = {"kind": "payment_order", "payment": payment, "file": file("п.pdf", PDF)}
        cast.accountant.post(f"{first}documents/", 422, **data)

    assert not Document.objects.filter(kind="payment_order").exists()


def test_another_persons_upload_cannot_be_taken(cast: Cast) -> None:
    theirs = builders.upload(cast.world.manager2)
    data = cast.fields(action="submit", invoice_ref=str(theirs.ref))

    page = cast.manager.post("/requests/new/", 422, **data)

    assert page.faults() == {"invoice"}
    assert Upload.objects.filter(pk=theirs.pk).exists()


@pytest.mark.parametrize("number", [0, 987654, 2**63 - 1, 2**63, 10**30])
def test_numbers_that_nothing_has_are_404(cast: Cast, number: int) -> None:
    for path in ("requests/{}/", "documents/{}/", "letters/{}/", "contacts/{}/", "companies/{}/"):
        cast.admin.fetch("/" + path.format(number), 404)
    cast.manager.post(f"/tasks/{number}/approve/", 404)
    cast.manager.post(f"/requests/{number}/submit/", 404)


# --- Second clicks and late decisions ---------------------------------------------------------------


def test_the_same_form_twice_makes_one_request(cast: Cast) -> None:
    data = cast.fields(action="submit", form_key=str(uuid.uuid4()))

    first = cast.manager.post("/requests/new/", invoice=file("с.pdf", PDF), **data)
    second = cast.manager.post("/requests/new/", invoice=file("с.pdf", PDF), **data)

    assert first.location == second.location
    assert PaymentRequest.objects.count() == 1
    assert Document.objects.filter(paper=None).count() == 1


def test_the_same_company_form_twice_makes_one_company(cast: Cast) -> None:
    data = {"kind": "foreign", "name": "Paper Ltd", "form_key": str(uuid.uuid4())}

    first = cast.manager.post("/companies/new/", **data)
    second = cast.manager.post("/companies/new/", **data)

    assert first.location == second.location
    assert Company.objects.filter(name="Paper Ltd").count() == 1


def test_the_same_payment_twice_is_recorded_once(cast: Cast) -> None:
    here = cast.approved()
    key = str(uuid.uuid4())

    first = cast.pay(here, "7", changes={"amount": "400", "form_key": key})
    second = cast.pay(here, "7", changes={"amount": "400", "form_key": key})

    assert first.location == second.location == here
    assert Payment.objects.count() == 1


def test_a_double_click_on_a_decision_is_one_decision(cast: Cast) -> None:
    here = cast.sent()
    task = task_of(cast.supervisor, here)
    key = str(uuid.uuid4())

    for _click in range(2):
        cast.supervisor.post(f"/tasks/{task}/approve/", form_key=key)

    assert kinds(cast.manager, here) == ["approved"]


def test_a_late_decision_is_told_who_decided(cast: Cast) -> None:
    here = cast.sent()
    task = task_of(cast.supervisor, here)
    cast.supervisor.post(f"/tasks/{task}/approve/", form_key=str(uuid.uuid4()))

    late = cast.supervisor.post(f"/tasks/{task}/refuse/", 409, reason="Передумал")

    assert "Белозёров П. А." in late.text
    assert late.one("request-status")["status"] == "on_approval"
    cast.supervisor.post(f"/tasks/{task}/approve/", 409, form_key=str(uuid.uuid4()))
    assert kinds(cast.manager, here) == ["approved"]


def test_submitting_twice_from_two_pages_is_a_conflict(cast: Cast) -> None:
    here = cast.sent()

    late = cast.manager.post(f"{here}submit/", 409)

    assert "Кравцова А. С." in late.text


def test_fields_change_in_a_draft_only(cast: Cast) -> None:
    here = cast.sent()

    cast.manager.get(f"{here}edit/", 409)
    late = cast.manager.post(f"{here}edit/", 409, action="save", **cast.fields(amount="1"))

    assert "Кравцова А. С." in late.text
    assert PaymentRequest.objects.get().amount == Decimal(1000)


# --- What is missing, what is too large --------------------------------------------------------------


@pytest.mark.parametrize("field", ["company", "amount", "purpose", "pay_by"])
@pytest.mark.parametrize("action", ["save", "submit"])
def test_a_draft_needs_four_things(cast: Cast, field: str, action: str) -> None:
    data = cast.fields(action=action, invoice=file("с.pdf", PDF), **{field: ""})

    page = cast.manager.post("/requests/new/", 422, **data)

    assert field in page.faults()
    assert not PaymentRequest.objects.exists()


def test_submit_names_each_missing_field_and_keeps_what_was_typed(cast: Cast) -> None:
    world = cast.world
    another = {"name": "Вторая своя", "inn": "7799101028", "kpp": "779901001"}
    Company.objects.create(is_own=True, kind="organisation", created_at=timezone.now(), **another)
    second = {
        "bik": "044525104",
        "bank_name": "ООО «Банк Точка»",
        "correspondent_account": "30101810745374525104",
        "number": "40702810799990000213",
    }
    cast.manager.post(f"/companies/{world.company.pk}/accounts/new/", **second)
    data = cast.fields(payer="", bank_account="", justification="Бумага кончилась", vat_rate="22")

    page = cast.manager.post("/requests/new/", 422, action="submit", **data)

    assert page.faults() == {"payer", "bank_account", "invoice"}
    for name in ("amount", "purpose", "pay_by", "justification", "invoice_number", "vat_rate"):
        assert page.value_of(name) == data[name]
    assert page.value_of("company") == str(world.company.pk)
    assert page.value_of("contact") == str(world.contact.pk)
    assert not PaymentRequest.objects.exists()
    # The same from the card of a draft that was saved with less.
    here = cast.manager.post("/requests/new/", action="save", **data).location
    page = cast.manager.post(f"{here}submit/", 422)
    assert page.faults() == {"payer", "bank_account", "invoice"}
    assert state(cast.manager, here) == ("draft", "1")


def test_the_invoice_of_a_faulty_form_need_not_be_chosen_again(cast: Cast) -> None:
    data = cast.fields(action="submit", amount="много")
    page = cast.manager.post("/requests/new/", 422, invoice=file("Счёт К-1.pdf", PDF), **data)
    assert page.faults() == {"amount"}
    assert "Счёт К-1.pdf" in page.text

    data |= {"amount": "10", "invoice_ref": page.value_of("invoice_ref")}
    here = cast.manager.post("/requests/new/", **data).location

    assert state(cast.manager, here) == ("on_approval", "1")
    assert Document.objects.get(paper=None).original_name == "Счёт К-1.pdf"


def test_a_day_that_has_passed_blocks_submitting_and_no_other_edit(cast: Cast) -> None:
    here = cast.manager.post("/requests/new/", action="save", **cast.fields()).location
    past = timezone.localdate() - datetime.timedelta(days=1)
    PaymentRequest.objects.update(pay_by=past, planned_on=past)
    invoice = file("с.pdf", PDF)

    cast.manager.post(f"{here}edit/", action="save", invoice=invoice, basis="Договор 5")

    page = cast.manager.post(f"{here}submit/", 422)
    assert page.faults() == {"pay_by"}
    today = timezone.localdate().isoformat()
    cast.manager.post(f"{here}edit/", action="submit", pay_by=today)
    assert state(cast.manager, here) == ("on_approval", "1")


def test_the_one_account_and_payer_choose_themselves(cast: Cast) -> None:
    data = cast.fields(payer="", bank_account="", invoice=file("с.pdf", PDF))

    cast.manager.post("/requests/new/", action="submit", **data)

    row = PaymentRequest.objects.get()
    assert (row.payer, row.bank_account) == (cast.world.payer, cast.world.account)


def test_nobody_to_approve_is_a_refusal_and_never_a_yes(cast: Cast) -> None:
    organisation = builders.organisation_settings()
    organisation.default_approver = None
    organisation.save()
    for person in (cast.world.supervisor, cast.world.director):
        person.is_active = False
        person.save()
    data = cast.fields(action="submit", invoice=file("с.pdf", PDF))

    page = cast.manager.post("/requests/new/", 422, **data)

    assert "Ершов" in page.text
    assert not PaymentRequest.objects.exists()


def test_a_file_over_the_limit_is_a_fault_at_its_field(cast: Cast, tmp_path: Any) -> None:
    big = PDF + b"0" * (settings.MAX_UPLOAD_MB * MB)
    data = cast.fields(action="submit", invoice=file("с.pdf", big))

    page = cast.manager.post("/requests/new/", 422, **data)

    assert page.faults() == {"invoice"}
    assert page.value_of("purpose") == data["purpose"]


def test_a_body_over_the_limit_is_answered_before_it_is_read(cast: Cast) -> None:
    class Unreadable(SimpleUploadedFile):
        """Fails whoever reads the body."""

    big = b"0" * ((settings.MAX_UPLOAD_MB + 1) * MB + 1)
    cast.manager.get("/requests/new/")

    response = cast.manager.client.post("/requests/new/", {"invoice": file("с.pdf", big)})

    assert response.status_code == 413
    assert f"{settings.MAX_UPLOAD_MB}" in response.content.decode()


def test_a_form_without_its_token_is_refused(cast: Cast) -> None:
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies = cast.manager.client.cookies

    assert stranger.post("/companies/new/", {"name": "x"}).status_code == 403

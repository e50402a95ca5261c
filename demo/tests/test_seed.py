"""`manage.py seed`: years of payments that hold together, for measuring; on either database."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from approvals import services
from approvals.models import (
    ApprovalTask,
    Event,
    Payment,
    PaymentRequest,
    Register,
    RequestLetter,
)
from approvals.search import company_key, invoice_key, search_text
from approvals.services import totals
from approvals.services.facts import letter_facts
from approvals.services.registers import draw_up_register
from approvals.states import Status, TaskKind
from audit.services import verify
from counterparties.forms import BankAccountForm, CompanyForm
from counterparties.models import Company
from demo.volume import numbers
from demo.volume.fates import Fate, Fates
from demo.volume.payees import Account, Parties, Party
from demo.volume.size import Size
from demo.volume.staff import Manager, Staff
from documents.models import Document, DocumentState, Folder
from documents.services import token_for
from notifications.models import Letter
from outbox import services as outbox
from people.models import Department, User

pytestmark = pytest.mark.django_db
REQUESTS = 300
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def seed(**options: Any) -> str:
    out = StringIO()
    call_command("seed", requests=REQUESTS, companies=30, stdout=out, **options)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _allowed(settings: Settings) -> None:
    settings.SEED_ALLOWED = True


def test_what_is_written_holds_together() -> None:
    assert "Done" in seed()

    requests = PaymentRequest.objects.all()
    assert requests.count() == REQUESTS
    by_status = dict(requests.order_by().values_list("status").annotate(Count("pk")))
    assert by_status.keys() == set(Status.values)
    assert 0.85 < by_status[Status.PAID] / REQUESTS < 0.95
    largest = requests.order_by().values("company").annotate(n=Count("pk")).order_by("-n")[0]["n"]
    assert 0.08 < largest / REQUESTS < 0.17
    assert Company.objects.filter(is_own=False).count() == 30
    assert Company.objects.filter(is_own=True).count() > 1
    assert 15 <= Department.objects.count() <= 25
    below = User.objects.filter(supervisor__username="supervisor1")
    assert below.count() == 20
    assert 250 <= User.objects.count() <= 350

    assert verify() == []
    connection.check_constraints()
    for model in (PaymentRequest, ApprovalTask, Payment, Document, Folder, Letter, RequestLetter):
        for row in model._default_manager.order_by("pk")[::37]:
            row.validate_constraints()
    # Forms find nothing wrong with the numbers.
    for company in Company.objects.filter(is_own=False):
        assert CompanyForm(data=vars(company), company=company).is_valid()
        old = company.accounts.order_by("pk")[0]
        number = numbers.account(777_000 + old.pk, bik=old.bik, currency=old.currency)
        form = BankAccountForm(data={**vars(old), "number": number}, company=company)
        assert form.is_valid(), form.errors
    assert Event.objects.filter(at__gt=timezone.now()).count() == 0
    # Nothing is left for the worker.
    for intent in (Folder, Document, Letter):
        assert not list(outbox.due(intent, now=timezone.now()))


def test_sums_letters_and_search_are_as_the_services_write_them() -> None:
    seed()
    for it in PaymentRequest.objects.prefetch_related("payments"):
        assert it.paid_amount == sum(payment.amount for payment in it.payments.all())
    for it in PaymentRequest.objects.select_related("company", "contact")[::41]:
        assert it.search == search_text(it)
        assert it.invoice_key == invoice_key(it.invoice_number)
        assert it.company_key == company_key(it.company)
    assert totals.differences() == []
    for tie in RequestLetter.objects.select_related("letter__share_link")[::29]:
        payments = list(tie.payment_request.payments.order_by("pk"))
        expected = letter_facts(tie.payment_request, tie.payment, payments)
        assert tie.letter.context == expected
        assert token_for(tie.letter.share_link)


def test_registers_of_the_last_days() -> None:
    seed()
    registers = Register.objects.order_by("day_on")
    assert len(registers) == 5
    for it in registers:
        assert it.day_on < timezone.localdate()
        assert it.document.state == DocumentState.STORED
        assert it.document.paper.values["groups"]
        again, is_new = draw_up_register(on=it.day_on, actor=it.drawn_by)
        assert (again, is_new) == (it, False)


def test_work_goes_on() -> None:
    seed()
    author = User.objects.get(username="manager1")
    it = PaymentRequest.objects.filter(status=Status.ON_APPROVAL).order_by("pk")[0]
    made = services.create_request(
        actor=author,
        fields={
            "company": it.company,
            "bank_account": it.bank_account,
            "payer": it.payer,
            "currency": it.currency,
            "amount": it.amount,
            "purpose": "Оплата по договору",
            "pay_by": timezone.localdate(),
        },
    )
    assert made.pk > REQUESTS
    task = it.tasks.get(decision="")
    decide = services.approve if task.kind == TaskKind.APPROVE else services.accept
    decide(task_id=task.pk, actor=task.assignee)
    assert verify() == []


def test_pages_answer_for_everybody() -> None:
    seed()
    people = ("manager1", "supervisor1", "director", "director1", "accountant1", "auditor", "admin")
    for username in people:
        client = Client()
        user = User.objects.get(username=username)
        assert user.check_password("demo")
        client.force_login(user, backend="people.auth.PeopleBackend")
        for name in (
            "dashboard",
            "requests",
            "tasks",
            "calendar",
            "search",
            "companies",
            "notices",
        ):
            response = client.get(reverse(f"approvals:{name}"))
            assert response.status_code == 200, (username, name)
        for it in PaymentRequest.objects.visible_to(user).order_by("-pk")[:20:7]:
            assert client.get(it.get_absolute_url()).status_code == 200
            assert client.get(it.company.get_absolute_url()).status_code == 200


def test_one_number_gives_one_history() -> None:
    staff = Staff(
        managers=(Manager(1, 1, 2, "А Б В", "", "", ""), Manager(3, 1, 2, "Г Д Е", "", "", "")),
        accountants=(4, 5),
        categories=(1, 2),
    )
    payee = Party(1, "", "", "", {"RUB": Account(1, "", "")}, None, 1, "")
    parties = Parties(payers=(payee,), payees=(payee, payee))

    def drawn(seed: int) -> list[Fate]:
        size = Size(requests=50, companies=2, years=1, seed=seed, now=NOW)
        return Fates(size, staff, parties).draw(range(1, 51))

    assert drawn(5) == drawn(5) != drawn(6)


def test_only_an_empty_marked_database(settings: Settings) -> None:
    settings.SEED_ALLOWED = False
    with pytest.raises(CommandError, match="SEED_ALLOWED=1"):
        seed()
    settings.SEED_ALLOWED = True
    User.objects.create_user("somebody")
    with pytest.raises(CommandError, match="nothing was changed"):
        seed()
    assert not PaymentRequest.objects.exists()

"""A small world of people and companies, and requests walked to a status by the real services."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from approvals import services
from approvals.models import ApprovalTask, Category, PaymentOrder, PaymentRequest
from approvals.orders import proposed_purpose
from approvals.papers.order import Order
from approvals.selectors import organisation_settings
from counterparties.models import BankAccount, Company, Contact
from counterparties.services import add_account, add_contact, create_company
from documents.models import Upload
from documents.services import receive_upload
from people.models import Department, User

PASSWORD = "a long enough pass phrase"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass
class World:
    """Who and what there is. `manager` and `head` are of one department, `manager2` of another."""

    board: Department
    purchasing: Department
    marketing: Department
    manager: User
    manager2: User
    supervisor: User
    supervisor2: User
    director: User
    accountant: User
    auditor: User
    admin: User
    payer: Company
    payer_account: BankAccount
    company: Company
    account: BankAccount
    contact: Contact
    other_company: Company
    other_account: BankAccount
    other_contact: Contact
    category: Category


def build_world() -> World:
    """The demo story's people and two of its companies, on a few rows."""
    board = Department.objects.create(name="Дирекция")
    purchasing = Department.objects.create(name="Отдел закупок")
    marketing = Department.objects.create(name="Отдел маркетинга")
    director = _person("director", "Соколовская Вера Игоревна", board, is_auditor=True)
    supervisor = _person(
        "supervisor", "Белозёров Павел Андреевич", purchasing, director, is_manager=True
    )
    supervisor2 = _person(
        "supervisor2", "Гусева Марина Викторовна", marketing, director, is_manager=True
    )
    manager = _person(
        "manager", "Кравцова Алина Сергеевна", purchasing, supervisor, is_manager=True
    )
    manager2 = _person(
        "manager2", "Тимофеев Илья Романович", marketing, supervisor2, is_manager=True
    )
    accountant = _person(
        "accountant", "Зайцева Ольга Николаевна", board, director, is_accountant=True
    )
    auditor = _person("auditor", "Филиппов Денис Олегович", board, director, is_auditor=True)
    admin = _person("admin", "Ершов Никита Юрьевич", board, is_administrator=True)
    for department, head in ((board, director), (purchasing, supervisor), (marketing, supervisor2)):
        department.head = head
        department.save(update_fields=["head"])
    organisation = organisation_settings()
    organisation.default_approver = director
    organisation.save(update_fields=["default_approver"])

    payer = create_company(
        actor=admin,
        is_own=True,
        kind="organisation",
        name="ООО «Лиственный берег»",
        inn="7799101010",
        kpp="779901001",
        ogrn="1167799101018",
    )
    payer_account = _account(payer, admin, "40702810799990000101", "044525225", "ПАО Сбербанк")
    company = create_company(
        actor=manager,
        kind="organisation",
        name="ООО «Канцверба»",
        inn="7799201015",
        kpp="779901001",
        ogrn="1187799201017",
        legal_address="115000, г. Москва, ул. Примерная, д. 14",
    )
    account = _account(company, manager, "40702810699990000201", "044525225", "ПАО Сбербанк")
    contact = add_contact(
        company_id=company.pk,
        actor=manager,
        full_name="Носова Елена Юрьевна",
        position="Менеджер",
        email="nosova@kancverba.example",
        language="ru",
    )
    other = create_company(
        actor=manager2,
        kind="organisation",
        name="ООО «Ракита Телесвязь»",
        inn="7799201022",
        kpp="779901001",
        ogrn="1127799201023",
    )
    other_account = _account(other, manager2, "40702810499990000202", "044525187", "Банк ВТБ (ПАО)")
    other_contact = add_contact(
        company_id=other.pk,
        actor=manager2,
        full_name="Абрамова Юлия Олеговна",
        email="abramova@rakita-tel.example",
        language="ru",
    )
    category = Category.objects.create(name="Канцтовары и хозяйственные расходы")
    return World(
        board,
        purchasing,
        marketing,
        manager,
        manager2,
        supervisor,
        supervisor2,
        director,
        accountant,
        auditor,
        admin,
        payer,
        payer_account,
        company,
        account,
        contact,
        other,
        other_account,
        other_contact,
        category,
    )


def pdf(name: str = "Счёт № К-1.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    """A file as a form carries it."""
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def upload(user: User, name: str = "Счёт № К-1.pdf", content: bytes = PDF) -> Upload:
    """A file that already lies in `incoming/`."""
    return receive_upload(file=pdf(name, content), user=user)


def fields(world: World, **changes: Any) -> Any:
    """A complete request to `world.company`, as the form's cleaned data."""
    return {
        "payer": world.payer,
        "company": world.company,
        "bank_account": world.account,
        "contact": world.contact,
        "amount": Decimal("49050.00"),
        "currency": "RUB",
        "vat_rate": "22",
        "vat_amount": None,
        "purpose": "Оплата по счёту № К-1 от 23.11.2026 за бумагу. В том числе НДС 22% - 8845,08 руб.",
        "category": world.category,
        "pay_by": timezone.localdate() + datetime.timedelta(days=3),
        "invoice_number": "К-1",
        "invoice_date": timezone.localdate(),
        **changes,
    }


def draft(
    world: World, *, author: User | None = None, invoice: bool = True, **changes: Any
) -> PaymentRequest:
    """A draft with its invoice."""
    author = author or world.manager
    return services.create_request(
        actor=author,
        fields=fields(world, **changes),
        invoice=upload(author) if invoice else None,
    )


def open_task(payment_request: PaymentRequest) -> ApprovalTask:
    return ApprovalTask.objects.get(payment_request=payment_request, decision="")


def on_approval(world: World, **changes: Any) -> PaymentRequest:
    """Sent: it waits for the author's supervisor."""
    made = draft(world, **changes)
    return services.submit(payment_request_id=made.pk, actor=made.author)


def waiting_for_acceptance(world: World, **changes: Any) -> PaymentRequest:
    """Approved by the supervisor: it waits for its author."""
    task = open_task(on_approval(world, **changes))
    return services.approve(task_id=task.pk, actor=task.assignee)


def approved(world: World, **changes: Any) -> PaymentRequest:
    """Approved and accepted: it waits for accounting."""
    task = open_task(waiting_for_acceptance(world, **changes))
    return services.accept(task_id=task.pk, actor=task.assignee)


def ordered(world: World, payment_request: PaymentRequest, **changes: Any) -> PaymentOrder:
    """A payment order for what is left, with what is usual in the rest."""
    amount = changes.get("amount", payment_request.amount_left)
    usual = {
        "number": "",
        "drawn_on": timezone.localdate(),
        "amount": amount,
        "payer_account": world.payer_account,
        "purpose": proposed_purpose(payment_request, amount),
    }
    return services.draw_up_order(
        payment_request_id=payment_request.pk,
        actor=world.accountant,
        order=Order(**{**usual, **changes}),
    )


def pay(world: World, payment_request: PaymentRequest, amount: Decimal | None = None) -> None:
    """Record a payment of what is left, or of `amount`."""
    services.record_payment(
        payment_request_id=payment_request.pk,
        actor=world.accountant,
        amount=amount,
        paid_on=timezone.localdate(),
        number="373",
        payment_order=upload(world.accountant, "Платёжное поручение № 373.pdf"),
    )


def paid(world: World, **changes: Any) -> PaymentRequest:
    """Paid in full: the contact's letter is queued."""
    made = approved(world, **changes)
    pay(world, made)
    return PaymentRequest.objects.get(pk=made.pk)


def _person(
    username: str,
    full_name: str,
    department: Department,
    supervisor: User | None = None,
    **roles: bool,
) -> User:
    return User.objects.create_user(
        username,
        PASSWORD,
        full_name=full_name,
        email=f"{username}@listbereg.example",
        phone="+7 495 000-00-01",
        department=department,
        supervisor=supervisor,
        **roles,
    )


def _account(company: Company, actor: User, number: str, bik: str, bank: str) -> BankAccount:
    correspondent = {"044525225": "30101810400000000225", "044525187": "30101810700000000187"}
    return add_account(
        company_id=company.pk,
        actor=actor,
        bik=bik,
        bank_name=bank,
        correspondent_account=correspondent[bik],
        number=number,
        currency="RUB",
    )

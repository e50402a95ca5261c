"""Pages ask as many questions of the database with a thousand requests as with ten."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services
from approvals.models import ApprovalTask, Event, Payment, PaymentRequest, RequestLetter, access
from approvals.tests.builders import World
from documents.models import Document, Folder, LinkVisit, ShareLink, TemplateVersion
from notifications.models import Letter, LetterEvent, Notice
from people.models import User

pytestmark = pytest.mark.once

STATUSES = ("draft", "on_approval", "approved", "paid")
PAGES = (
    "/",
    "/requests/",
    "/requests/?q=бумага&status=approved&status=on_approval&sort=-amount",
    "/requests/?show={request}",
    "/requests/?page=3",
    "/requests/?filter=open",
    "/requests/totals/?status=paid",
    "/exports/",
    "/search/?q=бумагу",
    "/search/?q=Канцверба+105,00",
    "/requests/{request}/preview/",
    "/board/",
    "/board/?mine=on&moved={request}",
    "/board/{request}/move/",
    "/calendar/",
    "/calendar/?week={today}&day={today}",
    "/tasks/",
    "/tasks/?tab=others",
    "/tasks/?tab=decided",
    "/companies/",
    "/companies/{company}/",
    "/companies/{company}/?tab=contacts",
    "/companies/{company}/?tab=requests",
    "/companies/{company}/?tab=documents",
    "/companies/{company}/?tab=letters",
    "/companies/{company}/?tab=history",
    "/contacts/{contact}/",
    "/requests/{request}/",
    "/letters/{letter}/",
    "/notices/",
)
SETTINGS = (
    "/settings/",
    "/settings/organisations/",
    "/settings/categories/",
    "/settings/templates/",
    "/settings/templates/payment_request/",
)
PEOPLE = ("manager", "supervisor", "director", "accountant")


def add_requests(world: World, count: int) -> None:
    """Rows as the services leave them, in bulk: request, folder, invoice, task, payment, letter, news."""
    now, today = timezone.now(), timezone.localdate()
    statuses = [STATUSES[n % len(STATUSES)] for n in range(count)]
    folders = Folder.objects.bulk_create(
        Folder(
            public_id=uuid.uuid4().hex[:20],
            name=str(n),
            path=f"bulk/{uuid.uuid4().hex}",
            state="ready",
            created_at=now,
        )
        for n in range(count)
    )
    requests = PaymentRequest.objects.bulk_create(
        PaymentRequest(
            payer=world.payer,
            company=world.company,
            bank_account=world.account,
            contact=world.contact,
            amount=Decimal(100 + n),
            paid_amount=Decimal(100 + n) if status == "paid" else Decimal(0),
            purpose="Оплата за бумагу",
            search="оплата за бумагу бумага",
            pay_by=today + datetime.timedelta(days=n % 40 - 10),
            planned_on=today + datetime.timedelta(days=n % 40 - 10),
            author=world.manager,
            author_department=world.purchasing,
            category=world.category,
            status=status,
            folder=folders[n],
            created_at=now,
            waiting_since=now,
            submitted_at=None if status == "draft" else now,
            approved_at=now if status in ("approved", "paid") else None,
            closed_at=now if status == "paid" else None,
        )
        for n, status in enumerate(statuses)
    )
    Document.objects.bulk_create(
        document(world, row.folder, "invoice", f"Счёт {row.pk}.pdf") for row in requests
    )
    Event.objects.bulk_create(event(row, world.manager, 1, "request.created") for row in requests)
    sent = [row for row in requests if row.status != "draft"]
    Event.objects.bulk_create(event(row, world.manager, 2, "request.submitted") for row in sent)
    ApprovalTask.objects.bulk_create(
        ApprovalTask(
            payment_request=row,
            round=1,
            kind="approve",
            assignee=world.supervisor,
            created_at=now,
            **({} if row.status == "on_approval" else decided(world.supervisor, now)),
        )
        for row in sent
    )
    Notice.objects.bulk_create(
        Notice(
            user=person,
            kind="task",
            context={"request_id": row.pk, "number": row.pk, "url": row.get_absolute_url()}
            | {"company": "ООО", "amount": "1.00", "currency": "RUB", "pay_by": str(today)},
            created_at=now,
            mail="none",
        )
        for row in sent
        for person in (world.manager, world.supervisor, world.director, world.accountant)
    )
    add_letters(world, [row for row in requests if row.status == "paid"])


def add_letters(world: World, paid: list[PaymentRequest]) -> None:
    """A payment with its order, and a letter that was sent and followed."""
    now = timezone.now()
    orders = Document.objects.bulk_create(
        document(world, row.folder, "payment_order", f"ПП {row.pk}.pdf") for row in paid
    )
    payments = Payment.objects.bulk_create(
        Payment(
            payment_request=row,
            amount=row.amount,
            paid_on=timezone.localdate(),
            number="1",
            payer_account=world.payer_account,
            payment_order=order,
            recorded_by=world.accountant,
            recorded_at=now,
        )
        for row, order in zip(paid, orders, strict=True)
    )
    links = ShareLink.objects.bulk_create(
        ShareLink(
            salt=uuid.uuid4().hex,
            token_sha256=uuid.uuid4().hex,
            created_at=now,
            expires_at=now + datetime.timedelta(days=90),
        )
        for _row in paid
    )
    LinkVisit.objects.bulk_create(LinkVisit(link=link, what="page", at=now) for link in links)
    letters = Letter.objects.bulk_create(
        Letter(
            kind="paid",
            contact=world.contact,
            to_email=world.contact.email,
            to_name=world.contact.full_name,
            language="ru",
            context=letter_context(row),
            share_link=link,
            message_id=f"<{uuid.uuid4().hex}@test>",
            state="sent",
            created_at=now,
            sent_at=now,
        )
        for row, link in zip(paid, links, strict=True)
    )
    LetterEvent.objects.bulk_create(
        LetterEvent(letter=letter, kind="sent", at=now) for letter in letters
    )
    RequestLetter.objects.bulk_create(
        RequestLetter(payment_request=row, payment=payment, letter=letter, occasion="paid")
        for row, payment, letter in zip(paid, payments, letters, strict=True)
    )


def document(world: World, folder: Folder | None, kind: str, name: str) -> Document:
    assert folder is not None
    return Document(
        folder=folder,
        kind=kind,
        original_name=name,
        stored_name=name,
        content_type="application/pdf",
        size=10,
        sha256="0" * 64,
        uploaded_by=world.manager,
        uploaded_at=timezone.now(),
        state="stored",
        stored_at=timezone.now(),
    )


def event(row: PaymentRequest, actor: User, seq: int, kind: str) -> Event:
    return Event(
        subject=row,
        actor=actor,
        seq=seq,
        kind=kind,
        at=timezone.now(),
        data={},
        hash=f"{row.pk}-{seq}",
    )


def decided(by: User, at: datetime.datetime) -> dict[str, object]:
    return {"decision": "approved", "decided_by": by, "decided_at": at}


def letter_context(row: PaymentRequest) -> dict[str, object]:
    """The facts that a 'paid' letter is worded from."""
    return {
        "request_id": row.pk,
        "number": row.pk,
        "invoice_number": "1",
        "invoice_date": "2026-11-24",
        "amount": "100.00",
        "currency": "RUB",
        "vat_rate": "none",
        "vat_amount": None,
        "payments": [{"amount": "100.00", "paid_on": "2026-11-24", "number": "1"}],
        "paid_on": "2026-11-24",
        "order_number": "1",
        "payer": "ООО «Лиственный берег»",
        "payer_inn": "7799101010",
        "company": "ООО «Канцверба»",
        "inn": "7799201015",
        "last4": "0201",
        "bank_name": "ПАО Сбербанк",
        "purpose": "Оплата за бумагу",
        "manager": "Кравцова Алина Сергеевна",
        "manager_position": "Менеджер",
        "manager_phone": "+7",
        "link_until": "2027-02-22",
    }


def counts(world: World) -> dict[tuple[str, str], int]:
    """Queries of every page for everybody."""
    letter = Letter.objects.order_by("pk").first()
    row = PaymentRequest.objects.filter(status="paid").order_by("pk").first()
    assert letter is not None
    assert row is not None
    keys = {"company": world.company.pk, "contact": world.contact.pk}
    found = {}
    access.forget_choices()
    for name in PEOPLE:
        client = Client()
        client.force_login(getattr(world, name), backend="people.auth.PeopleBackend")
        for page in PAGES:
            path = page.format(request=row.pk, letter=letter.pk, today=timezone.localdate(), **keys)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                response = client.get(path)
            assert response.status_code == 200, (name, path)
            found[name, page] = len(queries)
    return found


def test_a_thousand_requests_take_no_more_queries_than_ten(world: World) -> None:
    add_requests(world, 12)
    few = counts(world)

    add_requests(world, 1000)
    many = counts(world)

    assert {page: (few[page], many[page]) for page in few if many[page] != few[page]} == {}
    assert {page: count for page, count in many.items() if count > 30} == {}


def test_a_hundred_versions_of_templates_take_no_more_queries_than_one(world: World) -> None:
    client = Client()
    client.force_login(world.admin, backend="people.auth.PeopleBackend")

    def save(number: int) -> None:
        TemplateVersion.objects.create(
            kind="payment_request",
            format="html",
            number=number,
            source="<p>1</p>",
            author=world.admin,
            at=timezone.now(),
        )

    def asked() -> dict[str, int]:
        found = {}
        for page in SETTINGS:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            found[page] = len(queries)
        return found

    save(1)
    asked()  # what a first visit asks besides
    few = asked()
    for number in range(2, 101):
        save(number)

    assert asked() == few
    assert max(few.values()) <= 15


def test_registers_take_no_more_queries_with_a_thousand_requests(world: World) -> None:
    today, client = timezone.localdate(), Client()
    client.force_login(world.accountant, backend="people.auth.PeopleBackend")

    def asked() -> list[int]:
        counted = []
        for page in ("/registers/", f"/registers/{today}/"):
            services.draw_up_register(on=today, actor=world.accountant)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            counted.append(len(queries))
        return counted

    add_requests(world, 80)
    asked()  # what a first visit asks besides
    few = asked()
    add_requests(world, 1000)

    assert asked() == few
    assert max(few) <= 22


@pytest.mark.parametrize("name", PEOPLE)
def test_a_page_of_the_registry_is_small(world: World, name: str) -> None:
    """Whatever there is, a page shows no more than fifty, and totals of all of it."""
    add_requests(world, 200)
    client = Client()
    client.force_login(getattr(world, name), backend="people.auth.PeopleBackend")

    html = client.get("/requests/").content.decode()

    assert html.count('data-testid="registry-row"') == 50
    assert 'data-count="200"' in html
    assert len(html) < 200_000

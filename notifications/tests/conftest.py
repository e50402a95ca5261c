"""A company, its contact, a payment order in the storage, and a letter about it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from counterparties.models import Company, Contact
from documents.models import Document, DocumentState, Folder, FolderState
from notifications import services
from notifications.models import Letter
from people.models import User

PDF = b"%PDF-1.4\r\n\x00\xff\n" + bytes(range(256)) * 40 + b"\n%%EOF\r"
FILE_NAME = "Платёжное поручение № 373 от 06.11.2026.pdf"

PAID: dict[str, Any] = {
    "request_id": 7,
    "number": 7,
    "invoice_number": "643",
    "invoice_date": "2026-11-20",
    "amount": "49050.00",
    "currency": "RUB",
    "vat_rate": "22",
    "vat_amount": "8845.08",
    "payments": [{"amount": "49050.00", "paid_on": "2026-11-24", "number": "373"}],
    "files_expected": 1,
    "paid_on": "2026-11-24",
    "order_number": "373",
    "payer": "ООО «Лиственный берег»",
    "payer_inn": "7799101010",
    "company": "ООО «Канцверба»",
    "inn": "7799201015",
    "last4": "0201",
    "bank_name": "ПАО Сбербанк, г. Москва",
    "purpose": "Оплата по счёту № 643 от 20.11.2026 за бумагу. В том числе НДС 22% - 8845,08 руб.",
    "manager": "Кравцова Алина Сергеевна",
    "manager_position": "Менеджер по закупкам",
    "manager_phone": "+7 495 000-00-01",
    "page_path": "/s/{token}/",
}


@pytest.fixture
def author(db: None) -> User:
    return User.objects.create_user(
        "author",
        "demo",
        full_name="Кравцова Алина Сергеевна",
        email="author@listbereg.example",
        is_manager=True,
    )


@pytest.fixture
def accountant(db: None) -> User:
    return User.objects.create_user(
        "accountant",
        "demo",
        full_name="Зайцева Ольга Николаевна",
        email="accountant@listbereg.example",
        is_accountant=True,
    )


@pytest.fixture
def contact(author: User) -> Contact:
    now = timezone.now()
    company = Company.objects.create(name="ООО «Канцверба»", inn="7799201015", created_at=now)
    return Contact.objects.create(
        company=company,
        full_name="Носова Елена Юрьевна",
        email="nosova@kancverba.example",
        created_at=now,
    )


@pytest.fixture
def make_document(author: User) -> Callable[..., Document]:
    """A document that lies in the storage, or is on its way there (`state`)."""

    def make(
        content: bytes = PDF,
        *,
        name: str = FILE_NAME,
        state: str = DocumentState.STORED,
        content_type: str = "application/pdf",
        **fields: Any,
    ) -> Document:
        now = timezone.now()
        folder, _is_new = Folder.objects.get_or_create(
            path="Companies/Kancverba",
            defaults={
                "public_id": "K7",
                "name": "Kancverba",
                "state": FolderState.READY,
                "created_at": now,
            },
        )
        document = Document.objects.create(
            folder=folder,
            original_name=name,
            stored_name=f"{folder.documents.count()} {name}"[:80],
            content_type=content_type,
            **{
                "kind": "payment_order",
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            | fields,
            uploaded_by=author,
            uploaded_at=now,
            state=state,
            stored_at=now if state == DocumentState.STORED else None,
        )
        if state == DocumentState.STORED:
            default_storage.save(document.key, ContentFile(content))
        return document

    return make


@pytest.fixture
def make_letter(
    author: User, contact: Contact, make_document: Callable[..., Document]
) -> Callable[..., Letter]:
    """A queued letter; `facts` are changes to what it says."""

    def make(
        *,
        documents: list[Document] | None = None,
        extras: list[Document] | None = None,
        language: str = "ru",
        now: datetime | None = None,
        **facts: Any,
    ) -> Letter:
        if language != contact.language:
            contact.language = language
            contact.save(update_fields=["language"])
        on_failure = {
            "user_id": author.pk,
            "request_id": 7,
            "number": 7,
            "url": "/requests/7/",
            "company": "ООО «Канцверба»",
            "amount": "49050.00",
            "currency": "RUB",
            "pay_by": "2026-11-25",
        }
        return services.queue_letter(
            kind="paid",
            contact=contact,
            context={**PAID, "on_failure": on_failure, **facts},
            documents=[make_document()] if documents is None else documents,
            extras=extras or [],
            reply_to=author.email,
            from_name="ООО «Лиственный берег»",
            actor=author,
            now=now,
        )

    return make


@pytest.fixture
def letter(make_letter: Callable[..., Letter]) -> Letter:
    return make_letter()

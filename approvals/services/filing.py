"""Documents that come to a request after or with its form."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import policies
from approvals.models import Payment, PaymentRequest
from approvals.services.recording import record
from audit.refusals import Invalid, refuse_if
from documents.models import Document, DocumentKind, Upload
from documents.services import add_document as put_into_folder
from notifications.models import LetterState
from notifications.services import attach
from people.models import User

# What a supplier sends when the work is done; one of them closes the payment.
CLOSING_KINDS = (
    DocumentKind.ACT,
    DocumentKind.UPD,
    DocumentKind.WAYBILL,
    DocumentKind.VAT_INVOICE,
)


@transaction.atomic
def add_document(
    *,
    payment_request_id: int,
    actor: User,
    upload: Upload,
    kind: str,
    payment_id: int | None = None,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> Document:
    """Add a document to a request; none is ever replaced. A payment order goes to the payment it proves.

    Raises Forbidden, Invalid. The same form_key by the same person answers the first document.
    """
    now = now or timezone.now()
    payment_request = PaymentRequest.objects.locked(payment_request_id)
    refuse_if(policies.why_not_add_document(payment_request, actor, kind=kind))
    if form_key and (made := _made_with(payment_request, form_key, actor)):
        return made
    payment, own = None, None
    if kind == DocumentKind.PAYMENT_ORDER:
        payment = _payment_without_order(payment_request, payment_id)
        own = payment.payment_order
    document = file_document(
        payment_request,
        upload=upload,
        kind=kind,
        actor=actor,
        now=now,
        form_key=form_key,
    )
    if payment is not None:
        payment.payment_order = document
        payment.save(update_fields=["payment_order"])
        for tie in payment_request.letters.select_related("letter"):
            if tie.letter.state != LetterState.SENT:
                attach(letter=tie.letter, document=document, instead_of=own, now=now)
    return document


def file_document(
    payment_request: PaymentRequest,
    *,
    upload: Upload,
    kind: str,
    actor: User,
    now: datetime.datetime,
    form_key: UUID | None = None,
) -> Document:
    """Put an upload into a locked request's folder, with its event. The caller has checked the rights."""
    if payment_request.folder is None:
        raise ValueError("a payment request without its folder")
    document = put_into_folder(
        folder=payment_request.folder,
        upload=upload,
        kind=kind,
        actor=actor,
        now=now,
        form_key=form_key,
    )
    if kind in CLOSING_KINDS and not payment_request.has_closing:
        payment_request.has_closing = True
        payment_request.save(update_fields=["has_closing"])
    record(
        payment_request,
        kind="document.added",
        actor=actor,
        now=now,
        form_key=form_key,
        document=document.original_name,
        document_id=document.pk,
        document_kind=document.kind,
        sha256=document.sha256,
    )
    return document


def _payment_without_order(payment_request: PaymentRequest, payment_id: int | None) -> Payment:
    """The payment that the order proves: the one named, or the only one that lacks its order.

    Where the order drawn up here stood in for the bank's copy, the copy takes its place.
    """
    payments = payment_request.payments.select_for_update(of=("self",)).select_related(
        "payment_order"
    )
    if payment_id is not None:
        payment = payments.filter(pk=payment_id).first()
        if payment is None:
            raise Invalid({"payment": [_("This payment is not the request's.")]})
        own = payment.payment_order
        if own is not None and own.kind != DocumentKind.ORDER_FORM:
            raise Invalid({"payment": [_("This payment has its payment order already.")]})
        return payment
    lacking = list(payments.filter(payment_order__isnull=True)[:2])
    if len(lacking) != 1:
        raise Invalid({"payment": [_("Choose the payment that this payment order proves.")]})
    return lacking[0]


def _made_with(payment_request: PaymentRequest, form_key: UUID, actor: User) -> Document | None:
    return Document.objects.filter(
        folder=payment_request.folder, uploaded_by=actor, form_key=form_key
    ).first()

"""Letters to the contact, as far as they belong to a request."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from approvals import policies
from approvals.models import Payment, PaymentRequest, RequestLetter
from approvals.selectors import organisation_settings
from approvals.services.facts import letter_facts
from approvals.states import Occasion
from audit.refusals import refuse_if
from documents.models import Document
from notifications import services as notifications
from notifications.models import Letter
from people.models import User


def queue_paid_letter(
    payment_request: PaymentRequest,
    payment: Payment,
    *,
    notice: Document | None,
    actor: User,
    now: datetime.datetime,
) -> Letter | None:
    """Write the 'paid' letter of a locked request to its contact; None where there is nobody to write to.

    The payment notice goes with it if it is made in time.
    """
    contact = payment_request.contact
    if contact is None or not contact.email:
        return None
    author = payment_request.author
    payments = list(payment_request.payments.select_related("payment_order").order_by("pk"))
    letter = notifications.queue_letter(
        kind=Occasion.PAID,
        contact=contact,
        context=letter_facts(payment_request, payment, payments),
        documents=[p.payment_order for p in payments if p.payment_order],
        extras=[notice] if notice else [],
        reply_to=author.email,
        from_name=payment_request.payer.name if payment_request.payer else "",
        actor=actor,
        now=now,
        link_days=organisation_settings().share_link_days,
    )
    RequestLetter.objects.create(
        payment_request=payment_request,
        payment=payment,
        letter=letter,
        occasion=Occasion.PAID,
    )
    return letter


@transaction.atomic
def retry_letter(
    *,
    letter_id: int,
    actor: User,
    without_attachment: bool = False,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Send a failed letter again, or without its file. Raises Forbidden, Conflict."""
    payment_request = _of(letter_id)
    refuse_if(policies.why_not_handle_letters(payment_request, actor))
    notifications.retry_letter(
        letter_id=letter_id,
        actor=actor,
        now=now or timezone.now(),
        without_attachment=without_attachment,
        form_key=form_key,
    )
    return payment_request


@transaction.atomic
def revoke_letter_link(
    *,
    letter_id: int,
    actor: User,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Close the letter's door: its page answers 410 from now on. Raises Forbidden, Conflict."""
    payment_request = _of(letter_id)
    refuse_if(policies.why_not_handle_letters(payment_request, actor))
    notifications.revoke_letter_link(letter_id=letter_id, actor=actor, now=now or timezone.now())
    return payment_request


def _of(letter_id: int) -> PaymentRequest:
    """The letter's request. Raises RequestLetter.DoesNotExist."""
    tie = RequestLetter.objects.select_related("payment_request").get(letter_id=letter_id)
    return tie.payment_request

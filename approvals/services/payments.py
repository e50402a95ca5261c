"""Money that left: a payment is recorded, and when all is paid everyone learns of it."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import policies
from approvals.models import Payment, PaymentOrder, PaymentRequest
from approvals.selectors import organisation_settings
from approvals.services.facts import plain
from approvals.services.filing import file_document
from approvals.services.letters import queue_paid_letter
from approvals.services.orders import order_to_pay_by, withdraw_open_orders
from approvals.services.papers import draw_up_notice
from approvals.services.recording import nothing_to_pay, refuse_unpayable, save_move, tell
from audit.refusals import Invalid, refuse_if
from counterparties.models import BankAccount
from documents.models import Document, DocumentKind, Upload
from notifications.models import NoticeKind
from people.formats import money
from people.models import User

# 762-P, app. 1, field 3: one to six digits, not all zeros.
ORDER_NUMBER = re.compile(r"(?=.*[1-9])[0-9]{1,6}")


@transaction.atomic
def record_payment(
    *,
    payment_request_id: int,
    actor: User,
    paid_on: datetime.date,
    number: str,
    amount: Decimal | None = None,
    payer_account: BankAccount | None = None,
    payment_order: Upload | None = None,
    order_id: int | None = None,
    own_order: bool = False,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> Payment:
    """Record a payment of `amount` (what is left where it is None, in the request's currency).

    `order_id` is the order drawn up here that it was made by; with `own_order` that is the proof where no
    bank's copy (`payment_order`) comes. The request is paid when its payments add up. Raises Forbidden,
    Conflict, Invalid. The same form_key by the same person answers the first payment.
    """
    now = now or timezone.now()
    payment_request = PaymentRequest.objects.locked(payment_request_id)
    if form_key and (made := _made_with(form_key, actor)):
        if made.payment_request_id == payment_request.pk:
            return made
        form_key = None  # the key of another form: this one is a new attempt
    refuse_if(policies.why_not_pay(payment_request, actor))
    refuse_unpayable(payment_request, paid_on=paid_on)
    amount = payment_request.amount_left if amount is None else amount
    order = None
    if order_id is not None:
        order = order_to_pay_by(payment_request, order_id, number=number, amount=amount)
        payer_account = payer_account or order.payer_account
    payer_account = payer_account or _main_account(payment_request)
    proof = _own_proof(order) if own_order and payment_order is None else None
    has_proof = payment_order is not None or proof is not None
    _check(payment_request, amount, paid_on, number, payer_account, has_proof, now)
    if payment_order is not None:
        proof = file_document(
            payment_request,
            upload=payment_order,
            kind=DocumentKind.PAYMENT_ORDER,
            actor=actor,
            now=now,
        )
    payment = Payment.objects.create(
        payment_request=payment_request,
        amount=amount,
        paid_on=paid_on,
        number=number,
        payer_account=payer_account,
        payment_order=proof,
        recorded_by=actor,
        recorded_at=now,
        form_key=form_key,
    )
    if order is not None:
        order.payment = payment
        order.save(update_fields=["payment"])
    from_status = payment_request.status
    payment_request.paid_amount += amount
    if payment_request.amount_left == 0:
        payment_request.pay(at=now)
    save_move(
        payment_request,
        kind="payment.recorded",
        actor=actor,
        now=now,
        from_status=from_status,
        form_key=form_key,
        payment=payment.pk,
        amount=plain(amount),
        currency=payment_request.currency,
        paid_on=paid_on.isoformat(),
        number=number,
        payer_account=payer_account.pk if payer_account else None,
    )
    if payment_request.amount_left == 0:
        nothing_to_pay(payment_request)
        withdraw_open_orders(payment_request, actor=actor, now=now)
        _tell_everyone(payment_request, payment, actor=actor, now=now)
    return payment


def _check(
    payment_request: PaymentRequest,
    amount: Decimal,
    paid_on: datetime.date,
    number: str,
    payer_account: BankAccount | None,
    has_proof: bool,
    now: datetime.datetime,
) -> None:
    errors: dict[str, list[str]] = {}
    if amount <= 0:
        errors["amount"] = [_("An amount above zero, e.g. 1,234.56.")]
    elif amount > payment_request.amount_left:
        errors["amount"] = [
            _("%(left)s is left; no more can be recorded.")
            % {"left": money(payment_request.amount_left, payment_request.currency)}
        ]
    if paid_on > timezone.localdate(now):
        errors["paid_on"] = [_("The day of payment cannot be in the future.")]
    if not ORDER_NUMBER.fullmatch(number):
        errors["number"] = [_("A payment order's number has 1 to 6 digits, not all of them zeros.")]
    if payer_account is not None and payer_account.company_id != payment_request.payer_id:
        errors["payer_account"] = [_("This account is not the payer's.")]
    elif payer_account is not None and payer_account.currency != payment_request.currency:
        errors["payer_account"] = [_("This account is in another currency.")]
    if not has_proof and organisation_settings().payment_order_required:
        errors["payment_order"] = [_("Attach the payment order.")]
    if errors:
        raise Invalid(errors)


def _own_proof(order: PaymentOrder | None) -> Document:
    """The document of the order itself; it must be there, since the letter carries it. Raises Invalid."""
    if order is None:
        raise Invalid({"own_order": [_("Choose the payment order that it was paid by.")]})
    if not order.document.has_bytes:
        raise Invalid(
            {
                "own_order": [
                    _("This payment order is not made yet: attach the bank's copy, or wait.")
                ]
            }
        )
    return order.document


def _main_account(payment_request: PaymentRequest) -> BankAccount | None:
    """The payer's main account in the request's currency (accounts are ordered so)."""
    return BankAccount.objects.filter(
        company=payment_request.payer,
        currency=payment_request.currency,
        replaced_at__isnull=True,
    ).first()


def _tell_everyone(
    payment_request: PaymentRequest,
    payment: Payment,
    *,
    actor: User,
    now: datetime.datetime,
) -> None:
    """The contact by a letter with a payment notice; the author by a notice, also where no letter can go."""
    payments = payment_request.payments.order_by("pk")
    notice = draw_up_notice(payment_request, payments, actor=actor, now=now)
    letter = queue_paid_letter(payment_request, payment, notice=notice, actor=actor, now=now)
    tell(
        payment_request.author,
        NoticeKind.PAID,
        payment_request,
        actor=actor,
        now=now,
        payment_order_number=payment.number,
        letter_id=letter.pk if letter else None,
        letter_state=letter.state if letter else "none",
    )
    if letter is None:
        tell(payment_request.author, NoticeKind.NO_LETTER, payment_request, actor=actor, now=now)


def _made_with(form_key: UUID, actor: User) -> Payment | None:
    return Payment.objects.filter(recorded_by=actor, form_key=form_key).first()

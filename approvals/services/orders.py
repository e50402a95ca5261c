"""Payment orders (form 0401060): drawn up by an accountant, corrected, withdrawn, and paid by."""

from __future__ import annotations

import datetime
from dataclasses import fields
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from approvals import policies
from approvals.models import PaymentOrder, PaymentRequest
from approvals.orders import open_orders_of, order_made_by_form
from approvals.papers.order import LANGUAGE, Order, order_of, order_values
from approvals.services.facts import plain
from approvals.services.order_checks import checked, number_taken
from approvals.services.papers import differs, file_name, promise
from approvals.services.recording import is_repeat, record, refuse_unpayable
from approvals.states import Status
from audit.refusals import Invalid, refuse_if
from documents import papers
from documents.models import Document, DocumentKind
from people.formats import date_short
from people.models import User

DRAWN_UP, CORRECTED, WITHDRAWN = "order.drawn_up", "order.corrected", "order.withdrawn"


@transaction.atomic
def draw_up_order(
    *,
    payment_request_id: int,
    actor: User,
    order: Order,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentOrder:
    """Draw up a payment order for an approved request; an empty number is the payer's next one.

    The same form_key by the same person answers the first order. Raises Forbidden, Conflict, Invalid.
    """
    now = now or timezone.now()
    payment_request = PaymentRequest.objects.locked(payment_request_id)
    if form_key and (made := order_made_by_form(actor, form_key)):
        if made.payment_request_id == payment_request.pk:
            return made
        form_key = None  # the key of another form: this one is a new attempt
    refuse_if(policies.why_not_draw_up_order(payment_request, actor))
    refuse_unpayable(payment_request)
    order = checked(payment_request, order, today=timezone.localdate(now))
    try:
        with transaction.atomic():
            made = PaymentOrder.objects.create(
                payment_request=payment_request,
                document=_promise(payment_request, order, version=1, actor=actor, now=now),
                drawn_by=actor,
                drawn_at=now,
                form_key=form_key,
                **_columns(payment_request, order),
            )
    except IntegrityError as error:
        raise Invalid({"number": [number_taken(payment_request, order)]}) from error
    _record(made, DRAWN_UP, actor=actor, now=now, form_key=form_key)
    return made


@transaction.atomic
def correct_order(
    *,
    order_id: int,
    actor: User,
    order: Order,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentOrder:
    """Correct an order that nothing was paid by: a new version of its paper, where anything differs.

    Raises Forbidden, Conflict, Invalid, PaymentOrder.DoesNotExist.
    """
    now = now or timezone.now()
    payment_request, made = _locked(order_id)
    if is_repeat(payment_request, actor=actor, kind=CORRECTED, form_key=form_key):
        return made
    refuse_if(policies.why_not_correct_order(made, actor))
    refuse_unpayable(payment_request)
    order = checked(payment_request, order, today=timezone.localdate(now), corrected=made)
    if order == order_of(made):
        return made
    try:
        with transaction.atomic():
            for name, value in _columns(payment_request, order).items():
                setattr(made, name, value)
            _print_again(made, payment_request, actor=actor, now=now)
    except IntegrityError as error:
        raise Invalid({"number": [number_taken(payment_request, order)]}) from error
    _record(made, CORRECTED, actor=actor, now=now, form_key=form_key)
    return made


@transaction.atomic
def withdraw_order(
    *,
    order_id: int,
    actor: User,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentOrder:
    """An order that will not be carried out: its sum is free for another, its number stays used.

    Raises Forbidden, Conflict, PaymentOrder.DoesNotExist.
    """
    now = now or timezone.now()
    payment_request, made = _locked(order_id)
    if is_repeat(payment_request, actor=actor, kind=WITHDRAWN, form_key=form_key):
        return made
    refuse_if(policies.why_not_withdraw_order(made, actor))
    _withdraw(made, actor=actor, now=now, form_key=form_key)
    return made


def withdraw_open_orders(
    payment_request: PaymentRequest, *, actor: User, now: datetime.datetime
) -> None:
    """A locked request went back, was cancelled or is paid: its orders are not to be carried out."""
    for made in open_orders_of(payment_request):
        made.payment_request = payment_request
        _withdraw(made, actor=actor, now=now)


def refresh_orders(payment_request: PaymentRequest, *, actor: User, now: datetime.datetime) -> None:
    """New versions of a locked request's open orders whose papers no longer say what is true."""
    if payment_request.status != Status.APPROVED:
        return
    for made in open_orders_of(payment_request).select_related("document__paper", "payer_account"):
        values = order_values(payment_request, order_of(made), at=now)
        if differs(made.document.paper, lambda values=values: values):  # type: ignore[misc]
            _print_again(made, payment_request, actor=actor, now=now)


def order_to_pay_by(
    payment_request: PaymentRequest, order_id: int, *, number: str, amount: Decimal
) -> PaymentOrder:
    """The open order that a payment of this number and sum was made by. Raises Invalid."""
    made = (
        open_orders_of(payment_request)
        .select_related("document", "payer_account")
        .filter(pk=order_id)
        .first()
    )
    if made is None:
        raise Invalid({"order": [_("This payment order is paid or withdrawn already.")]})
    errors: dict[str, list[str]] = {}
    if number.lstrip("0") != made.number:
        errors["number"] = [
            _("The payment order chosen has the number %(n)s.") % {"n": made.number}
        ]
    if amount != made.amount:
        errors["amount"] = [_("The payment order chosen is for another amount.")]
    if errors:
        raise Invalid(errors)
    return made


def _locked(order_id: int) -> tuple[PaymentRequest, PaymentOrder]:
    """The request, then its order, both locked in that order."""
    pk = PaymentOrder.objects.values_list("payment_request_id", flat=True).get(pk=order_id)
    payment_request = PaymentRequest.objects.locked(pk)
    made = PaymentOrder.objects.select_for_update(of=("self",)).get(pk=order_id)
    made.payment_request = payment_request  # the row that was locked, with the head of its history
    return payment_request, made


def _columns(payment_request: PaymentRequest, order: Order) -> dict[str, Any]:
    """The row's columns that an order decides."""
    columns = {field.name: getattr(order, field.name) for field in fields(order)}
    return {**columns, "payer": payment_request.payer, "year": order.drawn_on.year}


def _print_again(
    made: PaymentOrder,
    payment_request: PaymentRequest,
    *,
    actor: User,
    now: datetime.datetime,
) -> None:
    """The next version; the row, saved, names it."""
    version = made.document.paper.version + 1
    made.document = _promise(payment_request, order_of(made), version=version, actor=actor, now=now)
    made.save()


def _promise(
    payment_request: PaymentRequest,
    order: Order,
    *,
    version: int,
    actor: User,
    now: datetime.datetime,
) -> Document:
    with translation.override(LANGUAGE):
        title = _("Payment order No. %(number)s of %(day)s") % {
            "number": order.number,
            "day": date_short(order.drawn_on),
        }
        draft = papers.Draft(
            kind=DocumentKind.ORDER_FORM,
            template="payment_order",
            language=LANGUAGE,
            title=title,
            file_name=file_name(title, version),
            values=order_values(payment_request, order, at=now, version=version),
            version=version,
        )
    return promise(payment_request, draft, actor=actor, by_hand=True, now=now)


def _withdraw(
    made: PaymentOrder,
    *,
    actor: User,
    now: datetime.datetime,
    form_key: UUID | None = None,
) -> None:
    made.withdrawn_at = now
    made.save(update_fields=["withdrawn_at"])
    _record(made, WITHDRAWN, actor=actor, now=now, form_key=form_key)


def _record(
    made: PaymentOrder,
    kind: str,
    *,
    actor: User,
    now: datetime.datetime,
    form_key: UUID | None,
) -> None:
    record(
        made.payment_request,
        kind=kind,
        actor=actor,
        now=now,
        form_key=form_key,
        order=made.pk,
        number=made.number,
        drawn_on=made.drawn_on.isoformat(),
        amount=plain(made.amount),
        currency="RUB",
    )

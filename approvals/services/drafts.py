"""A request before anybody has decided about it: made, changed, sent for approval."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, TypedDict
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import policies
from approvals.models import Category, PaymentRequest
from approvals.purpose import MAX_LENGTH, foreign_characters, tidy
from approvals.routing import find_approver
from approvals.search import company_key, invoice_key, search_text
from approvals.selectors import organisation_settings
from approvals.services.facts import plain
from approvals.services.filing import file_document
from approvals.services.papers import draw_up_request
from approvals.services.planning import propose_day
from approvals.services.recording import MOVING_FIELDS, is_repeat, open_task, record, tell
from approvals.states import TaskKind
from approvals.vat import codes_on, vat_inside
from audit.refusals import Invalid, refuse_if
from counterparties.models import BankAccount, Company, Contact
from counterparties.selectors import why_not_pay_to
from documents.models import DocumentKind, DocumentState, Upload
from documents.services import ensure_folder
from notifications.models import NoticeKind
from people.models import User

Errors = dict[str, list[str]]
# SQLite keeps decimals as floats: 15 digits come back as they went (people.fields says it first).
TOO_MUCH = Decimal(10) ** 13


class DraftFields(TypedDict, total=False):
    """What a person types. Money in `currency`, two places; what is absent is left as it was."""

    payer: Company | None
    company: Company
    bank_account: BankAccount | None
    contact: Contact | None
    amount: Decimal
    currency: str
    vat_rate: str
    vat_amount: Decimal | None
    purpose: str
    justification: str
    category: Category | None
    payment_terms: str
    is_urgent: bool
    urgent_reason: str
    basis: str
    pay_by: datetime.date
    invoice_number: str
    invoice_date: datetime.date | None


EDITABLE = tuple(name for name in DraftFields.__annotations__ if name != "company")


@transaction.atomic
def create_request(
    *,
    actor: User,
    fields: DraftFields,
    invoice: Upload | None = None,
    form_key: UUID | None = None,
    submit_at_once: bool = False,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Make a draft with its folder and, with `submit_at_once`, send it for approval, or make nothing.

    The same form_key by the same person answers the request that it made first. Raises Forbidden, Invalid.
    """
    now = now or timezone.now()
    refuse_if(policies.why_not_create(actor))
    if form_key and (made := _made_with(form_key, actor)):
        return made
    payment_request = PaymentRequest(
        author=actor,
        author_department_id=actor.department_id,
        created_at=now,
        waiting_since=now,
        form_key=form_key,
    )
    _fill(payment_request, fields, today=_day(now))
    try:
        with transaction.atomic():
            payment_request.save(force_insert=True)
    except IntegrityError:
        if form_key and (made := _made_with(form_key, actor)):
            return made
        raise
    payment_request.folder = ensure_folder(
        parent=payment_request.company.requests_folder,
        name=str(payment_request.number),
        now=now,
    )
    payment_request.save(update_fields=["folder"])
    record(
        payment_request,
        kind="request.created",
        actor=actor,
        now=now,
        amount=plain(payment_request.amount),
        currency=payment_request.currency,
        company=payment_request.company_id,
    )
    if invoice is not None:
        file_document(
            payment_request,
            upload=invoice,
            kind=DocumentKind.INVOICE,
            actor=actor,
            now=now,
        )
    if submit_at_once:
        _send_for_approval(payment_request, actor=actor, now=now)
    return payment_request


@transaction.atomic
def update_draft(
    *,
    payment_request_id: int,
    actor: User,
    fields: DraftFields,
    invoice: Upload | None = None,
    form_key: UUID | None = None,
    submit_at_once: bool = False,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Change a draft; the company stays the one it was made for. Raises Forbidden, Conflict, Invalid."""
    now = now or timezone.now()
    payment_request = PaymentRequest.objects.locked(payment_request_id)
    kinds = ["request.submitted"] if submit_at_once else ["request.edited", "document.added"]
    if any(is_repeat(payment_request, actor=actor, kind=kind, form_key=form_key) for kind in kinds):
        return payment_request
    refuse_if(policies.why_not_edit(payment_request, actor))
    before = {name: getattr(payment_request, name) for name in EDITABLE}
    _fill(payment_request, fields, today=_day(now))
    changes = {
        name: [_as_fact(before[name]), _as_fact(getattr(payment_request, name))]
        for name in EDITABLE
        if before[name] != getattr(payment_request, name)
    }
    if changes:
        payment_request.save(update_fields=[*changes, "planned_on", "search", "invoice_key"])
        record(
            payment_request,
            kind="request.edited",
            actor=actor,
            now=now,
            form_key=form_key,
            changes=changes,
        )
    if invoice is not None:
        file_document(
            payment_request,
            upload=invoice,
            kind=DocumentKind.INVOICE,
            actor=actor,
            now=now,
            form_key=form_key,
        )
    if submit_at_once:
        _send_for_approval(payment_request, actor=actor, now=now, form_key=form_key)
    return payment_request


@transaction.atomic
def submit(
    *,
    payment_request_id: int,
    actor: User,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Send a draft for approval. Raises Forbidden, Conflict, and Invalid naming each missing field."""
    payment_request = PaymentRequest.objects.locked(payment_request_id)
    if is_repeat(payment_request, actor=actor, kind="request.submitted", form_key=form_key):
        return payment_request
    refuse_if(policies.why_not_submit(payment_request, actor))
    _send_for_approval(payment_request, actor=actor, now=now or timezone.now(), form_key=form_key)
    return payment_request


def _send_for_approval(
    payment_request: PaymentRequest,
    *,
    actor: User,
    now: datetime.datetime,
    form_key: UUID | None = None,
) -> None:
    _choose_what_is_single(payment_request)
    if errors := _missing(payment_request, today=_day(now)):
        raise Invalid(errors)
    approver = find_approver(actor, default_approver=organisation_settings().default_approver)
    if approver is None:
        raise Invalid({"__all__": [_nobody_approves()]})
    from_status = payment_request.status
    propose_day(payment_request, now=now)
    payment_request.submit(at=now)
    payment_request.save(update_fields=[*MOVING_FIELDS, "payer", "bank_account"])
    task = open_task(payment_request, kind=TaskKind.APPROVE, assignee=approver, now=now)
    record(
        payment_request,
        kind="request.submitted",
        actor=actor,
        now=now,
        from_status=from_status,
        form_key=form_key,
        task=task.pk,
        approver=approver.pk,
        amount=plain(payment_request.amount),
        currency=payment_request.currency,
        bank_account=payment_request.bank_account_id,
        documents=_fingerprints(payment_request),
    )
    draw_up_request(payment_request, actor=actor, now=now)
    tell(approver, NoticeKind.TASK, payment_request, actor=actor, now=now)


def _fill(payment_request: PaymentRequest, fields: DraftFields, *, today: datetime.date) -> None:
    """Put checked fields into the request. Raises Invalid with every fault at its field."""
    old_vat = _worked_out_vat(payment_request)
    old_pay_by = payment_request.pay_by
    errors: Errors = {}
    company = fields.get("company")
    if payment_request.pk and company is not None and company.pk != payment_request.company_id:
        errors["company"] = [_("The counterparty is fixed when the request is made.")]
    elif company is not None:
        payment_request.company = company
        payment_request.company_key = company_key(company)
    for name in EDITABLE:
        if name in fields:
            setattr(payment_request, name, fields[name])  # type: ignore[literal-required]
    payment_request.purpose = tidy(payment_request.purpose or "")
    payment_request.vat_rate = payment_request.vat_rate or "none"
    payment_request.planned_on = payment_request.pay_by
    _check_amounts(payment_request, old_vat=old_vat, today=today, errors=errors)
    _check_ties(payment_request, errors=errors)
    if foreign := foreign_characters(payment_request.purpose):
        errors["purpose"] = [_("Banks do not take these characters: %(it)s") % {"it": foreign}]
    if len(payment_request.purpose) > MAX_LENGTH:
        errors["purpose"] = [
            _("210 characters at most, now %(n)s: banks take no more.")
            % {"n": len(payment_request.purpose)}
        ]
    pay_by = payment_request.pay_by
    if pay_by and pay_by != old_pay_by and pay_by < today:
        errors["pay_by"] = [_("That day has passed: today or later.")]
    if payment_request.is_urgent and not payment_request.urgent_reason.strip():
        errors["urgent_reason"] = [_("Say why it is urgent.")]
    if not payment_request.company_id:
        errors.setdefault("company", [_("Choose the counterparty.")])
    if not payment_request.purpose:
        errors["purpose"] = [_("Write the payment purpose.")]
    if not payment_request.pay_by:
        errors["pay_by"] = [_("Say by which day to pay.")]
    if errors:
        raise Invalid(errors)
    payment_request.search = search_text(payment_request)
    payment_request.invoice_key = invoice_key(payment_request.invoice_number)


def _check_amounts(
    payment_request: PaymentRequest,
    *,
    old_vat: Decimal | None,
    today: datetime.date,
    errors: Errors,
) -> None:
    amount = payment_request.amount
    if amount is None or amount <= 0:
        errors["amount"] = [_("An amount above zero, e.g. 1,234.56.")]
        return
    if amount >= TOO_MUCH:
        errors["amount"] = [_("The amount is too large: 15 digits at most, kopecks included.")]
        return
    rate = payment_request.vat_rate
    if rate not in codes_on(payment_request.invoice_date or today):
        errors["vat_rate"] = [_("This VAT rate is not in force on the invoice's day.")]
        return
    worked_out = vat_inside(amount, rate)
    # What was worked out follows a new amount or rate; what somebody corrected stays.
    if worked_out is None or payment_request.vat_amount in (None, old_vat):
        payment_request.vat_amount = worked_out
    elif not 0 <= payment_request.vat_amount < amount:
        errors["vat_amount"] = [_("VAT cannot be more than the amount.")]


def _worked_out_vat(payment_request: PaymentRequest) -> Decimal | None:
    if not payment_request.pk:
        return None
    return vat_inside(payment_request.amount, payment_request.vat_rate)


def _check_ties(payment_request: PaymentRequest, *, errors: Errors) -> None:
    """Contact and account must be the company's, the payer ours, the account's currency the request's."""
    payer, account, contact = (
        payment_request.payer,
        payment_request.bank_account,
        payment_request.contact,
    )
    if payer is not None and not payer.is_own:
        errors["payer"] = [_("The payer must be one of our organisations.")]
    elif payer is not None and payer.pk == payment_request.company_id:
        errors["payer"] = [_("An organisation does not pay itself: choose another payer.")]
    if account is not None and account.company_id != payment_request.company_id:
        errors["bank_account"] = [_("This settlement account is not the counterparty's.")]
    elif account is not None and account.currency != payment_request.currency:
        errors["bank_account"] = [
            _("This settlement account is in %(theirs)s, the request in %(ours)s.")
            % {"theirs": account.currency, "ours": payment_request.currency}
        ]
    if contact is not None and contact.company_id != payment_request.company_id:
        errors["contact"] = [_("This contact is not the counterparty's.")]


def _choose_what_is_single(payment_request: PaymentRequest) -> None:
    """Payer and settlement account choose themselves where there is one."""
    if payment_request.payer_id is None:
        own = list(Company.objects.filter(is_own=True)[:2])
        payment_request.payer = own[0] if len(own) == 1 else None
    if payment_request.bank_account_id is None:
        accounts = list(
            payment_request.company.accounts.filter(
                replaced_at__isnull=True, currency=payment_request.currency
            )[:2]
        )
        payment_request.bank_account = accounts[0] if len(accounts) == 1 else None


def missing_for_approval(
    payment_request: PaymentRequest, *, with_invoice: bool, now: datetime.datetime | None = None
) -> Errors:
    """What approval would still need of a draft that cannot be saved as it is: for telling all at once.

    `payment_request` need not be saved, nor whole; `with_invoice` says that one comes with the form.
    """
    if payment_request.company_id is not None:
        _choose_what_is_single(payment_request)
    errors = _missing(payment_request, today=_day(now or timezone.now()))
    if with_invoice:
        errors.pop("invoice", None)
    return errors


def _missing(payment_request: PaymentRequest, *, today: datetime.date) -> Errors:
    """What approval needs beyond a draft, each at its field."""
    errors: Errors = {}
    if payment_request.payer_id is None:
        errors["payer"] = [_("Choose which of our organisations pays.")]
    if payment_request.bank_account is None:
        errors["bank_account"] = [_("Choose the settlement account to pay to.")]
    elif payment_request.bank_account.replaced_at is not None:
        errors["bank_account"] = [_("This settlement account was replaced: choose the new one.")]
    elif reason := why_not_pay_to(payment_request.bank_account):
        errors["bank_account"] = [reason]
    if payment_request.pay_by and payment_request.pay_by < today:
        errors["pay_by"] = [_("That day has passed: today or later.")]
    if organisation_settings().invoice_required and not _has_invoice(payment_request):
        errors["invoice"] = [_("Attach the invoice.")]
    return errors


def _has_invoice(payment_request: PaymentRequest) -> bool:
    return (
        payment_request.folder is not None
        and payment_request.folder.documents.filter(kind=DocumentKind.INVOICE)
        .exclude(state=DocumentState.FAULT)
        .exists()
    )


def _fingerprints(payment_request: PaymentRequest) -> list[str]:
    """SHA-256 of each document that goes for approval: what was approved can be shown later."""
    if payment_request.folder is None:
        return []
    own = payment_request.folder.documents.filter(paper=None)
    return list(own.values_list("sha256", flat=True))


def _nobody_approves() -> str:
    administrator = User.objects.active().filter(is_administrator=True).order_by("pk").first()
    return _(
        "Nobody can approve: you have no supervisor and the department no head. "
        "Administrator: %(admin)s."
    ) % {"admin": administrator or "—"}


def _made_with(form_key: UUID, actor: User) -> PaymentRequest | None:
    return PaymentRequest.objects.filter(author=actor, form_key=form_key).first()


def _day(now: datetime.datetime) -> datetime.date:
    """The day in the organisation's time zone."""
    return timezone.localdate(now)


def _as_fact(value: Any) -> Any:
    """A field's value as the event keeps it: JSON, readable by itself."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)

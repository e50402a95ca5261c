"""What the payment request and the approval sheet say."""

from __future__ import annotations

import datetime

from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import ApprovalTask, PaymentRequest
from approvals.papers import facts
from approvals.papers.bank_code import payment_code
from approvals.papers.decisions import rounds_of
from approvals.papers.facts import Values
from approvals.states import Status, TaskKind
from documents.models import Document, DocumentKind
from people.formats import date_long, moment

# What proves a payment came after the approval.
NOT_APPROVED = (DocumentKind.PAYMENT_ORDER,)


def request_values(it: PaymentRequest, *, at: datetime.datetime, version: int) -> Values:
    """The payment request as it is now; `at` is when, and `version` the paper's number."""
    task = _approval_task(it)
    return {
        **_common(it, at=at, version=version),
        "approver": facts.person(task.assignee if task else None),
        "documents": [_document(document) for document in documents_for_approval(it)],
        "codes": {"payment": _payment_code(it)},
    }


def sheet_values(it: PaymentRequest, *, at: datetime.datetime, version: int) -> Values:
    """The approval sheet: every decision so far, the documents, the head of the chain of events.

    `codes.sheet` becomes the address of the page that says whether the sheet is genuine.
    """
    approved_at = it.approved_at or at
    documents = documents_for_approval(it).filter(uploaded_at__lte=approved_at)
    return {
        **_common(it, at=at, version=version),
        "result": str(Status(it.status).label),
        "is_approved": it.approved_at is not None,
        "approved_at": moment(it.approved_at) if it.approved_at else "",
        "rounds": rounds_of(it),
        "documents": [_document(document) for document in documents],
        "chain": {
            "seq": it.audit_seq,
            "hash": it.audit_hash,
            "hash_lines": _lines(it.audit_hash),
        },
        "codes": {"sheet": "{url}"},
        "sheet_url": "{url}",
    }


def sample(it: PaymentRequest) -> Values:
    return request_values(it, at=timezone.now(), version=1)


def sheet_sample(it: PaymentRequest) -> Values:
    return sheet_values(it, at=timezone.now(), version=1)


def documents_for_approval(it: PaymentRequest) -> QuerySet[Document]:
    """What lies in the request's folder for its approvers to see: no paper of ours, no payment order."""
    return (
        Document.objects.filter(folder=it.folder, paper=None)
        .exclude(kind__in=NOT_APPROVED)
        .order_by("pk")
    )


def _common(it: PaymentRequest, *, at: datetime.datetime, version: int) -> Values:
    submitted_at = it.submitted_at or at
    return {
        **facts.dated(at),
        "number": str(it.number),
        "version": version,
        "round": it.round,
        "submitted_at": moment(submitted_at),
        "submitted_on": date_long(submitted_at),
        **facts.sum_of(it.amount, it.currency),
        "vat": facts.vat(it.vat_rate, it.vat_amount, it.currency),
        "payer": facts.party(it.payer),
        "payee": facts.party(it.company),
        "account": facts.account(it.bank_account),
        "invoice": facts.invoice(it.invoice_number, it.invoice_date),
        "basis": it.basis,
        "purpose": it.purpose,
        "justification": it.justification,
        "category": it.category.name if it.category else "",
        "terms": it.get_payment_terms_display(),
        "pay_by": facts.day(it.pay_by),
        "urgent_reason": (it.urgent_reason or _("yes")) if it.is_urgent else "",
        "author": facts.person(it.author),
        "contact": it.contact.full_name if it.contact else "",
        "folder": it.folder.public_id if it.folder else "",
    }


def _document(it: Document) -> Values:
    return {
        "kind": str(it.get_kind_display()),
        "name": it.original_name,
        "size": filesizeformat(it.size),
        "sha256": it.sha256,
        "sha256_lines": _lines(it.sha256),
    }


def _approval_task(it: PaymentRequest) -> ApprovalTask | None:
    """Whose decision the request waits for, or waited for last."""
    tasks = it.tasks.filter(kind=TaskKind.APPROVE).select_related("assignee__department")
    return tasks.order_by("pk").last()


def _payment_code(it: PaymentRequest) -> str:
    account = it.bank_account
    if account is None or it.currency != "RUB":
        return ""
    return payment_code(
        name=it.company.name,
        account=account.number,
        bank=account.bank_name,
        bik=account.bik,
        correspondent_account=account.correspondent_account,
        amount=it.amount,
        purpose=it.purpose,
        payee_inn=it.company.inn,
        payee_kpp=it.company.kpp,
        payer_inn=it.payer.inn if it.payer else "",
    )


def _lines(digest: str) -> list[str]:
    """A hash in two halves, as it is printed."""
    half = len(digest) // 2
    return [digest[:half], digest[half:]] if digest else []

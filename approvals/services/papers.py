"""Papers of a request: drawn up with the decisions they follow from, anew where the facts have changed."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from approvals import policies
from approvals.models import Payment, PaymentRequest
from approvals.papers.notice import notice_values
from approvals.papers.request import request_values, sheet_values
from approvals.selectors import organisation_settings
from approvals.services.recording import record
from approvals.states import UNDO_FOR, Status
from audit.refusals import refuse_if
from documents import papers
from documents.models import Document, DocumentKind, Folder, Paper
from people.formats import NBSP
from people.models import User

SHEET_PATH = "/sheets/{token}/"
# What differs from one version to the next although no fact has changed.
NOT_FACTS = ("made_at", "made_on", "version", "chain", "documents", "codes")


_no_papers: ContextVar[bool] = ContextVar("no_papers", default=False)


@contextmanager
def without_papers() -> Iterator[None]:
    """No paper follows a decision inside: for years of history that are entered in seconds."""
    token = _no_papers.set(True)
    try:
        yield
    finally:
        _no_papers.reset(token)


def draw_up_request(
    payment_request: PaymentRequest, *, actor: User, now: datetime.datetime
) -> Document | None:
    """The payment request of a locked request that was just sent for approval, or whose facts changed."""
    return _draw_up(
        payment_request,
        kind=DocumentKind.PAYMENT_REQUEST,
        title=lambda: _("Payment request No. %(number)s"),
        values=lambda version: request_values(payment_request, at=now, version=version),
        actor=actor,
        now=now,
    )


def draw_up_sheet(
    payment_request: PaymentRequest,
    *,
    actor: User,
    now: datetime.datetime,
    delay: datetime.timedelta = UNDO_FOR,
) -> Document | None:
    """The approval sheet of a locked request that was just approved for payment, or whose facts changed.

    It is made once the approval can no longer be undone.
    """
    return _draw_up(
        payment_request,
        kind=DocumentKind.APPROVAL_SHEET,
        title=lambda: _("Approval sheet to request No. %(number)s"),
        values=lambda version: sheet_values(payment_request, at=now, version=version),
        actor=actor,
        now=now,
        page_path=SHEET_PATH,
        delay=delay,
    )


def draw_up_notice(
    payment_request: PaymentRequest,
    payments: Iterable[Payment],
    *,
    actor: User,
    now: datetime.datetime,
) -> Document | None:
    """The payment notice, in the language of the request's contact (else of our own papers)."""
    contact = payment_request.contact
    return _draw_up(
        payment_request,
        kind=DocumentKind.PAYMENT_NOTICE,
        title=lambda: _("Payment notice, request No. %(number)s"),
        values=lambda version: notice_values(payment_request, payments, at=now, version=version),
        actor=actor,
        now=now,
        language=contact.language if contact else "",
    )


def refresh_papers(payment_request: PaymentRequest, *, actor: User, now: datetime.datetime) -> None:
    """New versions of a locked request's papers that no longer say what is true; none once money has left."""
    if payment_request.paid_amount:
        return
    if payment_request.status in (Status.ON_APPROVAL, Status.APPROVED):
        was = _newest(payment_request, DocumentKind.PAYMENT_REQUEST)
        if was and differs(was, lambda: request_values(payment_request, at=now, version=1)):
            draw_up_request(payment_request, actor=actor, now=now)
    if payment_request.status == Status.APPROVED:
        was = _newest(payment_request, DocumentKind.APPROVAL_SHEET)
        if was and differs(was, lambda: sheet_values(payment_request, at=now, version=1)):
            draw_up_sheet(payment_request, actor=actor, now=now, delay=datetime.timedelta(0))


@transaction.atomic
def retry_paper(
    *,
    payment_request_id: int,
    document: Document,
    actor: User,
    now: datetime.datetime | None = None,
) -> bool:
    """Try again to make a paper that could not be made or waits. Raises Forbidden."""
    payment_request = PaymentRequest.objects.locked(payment_request_id)
    refuse_if(policies.why_not_retry_paper(payment_request, actor))
    return papers.make_again(document=document, now=now)


def _draw_up(
    payment_request: PaymentRequest,
    *,
    kind: DocumentKind,
    title: Callable[[], str],
    values: Callable[[int], dict[str, Any]],
    actor: User,
    now: datetime.datetime,
    language: str = "",
    page_path: str = "",
    delay: datetime.timedelta = datetime.timedelta(0),
) -> Document | None:
    """Promise the paper in its language, with an event that holds the digest of what it says."""
    if _no_papers.get():
        return None
    folder = folder_of(payment_request)
    language = language or organisation_settings().paper_language
    version = papers.next_version(folder=folder, kind=kind)
    with translation.override(language):
        name = title() % {"number": payment_request.number}
        draft = papers.Draft(
            kind=kind,
            template=kind.value,
            language=language,
            title=name,
            file_name=file_name(name, version),
            values=values(version),
            version=version,
            page_path=page_path,
        )
    return promise(payment_request, draft, actor=actor, by_hand=False, now=now, delay=delay)


def promise(
    payment_request: PaymentRequest,
    draft: papers.Draft,
    *,
    actor: User,
    by_hand: bool,
    now: datetime.datetime,
    delay: datetime.timedelta = datetime.timedelta(0),
) -> Document:
    """Draw up a paper of a locked request; `by_hand` for one that its actor asked for."""
    document = papers.draw_up(
        folder=folder_of(payment_request),
        draft=draft,
        actor=actor if by_hand else None,
        now=now,
        delay=delay,
    )
    record(
        payment_request,
        kind="paper.drawn_up",
        actor=actor,
        now=now,
        document=document.original_name,
        document_id=document.pk,
        document_kind=document.kind,
        version=draft.version,
        values_sha256=papers.digest_of(draft.values),
    )
    return document


def file_name(title: str, version: int) -> str:
    """'Заявка на оплату № 31, версия 2.pdf', in the active language; the first version is not numbered."""
    if version > 1:
        title = _("%(title)s, version %(version)s") % {"title": title, "version": version}
    return f"{title}.pdf".replace(NBSP, " ")


def folder_of(payment_request: PaymentRequest) -> Folder:
    if payment_request.folder is None:
        raise ValueError("a payment request without its folder")
    return payment_request.folder


def _newest(payment_request: PaymentRequest, kind: DocumentKind) -> Paper | None:
    found = Paper.objects.filter(
        document__folder=payment_request.folder, document__kind=kind, beside=None
    )
    return found.order_by("-version").first()


def differs(was: Paper, values: Callable[[], dict[str, Any]]) -> bool:
    """Whether the facts have changed since this version was drawn up."""
    with translation.override(was.language):
        now = values()
    return any(now[name] != was.values.get(name) for name in now if name not in NOT_FACTS)

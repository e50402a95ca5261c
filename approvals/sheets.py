"""Whether a print of an approval sheet is genuine, unchanged and in force: what its public page says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from approvals.models import Event, PaymentRequest
from approvals.states import Status
from audit.services import whole_events
from documents.models import Document, DocumentKind, Paper
from documents.papers import digest_of

SheetState = Literal["genuine", "replaced", "not_in_force", "changed"]


@dataclass(frozen=True)
class Sheet:
    """A sheet and the request that it is about; `state` is the verdict."""

    paper: Paper
    payment_request: PaymentRequest
    state: SheetState


def sheet_of(paper: Paper) -> Sheet | None:
    """The verdict on a paper that was found by its token; None where it is no approval sheet of a request.

    Nothing is locked: what the verdict rests on is never changed, or it is not genuine.
    """
    document = paper.document
    payment_request = PaymentRequest.objects.filter(folder=document.folder).first()
    if payment_request is None or document.kind != DocumentKind.APPROVAL_SHEET:
        return None
    return Sheet(paper, payment_request, _state_of(paper, payment_request))


def _state_of(paper: Paper, payment_request: PaymentRequest) -> SheetState:
    if not _is_told_by_the_chain(paper, payment_request):
        return "changed"
    newer = Document.objects.filter(
        folder=paper.document.folder,
        kind=paper.document.kind,
        paper__version__gt=paper.version,
    )
    if payment_request.status not in (Status.APPROVED, Status.PAID):
        return "not_in_force"
    return "replaced" if newer.exists() else "genuine"


def _is_told_by_the_chain(paper: Paper, payment_request: PaymentRequest) -> bool:
    """Whether the chain is whole up to this paper's event, holds its digest, and the head that it prints."""
    head = paper.values.get("chain", {})
    is_head_there = False
    for event in whole_events(Event, payment_request):
        if (event.seq, event.hash) == (head.get("seq"), head.get("hash")):
            is_head_there = True
        if event.kind == "paper.drawn_up" and event.data.get("document_id") == paper.document_id:
            return is_head_there and event.data.get("values_sha256") == digest_of(paper.values)
    return False

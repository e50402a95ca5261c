"""Documents of a request as lines of its card: what was brought, and what the program draws up itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from documents.models import Document, DocumentKind, DocumentState
from documents.selectors import fault_reason, may_come_soon, paper_fault, waits_for_press


@dataclass(frozen=True)
class DocumentRow:
    """One document: `code` colours its stamp, `note` says what is wrong or what it waits for.

    `is_old` marks a version that a newer one has taken the place of.
    """

    document: Document
    code: str
    label: str
    note: str = ""
    is_old: bool = False
    can_retry: bool = False

    @property
    def is_paper(self) -> bool:
        return hasattr(self.document, "paper")

    @property
    def who(self) -> str:
        """Who brought it, or had it drawn up; nobody where the program did it by itself."""
        return self.document.uploaded_by.short_name if self.document.uploaded_by else ""


def brought_and_drawn_up(
    documents: Iterable[Document], *, may_retry: bool, orders: Iterable[int] = ()
) -> tuple[list[DocumentRow], list[DocumentRow]]:
    """Both kinds in their order; the documents come with their papers (selectors.documents_of).

    Of payment orders there may be several: `orders` are the keys of their newest documents.
    """
    documents = list(documents)
    newest_orders = {document.paper.pk for document in documents if document.pk in set(orders)}
    newest: dict[str, int] = {}
    for document in documents:
        if hasattr(document, "paper"):
            newest[document.kind] = max(newest.get(document.kind, 0), document.paper.version)
    brought, drawn_up = [], []
    for document in documents:
        if hasattr(document, "paper"):
            is_old = document.paper.version < newest[document.kind]
            if document.kind == DocumentKind.ORDER_FORM:
                paper = document.paper
                is_old = (paper.beside_id or paper.pk) not in newest_orders
            drawn_up.append(_paper_row(document, is_old=is_old, may_retry=may_retry))
        else:
            label = str(document.get_state_display())
            brought.append(DocumentRow(document, document.state, label, fault_reason(document)))
    return brought, drawn_up


def is_pending(documents: Iterable[Document]) -> bool:
    """Whether the list will look otherwise in a moment, so that it is worth looking again."""
    return any(may_come_soon(document) for document in documents)


def _paper_row(document: Document, *, is_old: bool, may_retry: bool) -> DocumentRow:
    code, label, note = document.state, str(document.get_state_display()), fault_reason(document)
    is_at_fault = document.state == DocumentState.FAULT
    waits = waits_for_press(document)
    if waits:
        code, label = "wait", _("Waits")
    elif is_at_fault and not document.has_bytes:
        label, note = _("Could not be made"), paper_fault(document)
    return DocumentRow(
        document, code, label, note, is_old, can_retry=may_retry and (is_at_fault or waits)
    )

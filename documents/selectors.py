"""Reading what documents know: whether a link still opens, who came through it, what is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db.models import Q, QuerySet
from django.utils import timezone

from documents import reasons
from documents.models import Document, DocumentState, Folder, FolderState, LinkVisit, ShareLink
from documents.names import shown_path
from outbox.selectors import Backlog, backlog, codes_of

LinkState = Literal["live", "expired", "revoked"]


def link_state(link: ShareLink, *, now: datetime | None = None) -> LinkState:
    """Whether the link opens (`live`), or why it does not."""
    if link.revoked_at is not None:
        return "revoked"
    return "live" if (now or timezone.now()) < link.expires_at else "expired"


def visits_of(link: ShareLink) -> QuerySet[LinkVisit]:
    """Visits and downloads by people outside, oldest first."""
    return LinkVisit.objects.filter(link=link, by_staff=False).select_related("document")


def folder_path(folder: Folder) -> str:
    """The folder's path in the reader's language."""
    return shown_path(folder.path)


def backlogs() -> list[Backlog]:
    """What is still to be made or filed, and what could not be."""
    codes = codes_of(vars(reasons))
    return [
        backlog(
            "folder",
            Folder.objects.all(),
            written_at="created_at",
            gave_up=Q(state=FolderState.FAULT),
            codes=codes,
        ),
        backlog(
            "document",
            Document.objects.all(),
            written_at="uploaded_at",
            gave_up=Q(state=DocumentState.FAULT),
            codes=codes,
        ),
    ]


def fault_reason(row: Folder | Document) -> str:
    """What went wrong last with a folder or a document, in the reader's language; empty for nothing."""
    return reasons.shown(row.last_error)

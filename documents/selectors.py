"""Reading what documents know: whether a link still opens, who came through it, what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.apps.registry import Apps
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from documents import reasons
from documents.models import Document, DocumentState, Folder, FolderState, LinkVisit, ShareLink
from documents.names import shown_path
from documents.originals import current_template as current_template
from documents.tasks import MARKER
from outbox.selectors import Backlog, backlog, codes_of

LinkState = Literal["live", "expired", "revoked"]


@dataclass(frozen=True)
class Promised:
    """A file that a row says is in the storage.

    `also_at`: where the same bytes may lie by now, when a task has moved them on. `text`: all that it holds,
    where the row says that too.
    """

    row: str
    key: str
    sha256: str
    size: int
    content_type: str = ""
    also_at: str = ""
    text: str | None = None


def promised_files(apps: Apps, using: str) -> Iterator[Promised]:
    """Every file that rows name, by the models of `apps` (today's, or those of an older migration).

    Not those of uploads: a form that nobody has sent is forgotten within a day.
    """
    folders = (
        apps.get_model("documents", "Folder").objects.using(using).filter(state=FolderState.READY)
    )
    folder_facts = folders.order_by("pk").values_list("pk", "path", "public_id")
    for pk, path, text in folder_facts.iterator():
        digest = hashlib.sha256(text.encode()).hexdigest()
        yield Promised(
            f"folder {pk}",
            f"{path}/{MARKER}",
            digest,
            len(text),
            content_type="text/plain",
            text=text,
        )
    documents = apps.get_model("documents", "Document").objects.using(using).exclude(sha256="")
    facts = ("pk", "folder__path", "stored_name", "incoming_key", "state", "sha256", "size")
    rows = documents.order_by("pk").values_list(*facts, "content_type")
    for pk, path, name, incoming, state, digest, size, content_type in rows.iterator():
        row, final = f"document {pk}", f"{path}/{name}"
        if state == DocumentState.STORED:
            yield Promised(row, final, digest, size, content_type)
        elif incoming:
            yield Promised(row, incoming, digest, size, content_type, also_at=final)


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


def paper_fault(document: Document) -> str:
    """Why a paper could not be made, with the line of its template and what exactly, where that is known."""
    reason = fault_reason(document)
    fault = document.paper.fault
    if fault.get("line"):
        where = _("line %(line)s of its CSS") if fault.get("part") == "css" else _("line %(line)s")
        reason = f"{reason} ({where % fault})"
    return f"{reason} {fault.get('detail', '')}".strip()


def waits_for_press(document: Document) -> bool:
    """Whether a paper waits because nothing can be printed on this machine."""
    return document.state == DocumentState.MAKING and document.last_error == reasons.PRESS_MISSING


def may_come_soon(document: Document) -> bool:
    """Whether the document is on its way: being made or filed, with nothing that holds it up."""
    on_its_way = document.state in (DocumentState.MAKING, DocumentState.RECEIVED)
    return on_its_way and not waits_for_press(document)

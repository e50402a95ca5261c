"""Reading what documents know: whether a link still opens, who came through it, what is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from documents import originals, reasons
from documents.models import (
    Document,
    DocumentState,
    Folder,
    LinkVisit,
    ShareLink,
    TemplateFormat,
    TemplateVersion,
)
from documents.names import shown_path
from documents.press import Template, TemplateFault

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


def fault_reason(row: Folder | Document) -> str:
    """What went wrong last with a folder or a document, in the reader's language; empty for nothing."""
    return reasons.shown(row.last_error)


def press_reason(fault: TemplateFault) -> str:
    """Why a document could not be made, in the reader's language."""
    return reasons.shown(fault.reason)


def current_template(kind: str) -> Template:
    """The template that papers of this kind are printed with."""
    newest = _newest_template(kind, TemplateFormat.HTML)
    return template_of(newest) if newest else originals.original(kind)


def template_of(version: TemplateVersion) -> Template:
    """What an HTML version prints with; of one that went back to the original, the original as it is now."""
    if version.is_original:
        return originals.original(version.kind)
    return Template(version.kind, version.source, version.css, version.number)


def current_docx(kind: str) -> TemplateVersion | None:
    """The DOCX template that papers of this kind are filled into as well; None where there is none."""
    newest = _newest_template(kind, TemplateFormat.DOCX)
    return None if newest is None or newest.is_original else newest


def newest_docx(kind: str) -> TemplateVersion:
    """The DOCX template that is in force, or was last. Raises DoesNotExist."""
    rows = TemplateVersion.objects.filter(kind=kind, format=TemplateFormat.DOCX, is_original=False)
    return rows.latest("number")


def _newest_template(kind: str, template_format: str) -> TemplateVersion | None:
    rows = TemplateVersion.objects.filter(kind=kind, format=template_format)
    return rows.order_by("-number").first()


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

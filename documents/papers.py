"""Papers of our own: promised with the values that they will say, printed by a task, filed like any document.

    draft = Draft(kind=…, template="approval_sheet", language="ru", title=…, file_name=…, values={…})
    document = draw_up(folder=folder, draft=draft, actor=None)

Values are plain JSON: text in the paper's language, whole numbers, booleans, lists and objects. A text that
is exactly "{url}" becomes the address of the paper's own page; each of `values["codes"]` that is not empty
is a text shown as a QR code, to the template a picture of that name (`asset:NAME`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from documents import tasks
from documents.models import Document, DocumentKind, DocumentState, Folder, Paper
from documents.printing import URL, token_for, token_hash
from documents.reserving import reserve
from outbox import services as outbox
from people.models import User
from people.search import padded

__all__ = [
    "URL",
    "Draft",
    "digest_of",
    "draw_up",
    "find_paper",
    "make_again",
    "next_version",
    "take_back",
]

PDF = "application/pdf"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A paper that is to be: what it is filed as, and what it is printed from.

    With `page_path` ("/sheets/{token}/") it has a page of its own. `version` counts its likes.
    """

    kind: DocumentKind
    template: str
    language: str
    title: str
    file_name: str
    values: dict[str, Any]
    version: int = 1
    page_path: str = ""


@transaction.atomic
def draw_up(
    *,
    folder: Folder,
    draft: Draft,
    actor: User | None,
    now: datetime | None = None,
    delay: timedelta = timedelta(0),
) -> Document:
    """Promise a paper: its name is reserved, a task prints it. `actor` None is the program itself.

    Within `delay` it can still be taken back.
    """
    now = now or timezone.now()

    def create(stored_name: str) -> Document:
        return Document.objects.create(
            folder=folder,
            kind=draft.kind,
            original_name=draft.file_name,
            search=padded(draft.file_name)[:520],
            stored_name=stored_name,
            content_type=PDF,
            size=0,
            state=DocumentState.MAKING,
            uploaded_by=actor,
            uploaded_at=now,
            next_try_at=now + delay,
        )

    document = reserve(folder, draft.file_name, create)
    paper = Paper.objects.create(
        document=document,
        template=draft.template,
        language=draft.language,
        title=draft.title,
        version=draft.version,
        values=draft.values,
        page_path=draft.page_path,
        salt=secrets.token_urlsafe(24) if draft.page_path else "",
    )
    if draft.page_path:
        paper.token_sha256 = token_hash(token_for(paper))
        paper.save(update_fields=["token_sha256"])
    outbox.wake(tasks.make_paper, document.pk, countdown=delay.total_seconds() or None)
    return document


@transaction.atomic
def take_back(*, folder: Folder, since: datetime) -> None:
    """Unsay the papers of the folder that were promised from then on and that nobody has begun to print."""
    unmade = Document.objects.select_for_update(of=("self",)).filter(
        folder=folder, state=DocumentState.MAKING, claim_id=None, uploaded_at__gte=since
    )
    pks = list(unmade.values_list("pk", flat=True))
    Paper.objects.filter(document_id__in=pks).delete()
    Document.objects.filter(pk__in=pks).delete()


@transaction.atomic
def make_again(*, document: Document, now: datetime | None = None) -> bool:
    """Try again at once what could not be made or filed, or waits. False: there is nothing to do."""
    again = {"next_try_at": now or timezone.now(), "attempts": 0, "last_error": ""}
    papers = Document.objects.filter(pk=document.pk, paper__isnull=False, claim_id=None)
    unmade = papers.filter(sha256="", state__in=[DocumentState.MAKING, DocumentState.FAULT])
    if unmade.update(state=DocumentState.MAKING, **again):
        outbox.wake(tasks.make_paper, document.pk)
        return True
    unfiled = papers.filter(state=DocumentState.FAULT).exclude(incoming_key="")
    if unfiled.update(state=DocumentState.RECEIVED, **again):
        outbox.wake(tasks.file_document, document.pk)
        return True
    return False


def next_version(*, folder: Folder, kind: DocumentKind) -> int:
    """The number of the next paper of this kind in the folder; the caller holds a lock around it."""
    return Document.objects.filter(folder=folder, kind=kind).count() + 1


def find_paper(token: str) -> Paper | None:
    """The paper whose page this token opens."""
    return (
        Paper.objects.filter(token_sha256=token_hash(token))
        .select_related("document__folder")
        .first()
    )


def digest_of(values: dict[str, Any]) -> str:
    """SHA-256 of what a paper says, for telling whether its values were changed since."""
    canonical = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()

"""Keeping what the rows promise: folders made, papers printed, documents filed, leftovers cleaned.

Each may run twice, and may die between any two lines: the storage is written over with the same bytes, and
the row is finished only by whoever still holds its claim.
"""

from __future__ import annotations

import hashlib
import io
import logging
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from documents import press, printing, reasons, storage
from documents.models import Document, DocumentState, Folder, FolderState, Paper, Upload
from outbox import services as outbox

logger = logging.getLogger(__name__)

MARKER = ".folder"
KEPT_IN_INCOMING = timedelta(days=1)
BATCH = 500
# What waits for pango is looked at again this often; `make system` is typed once.
PRESS_WAIT = timedelta(minutes=1)


@shared_task(name="documents.make_folder")
def make_folder(pk: int) -> None:
    """Put the folder's ID in its place in the storage, or see that it is there."""
    folder = outbox.claim(Folder, pk)
    if folder is None:
        return
    if folder.attempts > outbox.MAX_ATTEMPTS:  # every worker died over it
        outbox.give_up(folder, error=reasons.UNEXPECTED, state=FolderState.FAULT)
        return
    try:
        reason = _mark(folder)
    except storage.StorageError as error:
        _log("documents.folder_failed", folder_id=pk, error=str(error))
        outbox.retry_or_give_up(folder, error=reasons.STORAGE_SILENT, state=FolderState.FAULT)
        return
    except Exception:
        logger.exception("documents.folder_failed", extra={"folder_id": pk})
        outbox.retry_or_give_up(folder, error=reasons.UNEXPECTED, state=FolderState.FAULT)
        return
    now = timezone.now()
    if reason:
        _log("documents.folder_fault", folder_id=pk, error=reason)
        outbox.give_up(folder, error=reason, state=FolderState.FAULT, checked_at=now)
    elif outbox.finish(folder, state=FolderState.READY, checked_at=now):
        _wake_documents(folder, now)


def _mark(folder: Folder) -> str:
    """Write the folder's object if there is none, and read it back; what is wrong with it, or nothing."""
    key = f"{folder.path}/{MARKER}"
    expected = folder.public_id.encode()
    try:
        found = storage.read(key).strip()
    except storage.Missing:
        storage.store().put(key, io.BytesIO(expected), content_type="text/plain")
        try:
            found = storage.read(key).strip()
        except storage.Missing:
            return reasons.FOLDER_UNREADABLE
    return "" if found == expected else reasons.FOLDER_TAKEN


def _wake_documents(folder: Folder, now: datetime) -> None:
    """What waited for this folder need not wait for its own next try."""
    waiting = Document.objects.filter(
        folder=folder, state=DocumentState.RECEIVED, next_try_at__gt=now, claim_id=None
    )
    pks = list(waiting.values_list("pk", flat=True))
    Document.objects.filter(pk__in=pks, next_try_at__gt=now).update(next_try_at=now)
    for pk in pks:
        outbox.wake(file_document, pk)


@shared_task(name="documents.file_document")
def file_document(pk: int) -> None:
    """Copy a received file into its folder, make sure of it, and only then let go of the original."""
    document = outbox.claim(Document, pk, state=DocumentState.RECEIVED)
    if document is None:
        return
    if document.attempts > outbox.MAX_ATTEMPTS:  # every worker died over it
        outbox.give_up(document, error=reasons.UNEXPECTED, state=DocumentState.FAULT)
        return
    if document.folder.state != FolderState.READY:
        _wait_for_folder(document)
        return
    try:
        reason = _file(document)
    except storage.StorageError as error:
        _log("documents.filing_failed", document_id=pk, error=str(error))
        reason = reasons.STORAGE_SILENT
    except Exception:
        logger.exception("documents.filing_failed", extra={"document_id": pk})
        reason = reasons.UNEXPECTED
    if reason:
        mine = outbox.retry_or_give_up(document, error=reason, state=DocumentState.FAULT)
        if mine and reason == reasons.FILE_CHANGED:
            # The next attempt is half a minute away at least; until then nobody should find a wrong file.
            with suppress(storage.StorageError):
                storage.store().delete(document.key)
        return
    incoming = document.incoming_key
    if outbox.finish(
        document, state=DocumentState.STORED, stored_at=timezone.now(), incoming_key=""
    ):
        # What cannot be deleted now has no row any more and goes with the daily cleaning.
        with suppress(storage.StorageError):
            storage.store().delete(incoming)


def _wait_for_folder(document: Document) -> None:
    if document.folder.state == FolderState.FAULT:
        outbox.not_yet(document, delay=timedelta(minutes=1), last_error=reasons.FOLDER_AT_FAULT)
    elif outbox.not_yet(document):
        outbox.wake(file_document, document.pk, countdown=2)


def _file(document: Document) -> str:
    """Copy and read back; what is wrong, or nothing."""
    try:
        storage.store().copy(document.incoming_key, document.key)
    except storage.Missing:
        return reasons.FILE_GONE
    same = storage.sha256(document.key) == document.sha256
    return "" if same else reasons.FILE_CHANGED


@shared_task(name="documents.make_paper")
def make_paper(pk: int) -> None:
    """Print one of our own papers and hand it to the filing, or say why it cannot be made (now)."""
    document = outbox.claim(Document, pk, state=DocumentState.MAKING)
    if document is None:
        return
    if document.attempts > outbox.MAX_ATTEMPTS:  # every worker died over it
        outbox.give_up(document, error=reasons.UNEXPECTED, state=DocumentState.FAULT)
        return
    try:
        _make(document)
    except press.PressMissing:
        outbox.not_yet(document, delay=PRESS_WAIT, last_error=reasons.PRESS_MISSING)
    except press.TemplateFault as fault:
        _log("documents.paper_faulty", document_id=pk, error=fault.reason)
        about = {"detail": fault.detail, "line": fault.line, "part": fault.part}
        Paper.objects.filter(document=document).update(fault=about)
        outbox.give_up(document, error=fault.reason, state=DocumentState.FAULT)
    except storage.StorageError as error:
        _log("documents.paper_failed", document_id=pk, error=str(error))
        outbox.retry_or_give_up(document, error=reasons.STORAGE_SILENT, state=DocumentState.FAULT)
    except Exception:
        logger.exception("documents.paper_failed", extra={"document_id": pk})
        outbox.retry_or_give_up(document, error=reasons.UNEXPECTED, state=DocumentState.FAULT)


def _make(document: Document) -> None:
    """Print it and put it where uploads lie; what a crash leaves there has no row and goes after a day."""
    paper = Paper.objects.get(document=document)
    printed, template = printing.print_paper(paper)
    key = f"{storage.INCOMING}/{uuid.uuid4()}"
    storage.store().put(key, io.BytesIO(printed.pdf), content_type=document.content_type)
    taken_over = outbox.next_step(
        document,
        state=DocumentState.RECEIVED,
        incoming_key=key,
        size=len(printed.pdf),
        sha256=hashlib.sha256(printed.pdf).hexdigest(),
    )
    if not taken_over:
        with suppress(storage.StorageError):
            storage.store().delete(key)
        return
    Paper.objects.filter(pk=paper.pk).update(
        template_version=template.version, pages=printed.pages, fault={}
    )
    outbox.wake(file_document, document.pk)


@shared_task(name="documents.sweep")
def sweep() -> None:
    """Wake whatever is due and was missed: a lost wake-up, a dead worker, a time that has come."""
    now = timezone.now()
    for pk in outbox.due(Folder, now=now):
        outbox.wake(make_folder, pk)
    for pk in outbox.due(Document, now=now, state=DocumentState.RECEIVED):
        outbox.wake(file_document, pk)
    # Where nothing can be printed each paper is tried once, so that its card says why it waits.
    untried: dict[str, Any] = {} if press.is_ready() else {"last_error": ""}
    for pk in outbox.due(Document, now=now, state=DocumentState.MAKING, **untried):
        outbox.wake(make_paper, pk)


@shared_task(name="documents.clean_incoming")
def clean_incoming() -> None:
    """Forget uploads of forms that never passed, and take away what lies in `incoming/` without a row."""
    before = timezone.now() - KEPT_IN_INCOMING
    Upload.objects.filter(uploaded_at__lt=before).delete()
    batch: list[str] = []
    for key in storage.store().incoming_before(before):
        batch.append(key)
        if len(batch) == BATCH:
            _delete_unknown(batch)
            batch = []
    _delete_unknown(batch)


def _delete_unknown(keys: list[str]) -> None:
    known = set(Upload.objects.filter(key__in=keys).values_list("key", flat=True))
    known.update(
        Document.objects.filter(incoming_key__in=keys).values_list("incoming_key", flat=True)
    )
    for key in keys:
        if key not in known:
            storage.store().delete(key)


def _log(event: str, **facts: object) -> None:
    logger.warning(event, extra=facts)

"""Handing a document over: whole or a range of it, shown by the browser only where that is safe.

Who may have it is asked before this; here is only how.
"""

from __future__ import annotations

import logging
import re

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from documents import reasons, storage
from documents.models import Document, DocumentState
from documents.sniffing import INLINE_TYPES

logger = logging.getLogger(__name__)

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)

# Whatever is not a PDF is shut in altogether. A browser's own PDF viewer neither opens in a sandbox nor
# where objects are forbidden; it is kept from scripts and from being framed elsewhere.
_SHUT_IN = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
)
_PDF_POLICY = (
    "default-src 'self'; script-src 'none'; style-src 'self' 'unsafe-inline';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def response(
    request: HttpRequest, document: Document, *, force_attachment: bool = False
) -> HttpResponseBase:
    """The file, for GET and HEAD: 200, 206, 304 or 416; 404 or 503 when the storage has not got it now."""
    if not document.has_bytes:
        return _sorry(document, 404, _("This document is still being made."))
    etag = f'"{document.sha256}"'
    if _unchanged(request, etag):
        return _with_headers(HttpResponse(status=304), document, etag, force_attachment)
    wanted = _range(request, document.size, etag)
    if wanted == "unsatisfiable":
        unsatisfiable = HttpResponse(status=416, content_type="text/plain")
        unsatisfiable["Content-Range"] = f"bytes */{document.size}"
        return unsatisfiable
    start, end = wanted if isinstance(wanted, tuple) else (0, document.size - 1)
    answer: HttpResponseBase
    if request.method == "HEAD":
        answer = HttpResponse(content_type=document.content_type)
    else:
        try:
            if link := _link(document, force_attachment):
                return _elsewhere(link)
            chunks = _chunks(document, start, end)
        except storage.Missing:
            return _sorry(document, 404, reasons.shown(reasons.FILE_GONE))
        except storage.StorageError:
            return _sorry(document, 503, _("The storage does not answer. Try again in a minute."))
        answer = StreamingHttpResponse(chunks, content_type=document.content_type)
    answer["Content-Length"] = str(end - start + 1)
    if isinstance(wanted, tuple):
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {start}-{end}/{document.size}"
    return _with_headers(answer, document, etag, force_attachment)


def _link(document: Document, force_attachment: bool) -> str:
    """Where a browser fetches a filed document by itself, if it may; what it shows has our headers on it."""
    if document.state != DocumentState.STORED or _is_inline(document, force_attachment):
        return ""
    return storage.store().link(
        document.key,
        content_type=document.content_type,
        disposition=content_disposition_header(True, document.stored_name) or "attachment",
    )


def _elsewhere(link: str) -> HttpResponse:
    answer = HttpResponse(status=302, headers={"Location": link})
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _is_inline(document: Document, force_attachment: bool) -> bool:
    return document.content_type in INLINE_TYPES and not force_attachment


def _chunks(document: Document, start: int, end: int) -> storage.Chunks:
    try:
        return storage.store().chunks(_key(document), start, end)
    except storage.Missing:
        # Filed between the reading of the row and now: then it lies in its folder.
        fresh = Document.objects.select_related("folder").get(pk=document.pk)
        if _key(fresh) == _key(document):
            raise
        return storage.store().chunks(_key(fresh), start, end)


def _key(document: Document) -> str:
    return document.key if document.state == DocumentState.STORED else document.incoming_key


def _unchanged(request: HttpRequest, etag: str) -> bool:
    known = [tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")]
    return any(tag.removeprefix("W/") == etag for tag in known) or known == ["*"]


def _range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | str | None:
    """First and last byte of the one range asked for; None for the whole (also when it is not understood)."""
    if request.headers.get("If-Range", etag).strip() != etag:
        return None
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size - 1
        return (start, end) if int(last) else "unsatisfiable"
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    return (start, end) if start < size else "unsatisfiable"


def _with_headers(
    answer: HttpResponseBase, document: Document, etag: str, force_attachment: bool
) -> HttpResponseBase:
    inline = _is_inline(document, force_attachment)
    disposition = content_disposition_header(not inline, document.stored_name)
    shown_as_pdf = inline and document.content_type == "application/pdf"
    answer["Content-Disposition"] = disposition or "attachment"
    answer["Content-Security-Policy"] = _PDF_POLICY if shown_as_pdf else _SHUT_IN
    answer["X-Content-Type-Options"] = "nosniff"
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["Cache-Control"] = "private, no-cache"
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = etag
    return answer


def _sorry(document: Document, status: int, text: str) -> HttpResponse:
    logger.warning("documents.download_failed", extra={"document_id": document.pk})
    answer = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    if status == 503:
        answer["Retry-After"] = "60"
    return answer

"""Files that are no documents: made by the program for one person, kept for a while in the same storage."""

from __future__ import annotations

from typing import IO

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from documents import reasons, storage

StorageError = storage.StorageError
STORAGE_SILENT = reasons.STORAGE_SILENT


def put(key: str, file: IO[bytes], *, content_type: str) -> None:
    """Write the whole file under `key`. Raises StorageError."""
    storage.store().put(key, file, content_type=content_type)


def delete(key: str) -> None:
    """Take it away; nothing there is fine. Raises StorageError."""
    storage.store().delete(key)


def response(key: str, *, name: str, content_type: str, size: int) -> HttpResponseBase:
    """The file as a download, a piece at a time; 404 or 503 when the storage has not got it now."""
    try:
        chunks = storage.store().chunks(key)
    except storage.Missing:
        return _sorry(404, reasons.shown(reasons.FILE_GONE))
    except storage.StorageError:
        return _sorry(503, _("The storage does not answer. Try again in a minute."))
    answer = StreamingHttpResponse(chunks, content_type=content_type)
    answer["Content-Length"] = str(size)
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _sorry(status: int, text: str) -> HttpResponse:
    answer = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    return answer

"""What a person sees when the program could not do its part: 500, or 503 with the form kept.

A database that is away, too slow or full is no mistake of the program, and often over in a moment. Its page
gives back what was typed, to be sent once more by a button: a form with a key does nothing twice.
"""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import defaults

from config.middleware import body_is_too_large
from outbox.faults import Fault, fault_of

RETRY_AFTER = 5  # seconds
KEY = "form_key"
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - a field's name


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500, called while the exception is being handled."""
    fault = fault_of(sys.exc_info()[1])
    return _try_again(request, fault) if fault else defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400. Django says 'the session was deleted' too when the database goes while it is saved."""
    if isinstance(exception, SessionInterrupted):
        behind: BaseException | None = exception
        while behind is not None:
            if fault := fault_of(behind):
                return _try_again(request, fault)
            behind = behind.__cause__ or behind.__context__
    return defaults.bad_request(request, exception)


def _try_again(request: HttpRequest, fault: Fault) -> HttpResponse:
    """503, with what was typed to be sent once more."""
    fields, files = _kept(request)
    context = {
        "is_full": fault is Fault.FULL,
        "path": request.get_full_path(),
        "back": _back(request),
        "fields": fields,
        "files": files,
    }
    # Without the request: a menu, a name or a count would ask the database again.
    response = HttpResponse(render_to_string("503.html", context), status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    response.headers["Cache-Control"] = "no-store"
    return response


def _kept(request: HttpRequest) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What was typed, as (name, value), and which files were chosen, as (field, file's name).

    Only of a form with a key: others may do twice what was meant once, or hold a password.
    """
    if request.method != "POST" or body_is_too_large(request):
        return [], []
    try:
        posted, files = request.POST, request.FILES
    except (
        BadRequest,
        MultiPartParserError,
        RequestDataTooBig,
        SuspiciousOperation,
        UnreadablePostError,
    ):
        return [], []
    if not posted.get(KEY) or not posted.get(TOKEN):
        return [], []
    fields = [(name, value) for name, values in posted.lists() for value in values]
    chosen = [(name, file.name or "") for name in files for file in files.getlist(name)]
    return fields, chosen


def _back(request: HttpRequest) -> str:
    """Where a page without a form leads: itself, or the page that its form stood on."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, {urlsplit(settings.PUBLIC_URL).netloc}):
        return came_from
    return "/"

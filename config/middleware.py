"""What is decided about a request before any view sees it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

MEGABYTE = 1024 * 1024


def client_address(request: HttpRequest) -> str:
    """Where a request comes from; a trusted proxy's word was already taken in config/wsgi.py."""
    return str(request.META.get("REMOTE_ADDR", ""))


def body_is_too_large(request: HttpRequest) -> bool:
    """Whether a body is larger than any form may be, by what its header says."""
    length = request.headers.get("Content-Length") or "0"
    return not length.isdigit() or int(length) > (settings.MAX_UPLOAD_MB + 1) * MEGABYTE


class BodyLimitMiddleware:
    """Answers 413 to a body that is too large, before a byte of it is read.

    The limit is MAX_UPLOAD_MB and one megabyte more for the form around the file; a file between the
    two is a 422 at its field. Browsers always say a body's length; one that does not is a 411.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse, or go on."""
        if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            return self.refuse(request, 411)
        if body_is_too_large(request):
            return self.refuse(request, 413)
        return self.get_response(request)

    def refuse(self, request: HttpRequest, status: int) -> HttpResponse:
        """The page that says what the limit is."""
        response = render(request, "413.html", {"max_mb": settings.MAX_UPLOAD_MB}, status=status)
        # The rest of the body is still on its way; the connection cannot be used again.
        response.headers["Connection"] = "close"
        return response

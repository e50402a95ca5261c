"""What is decided about a request before any view sees it."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render

from config import metrics
from outbox import trace

logger = logging.getLogger("config.requests")

MEGABYTE = 1024 * 1024
AN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Asked every few seconds by machines, which know us by whatever name or number.
FOR_MACHINES = {"/healthz", "/readyz", "/metrics"}

# Devices and abilities that no page of ours uses are off; what is left is for our own pages.
PERMISSIONS = ", ".join(
    [
        *(
            f"{name}=()"
            for name in (
                "accelerometer",
                "browsing-topics",
                "camera",
                "display-capture",
                "geolocation",
                "gyroscope",
                "magnetometer",
                "microphone",
                "midi",
                "payment",
                "usb",
                "xr-spatial-tracking",
            )
        ),
        *(
            f"{name}=(self)"
            for name in (
                "clipboard-write",
                "fullscreen",
                "publickey-credentials-create",
                "publickey-credentials-get",
            )
        ),
    ]
)


def client_address(request: HttpRequest) -> str:
    """Where a request comes from; a trusted proxy's word was already taken in config/wsgi.py."""
    return str(request.META.get("REMOTE_ADDR", ""))


def body_is_too_large(request: HttpRequest) -> bool:
    """Whether a body is larger than any form may be, by what its header says."""
    length = request.headers.get("Content-Length") or "0"
    return not length.isdigit() or int(length) > (settings.MAX_UPLOAD_MB + 1) * MEGABYTE


class RequestMiddleware:
    """Stands before all others: gives a request its id, and writes a line about its answer.

    The id is the trusted proxy's X-Request-Id (config.proxies drops anybody else's) or a new one; it goes
    back in the answer, into every line of the log and with every task that the request wakes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let it through, and say how it went."""
        given = request.headers.get("X-Request-Id", "")
        trace_id = given if AN_ID.fullmatch(given) else uuid.uuid4().hex
        request.trace_id = trace_id  # type: ignore[attr-defined]
        began = time.perf_counter()
        with trace.following(trace_id):
            if request.path_info in FOR_MACHINES:
                # Nothing in these answers is made from the host's name, so any name will do.
                request.META["HTTP_HOST"] = "localhost"
                response = self.get_response(request)
            else:
                response = self.get_response(request)
                self.note(request, response, time.perf_counter() - began)
        response.headers["X-Request-Id"] = trace_id
        return response

    def note(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        """Measure, and write one line: no path, which may hold a token, and no name of anybody."""
        match = request.resolver_match
        if match is None and response.status_code < 400:  # a static file
            return
        metrics.note(
            match.view_name if match else "none",
            request.method or "",
            response.status_code,
            seconds,
        )
        # Whom the page has looked up already; nobody is looked up for the log's sake.
        user = getattr(request, "_cached_user", None)
        logger.info(
            "http.request",
            extra={
                "method": request.method,
                "route": match.route if match else None,
                "status": response.status_code,
                "ms": round(seconds * 1000),
                "user_id": user.pk if user else None,
            },
        )


class HeadersMiddleware:
    """What Django and django-csp do not say: to other sites, of devices, and of keeping a page.

    Static files get the headers too, so this stands outside of WhiteNoise.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add them to whatever comes."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # Nobody is looked up for this: whoever a page was made for has been by now.
        user = getattr(request, "_cached_user", None)
        if user is not None and user.is_authenticated and "Cache-Control" not in response.headers:
            # A page with somebody's requests is not left on the disk of a laptop.
            response.headers["Cache-Control"] = "private, no-store"
        return response


class CompressedPagesMiddleware(GZipMiddleware):
    """Pages go compressed, with some bytes at random against BREACH; files go as they are.

    A file is asked for in parts, has its size said, and is mostly compressed already.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress it, if it is a page and the browser takes it so."""
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed


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

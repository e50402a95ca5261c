"""Pages for what goes wrong before or beside a view."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its proof of origin: a page left open for long, or cookies switched off."""
    return render(request, "403_csrf.html", status=403)


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None, credentials: object
) -> HttpResponse:
    """Too many wrong passwords for this name from this address (called by django-axes)."""
    return render(request, "429.html", status=429)

"""Pages for what goes wrong before or beside a view."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

logger = logging.getLogger(__name__)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its proof of origin: a page left open for long, or cookies switched off."""
    return render(request, "403_csrf.html", status=403)


def locked_out(
    request: HttpRequest,
    original_response: HttpResponse | None = None,
    credentials: object = None,
) -> HttpResponse:
    """Too many wrong passwords (called by django-axes, and for its like)."""
    logger.warning("login.locked")
    return render(request, "429.html", status=429)


def too_many(request: HttpRequest) -> HttpResponse:
    """Too many attempts of one kind (Django's handler429, which django-allauth asks for)."""
    return render(request, "429.html", status=429)

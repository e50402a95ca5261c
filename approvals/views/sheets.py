"""The page that a sheet's QR code leads to: is this print genuine, unchanged, in force?

Nobody logs in and no cookie is set; the words are in the sheet's own language. It shows what the print shows
and is needed to compare the two, and nothing else of the request.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django_ratelimit.core import is_ratelimited

from approvals.sheets import sheet_of
from approvals.views.http import require_safe
from approvals.views.public import RATE, private
from documents.papers import find_paper


@login_not_required
@require_safe
def sheet(request: HttpRequest, token: str) -> HttpResponseBase:
    """200 with the verdict; 404 for a token of no sheet; 429 for too many visits."""
    if request.session.is_empty():
        # Taking an ended session's cookie away would be setting one too.
        request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
    if is_ratelimited(request, group="sheet-page", key="ip", rate=RATE, increment=True):
        return private(render(request, "approvals/public/no_sheet.html", {"code": 429}, status=429))
    paper = find_paper(token)
    found = sheet_of(paper) if paper else None
    if found is None:
        return private(render(request, "approvals/public/no_sheet.html", {"code": 404}, status=404))
    with translation.override(found.paper.language):
        response = render(
            request,
            "approvals/public/sheet.html",
            {
                "state": found.state,
                "facts": found.paper.values,
                "document": found.paper.document,
            },
        )
        response.headers["Content-Language"] = found.paper.language
    return private(response)

"""Files of the registry: asked for, watched while they are made, downloaded by whoever asked."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from approvals import exports as export_of
from approvals import services
from approvals.export_files import CONTENT_TYPES
from approvals.models import Export, ExportState
from approvals.views.http import (
    form_key_of,
    get_visible_or_404,
    redirect_303,
    require_POST,
    require_safe,
)
from audit.refusals import Invalid, Refused
from documents import files
from people.formats import moment

SHOWN = 50


@require_POST
def export_new(request: HttpRequest) -> HttpResponse:
    """`query` (the registry's) into a file of `file_format`; for htmx the part of a page that watches it."""
    by_htmx = "HX-Request" in request.headers
    try:
        export = services.request_export(
            actor=request.user,
            query=request.POST.get("query", ""),
            file_format=request.POST.get("file_format", ""),
            form_key=form_key_of(request),
        )
    except Refused as refusal:
        if not by_htmx:
            raise
        status = 422 if isinstance(refusal, Invalid) else 409
        why = {"reason": refusal.reason}
        return render(request, "approvals/exports/_refused.html", why, status=status)
    if not by_htmx:
        return redirect_303("approvals:exports")
    context = {"line": line_of(export), "is_new": True}
    return render(request, "approvals/exports/_export.html", context)


@require_safe
def export_list(request: HttpRequest) -> HttpResponse:
    """One's own, newest first."""
    own = Export.objects.filter(owner=request.user).order_by("-pk")[:SHOWN]
    lines = [line_of(export) for export in own]
    return render(request, "approvals/exports/list.html", {"lines": lines})


@require_safe
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is: a part of a page, asked for until it is done."""
    found = get_visible_or_404(Export.objects.filter(owner=request.user), pk)
    return render(request, "approvals/exports/_export.html", {"line": line_of(found)})


@require_safe
def export_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file itself, to its owner alone."""
    found = get_visible_or_404(Export.objects.filter(owner=request.user), pk)
    if found.state != ExportState.READY:
        raise Http404
    return files.response(
        found.key,
        name=export_of.file_name(found),
        content_type=CONTENT_TYPES[found.file_format],
        size=found.size,
    )


def line_of(export: Export) -> dict[str, Any]:
    """An export as its line shows it."""
    return {
        "export": export,
        "name": export_of.file_name(export),
        "until": moment(export.created_at + export_of.KEPT_FOR),
    }

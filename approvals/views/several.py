"""Several invoices at once: each becomes a draft with its invoice, to be completed later."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext

from approvals import policies, selectors, services
from approvals.forms.several import MOST, InvoiceRows, first_guess
from approvals.services import FaultyDraft, NewDraft
from approvals.views.http import add_errors, get_or_post, redirect_303
from audit.refusals import Invalid, refuse_if
from counterparties.models import Company
from documents.forms import file_attrs
from documents.models import Upload
from documents.services import receive_upload

# So many counterparties are offered while one types; any may be typed.
OFFERED = 500


@get_or_post
def request_several(request: HttpRequest) -> HttpResponse:
    """Choose invoices; a row for each; drafts of them, all or none."""
    refuse_if(policies.why_not_create(request.user))
    if request.method != "POST":
        return _page(request)
    if request.POST.get("action") == "make":
        return _make(request)
    received, faults = _receive(request)
    rows = InvoiceRows(
        initial=[first_guess(upload) for upload in received],
        form_kwargs={"user": request.user},
    )
    return _page(request, rows if received else None, faults=faults)


def _receive(request: HttpRequest) -> tuple[list[Upload], list[tuple[str, str]]]:
    """Every file that was chosen, and why some were not taken."""
    received, faults = [], []
    for file in request.FILES.getlist("invoices")[:MOST]:
        try:
            received.append(receive_upload(file=file, user=request.user))
        except ValidationError as error:
            faults.append((file.name or "", " ".join(error.messages)))
    return received, faults


def _make(request: HttpRequest) -> HttpResponse:
    rows: Any = InvoiceRows(request.POST, form_kwargs={"user": request.user})
    # A second click: the files wait no longer, for the drafts have them.
    if number := selectors.made_by_forms(request.user, _keys(rows)):
        return _made(request, number)
    if not rows.is_valid() or not (wanted := rows.wanted()):
        return _page(request, rows)
    drafts = [
        NewDraft(form.draft_fields, form.upload, form.cleaned_data["form_key"]) for form in wanted
    ]
    try:
        made = services.create_requests(actor=request.user, drafts=drafts)
    except FaultyDraft as refusal:
        form = wanted[refusal.place]
        add_errors(form, Invalid(refusal.errors))
        return _page(request, rows)
    return _made(request, len(made))


def _keys(rows: Any) -> Iterator[uuid.UUID]:
    for form in rows.forms:
        try:
            yield uuid.UUID(str(form["form_key"].value()))
        except ValueError:
            continue


def _made(request: HttpRequest, number: int) -> HttpResponse:
    """The drafts, the newest first, to be completed."""
    said = ngettext(
        "%(number)s draft is made: complete it and send it for approval.",
        "%(number)s drafts are made: complete them and send them for approval.",
        number,
    )
    messages.success(request, said % {"number": number})
    query = urlencode({"status": "draft", "author": request.user.pk, "sort": "-number"})
    return redirect_303(f"{reverse('approvals:requests')}?{query}")


def _page(
    request: HttpRequest, rows: Any = None, *, faults: list[tuple[str, str]] | None = None
) -> HttpResponse:
    is_wrong = bool(faults) or (rows is not None and rows.is_bound)
    newest = Company.objects.filter(is_own=False).order_by("-pk")
    context = {
        "rows": rows if rows is not None and len(rows.forms) else None,
        "faults": faults or [],
        "companies": newest.values_list("name", "inn")[:OFFERED] if rows is not None else [],
        "file_attrs": file_attrs(),
        "most": MOST,
        "max_mb": settings.MAX_UPLOAD_MB,
    }
    name = "approvals/requests/several.html"
    return render(request, name, context, status=422 if is_wrong else 200)

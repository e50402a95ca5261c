"""Import of people and counterparties: a file, what would become of each row, and then doing so."""

from __future__ import annotations

import csv
import io
from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from xlsxwriter import Workbook

from approvals import policies
from approvals.imports.columns import COLUMNS
from approvals.imports.fates import CHANGED, FAULT, NEW, SAME, Fate, digest
from approvals.imports.reading import MOST_ROWS
from approvals.models import DataImport
from approvals.services import imports as services
from approvals.views.http import (
    add_errors,
    get_or_post,
    get_visible_or_404,
    redirect_303,
    render_form,
    require_safe,
)
from audit.refusals import Conflict, Invalid, refuse_if
from people.models import User

FILES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class ImportForm(forms.Form):
    """Which table, and the file."""

    kind = forms.ChoiceField(
        label=gettext_lazy("what is in it"), choices=DataImport.Kind.choices, initial="people"
    )
    file = forms.FileField(
        label=gettext_lazy("file"),
        validators=[FileExtensionValidator(["xlsx", "csv", "txt"])],
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
        allow_empty_file=True,
    )


@get_or_post
def import_new(request: HttpRequest) -> HttpResponse:
    """Choose a file; it is read, and nothing is written yet."""
    refuse_if(policies.why_not_administer(request.user))
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImportForm(*posted)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            row = services.upload(
                actor=request.user,
                kind=form.cleaned_data["kind"],
                file=file.file,
                file_name=file.name,
            )
            return redirect_303("approvals:import_plan", row.pk)
        except Invalid as refusal:
            add_errors(form, refusal)
    tables = [
        (code, label, [column.title for column in COLUMNS[code]])
        for code, label in DataImport.Kind.choices
    ]
    context = {"form": form, "tables": tables, "most": MOST_ROWS, "formats": list(FILES)}
    return render_form(request, "approvals/settings/import.html", context)


@get_or_post
def import_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Each row with its fate; pressed, exactly that is done."""
    refuse_if(policies.why_not_administer(request.user))
    row = get_visible_or_404(DataImport.objects.filter(created_by=request.user), pk)
    reason = ""
    if request.method == "POST":
        try:
            services.apply(
                import_id=pk,
                actor=request.user,
                shown=request.POST.get("shown", ""),
                good_only=request.POST.get("rows") == "good",
                invite="invite" in request.POST,
            )
            return redirect_303("approvals:import_plan", pk)
        except Conflict as refusal:
            reason = refusal.reason
    fates = services.fates_of(row, request.user) if row.applied_at is None else []
    counts = row.result or {kind: _count(fates, kind) for kind in (NEW, CHANGED, SAME, FAULT)}
    titles = {column.name: column for column in COLUMNS[row.kind]}
    context = {
        "row": row,
        "reason": reason,
        "lines": [_line(fate, titles) for fate in fates],
        "counts": counts,
        "good": counts[NEW] + counts[CHANGED],
        "shown": digest(fates),
    }
    status = 409 if reason else 200
    return render(request, "approvals/settings/import_plan.html", context, status=status)


@require_safe
def import_template(request: HttpRequest, kind: str, file_format: str) -> HttpResponse:
    """An empty table with headings in both languages and a row to show how it is meant."""
    refuse_if(policies.why_not_administer(request.user))
    if kind not in COLUMNS or file_format not in FILES:
        raise Http404
    headings = [column.title for column in COLUMNS[kind]]
    example = [column.example for column in COLUMNS[kind]]
    content = _xlsx(headings, example) if file_format == "xlsx" else _csv(headings, example)
    response = HttpResponse(content, content_type=FILES[file_format])
    response["Content-Disposition"] = f'attachment; filename="{kind}.{file_format}"'
    return response


def _count(fates: list[Fate], kind: str) -> int:
    return sum(fate.kind == kind for fate in fates)


def _line(fate: Fate, titles: dict[str, Any]) -> dict[str, Any]:
    """A fate in words: each column by its heading, in the reader's language."""
    is_russian = get_language() == "ru"

    def label(name: str) -> str:
        column = titles.get(name)
        if column is None:  # a role: one column holds them all
            return str(User._meta.get_field(name).verbose_name).capitalize()
        return str(column.russian if is_russian else column.english)

    return {
        "fate": fate,
        "changes": [(label(name), was, now) for name, (was, now) in fate.changes.items()],
        "faults": [(label(name), why) for name, why in fate.faults.items()],
    }


def _csv(headings: list[str], example: list[str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(headings)
    writer.writerow(example)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(headings: list[str], example: list[str]) -> bytes:
    """Every column is text, so that a spreadsheet keeps leading zeros and twenty digits."""
    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        sheet.set_column(0, len(headings) - 1, 26, text)
        sheet.write_row(0, 0, headings, bold)
        for at, value in enumerate(example):
            sheet.write_string(1, at, value, text)
    return content.getvalue()

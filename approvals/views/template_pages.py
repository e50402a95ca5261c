"""The templates of papers: their list, the editor, versions, and the way back. For administrators alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from approvals import policies, services
from approvals.forms.templates import DocxTemplateForm, PictureForm, TemplateForm
from approvals.models import PaymentRequest
from approvals.papers import KINDS, PaperKind
from approvals.views.http import (
    add_errors,
    form_key_of,
    get_or_post,
    redirect_303,
    require_POST,
    require_safe,
)
from approvals.views.paging import page_of
from approvals.views.template_faults import ToldFault, told
from approvals.views.template_words import differences, field_lines, version_text
from audit.refusals import Conflict, Invalid, refuse_if
from documents import press, templates
from documents.models import Picture, PictureName, TemplateFormat, TemplateVersion
from documents.templates import current_docx, current_template, template_of

# How many requests the editor offers to try a template on; any other can be named by its number.
OFFERED = 20


@dataclass(frozen=True)
class KindRow:
    """A kind in the list: what is in force for it."""

    kind: PaperKind
    newest: TemplateVersion | None
    docx: TemplateVersion | None

    @property
    def is_original(self) -> bool:
        return self.newest is None or self.newest.is_original


@require_safe
def template_list(request: HttpRequest) -> HttpResponse:
    """Every kind of paper, and whose template it is printed with."""
    refuse_if(policies.why_not_administer(request.user))
    return render_list(request)


def render_list(
    request: HttpRequest, *, picture_form: PictureForm | None = None, status: int = 200
) -> HttpResponse:
    """The list, with whatever is wrong with a picture."""
    html, docx = (templates.newest_of_each(it) for it in (TemplateFormat.HTML, TemplateFormat.DOCX))
    rows = [
        KindRow(kind, html.get(code), docx_in_force(docx.get(code))) for code, kind in KINDS.items()
    ]
    there = {
        picture.name: picture
        for picture in Picture.objects.select_related("author").defer("content")
    }
    forms = {name: PictureForm(name=name) for name in PictureName.values}
    if picture_form is not None:
        forms[picture_form.name] = picture_form
    pictures = [
        (name, PictureName(name).label, there.get(name), form) for name, form in forms.items()
    ]
    context = {"rows": rows, "pictures": pictures, "is_ready": press.is_ready()}
    return render(request, "approvals/settings/templates.html", context, status=status)


@get_or_post
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """The logo or the stamp (GET); another one in its place, or with `action=remove` none (POST)."""
    refuse_if(policies.why_not_administer(request.user))
    if name not in PictureName.values:
        raise Http404
    if request.method != "POST":
        found = get_object_or_404(Picture, name=name)
        answer = HttpResponse(bytes(found.content), content_type=found.content_type)
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "private, no-cache"
        return answer
    if request.POST.get("action") == "remove":
        services.take_picture_away(name, actor=request.user)
        messages.success(request, _("The picture is taken away"))
        return redirect_303("approvals:templates")
    form = PictureForm(request.POST, request.FILES, name=name)
    if form.is_valid():
        try:
            services.save_picture(name, file=form.cleaned_data["file"], actor=request.user)
            messages.success(request, _("Saved."))
            return redirect_303("approvals:templates")
        except Invalid as refusal:
            add_errors(form, refusal)
        except press.PressMissing:
            form.add_error(None, press_missing())
    return render_list(request, picture_form=form, status=422)


def docx_in_force(newest: TemplateVersion | None) -> TemplateVersion | None:
    """The version, unless it took the DOCX template away."""
    return None if newest is None or newest.is_original else newest


@get_or_post
def template_editor(request: HttpRequest, kind: str) -> HttpResponse:
    """HTML and CSS with the fields beside them; a POST saves a version, or says what is wrong and where."""
    refuse_if(policies.why_not_administer(request.user))
    paper = kind_or_404(kind)
    if request.method == "GET":
        return render_editor(request, paper, form=_form_of(request, kind))
    form, fault, status = TemplateForm(request.POST, user=request.user), None, 422
    if form.is_valid():
        try:
            _save(request, form, kind)
            return redirect_303("approvals:template", kind)
        except press.TemplateFault as found:
            fault = told(found, form.template(kind))
            form.add_error(fault.part or None, fault.text)
        except press.PressMissing:
            form.add_error(None, press_missing())
        except Conflict as refusal:
            status = 409
            form.add_error(None, refusal.reason)
            form.add_error(None, _("Your text is below. Saved once more, it takes their place."))
            _put_on_top(form, kind)
    return render_editor(request, paper, form=form, fault=fault, status=status)


def _save(request: HttpRequest, form: TemplateForm, kind: str) -> None:
    version, notes = services.save_template(
        form.template(kind),
        actor=request.user,
        trial=form.trial,
        based_on=form.cleaned_data["based_on"] or 0,
        note=form.cleaned_data["note"],
        form_key=form.cleaned_data["form_key"],
    )
    if version is None:
        messages.success(request, _("Nothing was changed."))
        return
    messages.success(request, _("Saved as version %(number)s") % {"number": version.number})
    for note in notes:
        messages.warning(request, _("The press remarks: %(note)s") % {"note": note})


def _form_of(request: HttpRequest, kind: str) -> TemplateForm:
    """The template in force, as it is first shown."""
    template = current_template(kind)
    initial = {"source": template.source, "css": template.css}
    return TemplateForm(
        user=request.user, initial={**initial, "based_on": templates.newest_number(kind)}
    )


def _put_on_top(form: TemplateForm, kind: str) -> None:
    """The same form, to be saved after the version that came in between."""
    data = cast(QueryDict, form.data).copy()
    data["based_on"] = str(templates.newest_number(kind))
    form.data = data


def render_editor(
    request: HttpRequest,
    paper: PaperKind,
    *,
    form: TemplateForm | None = None,
    docx_form: DocxTemplateForm | None = None,
    fault: ToldFault | None = None,
    docx_fault: ToldFault | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page of a kind, with whatever is wrong in one of its two forms."""
    kind = paper.code
    versions = page_of(request, templates.versions_of(kind))
    newest = templates.versions_of(kind).first()
    docx_versions = list(templates.versions_of(kind, TemplateFormat.DOCX))
    context: dict[str, Any] = {
        "kind": paper,
        "form": form or _form_of(request, kind),
        "docx_form": docx_form or DocxTemplateForm(user=request.user),
        "fault": fault,
        "docx_fault": docx_fault,
        "fields": field_lines(kind),
        "page": versions,
        "newest": newest,
        "versions": [(version, version_text(version)) for version in versions],
        "docx_versions": [(version, version_text(version)) for version in docx_versions],
        "in_force": None if newest is None or newest.is_original else newest,
        "docx": docx_in_force(docx_versions[0] if docx_versions else None),
        "requests": requests_offered(request),
        "row_opened": "{%tr for document in documents %}",
        "row_closed": "{%tr endfor %}",
        "is_ready": press.is_ready(),
    }
    return render(request, "approvals/settings/template.html", context, status=status)


def requests_offered(request: HttpRequest) -> list[PaymentRequest]:
    """The newest requests, for the list under the number."""
    visible = PaymentRequest.objects.visible_to(request.user).select_related("company")
    return list(visible.order_by("-pk")[:OFFERED])


@require_safe
def template_version(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """An earlier version: what it said, and in what it differs from the one in force."""
    refuse_if(policies.why_not_administer(request.user))
    paper = kind_or_404(kind)
    version = version_or_404(kind, TemplateFormat.HTML, number)
    template = template_of(version)
    context = {
        "kind": paper,
        "version": version,
        "text": version_text(version),
        "template": template,
        "is_in_force": number == templates.newest_number(kind),
        "differences": differences(current_template(kind), template),
        "requests": requests_offered(request),
    }
    return render(request, "approvals/settings/template_version.html", context)


@require_POST
def template_restore(request: HttpRequest, kind: str) -> HttpResponse:
    """Back to `number` of `format`; number 0 is the original (of DOCX: none at all)."""
    refuse_if(policies.why_not_administer(request.user))
    paper = kind_or_404(kind)
    template_format = request.POST.get("format", TemplateFormat.HTML)
    if template_format not in TemplateFormat.values:
        raise Http404
    number = request.POST.get("number", "")
    key = form_key_of(request)
    if number == "0":
        version = services.restore_original(kind, template_format, actor=request.user, form_key=key)
    else:
        earlier = version_or_404(kind, template_format, number)
        version = services.restore_template(earlier, actor=request.user, form_key=key)
    saved = _("Saved as version %(number)s") % {"number": version.number}
    messages.success(request, f"{saved}: {version_text(version)}")
    return redirect_303("approvals:template", paper.code)


def kind_or_404(kind: str) -> PaperKind:
    """The kind of paper with this code."""
    if kind not in KINDS:
        raise Http404
    return KINDS[kind]


def version_or_404(kind: str, template_format: str, number: int | str) -> TemplateVersion:
    """The version with this number, texts and file included."""
    text = str(number)
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Http404
    version = TemplateVersion.objects.filter(
        kind=kind, format=template_format, number=int(text)
    ).first()
    if version is None:
        raise Http404
    return version


def press_missing() -> str:
    """What to say where nothing can be printed."""
    return _(
        "Nothing can be tried here: pango is not installed. Type `make system` on the machine."
    )


__all__ = [
    "current_docx",
    "kind_or_404",
    "press_missing",
    "render_editor",
    "template_editor",
    "template_list",
    "template_restore",
    "template_version",
    "version_or_404",
]

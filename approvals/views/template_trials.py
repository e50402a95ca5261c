"""Templates tried on a real request: the PDF in a frame of the editor; and those written in Word."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from approvals import policies, services
from approvals.forms.templates import DocxTemplateForm, TemplateForm, TrialForm
from approvals.papers import PaperKind
from approvals.papers.trial import fill_trial, print_trial
from approvals.views.http import add_errors, get_or_post, redirect_303, require_safe
from approvals.views.template_faults import told
from approvals.views.template_pages import (
    kind_or_404,
    press_missing,
    render_editor,
    version_or_404,
)
from audit.refusals import Invalid, refuse_if
from documents import press, templates
from documents.downloads import PDF_POLICY
from documents.models import TemplateFormat
from documents.press import Template
from documents.sniffing import DOCX
from documents.templates import current_docx, current_template, template_of


@get_or_post
def template_preview(request: HttpRequest, kind: str) -> HttpResponse:
    """A PDF of what is being typed (POST), of the template in force, or of `?version=` (GET)."""
    refuse_if(policies.why_not_administer(request.user))
    paper = kind_or_404(kind)
    if request.method == "POST":
        form: TrialForm = TemplateForm(request.POST, user=request.user)
        template = form.template(kind) if form.is_valid() else None  # type: ignore[attr-defined]
    else:
        form = TrialForm(request.GET, user=request.user)
        template = _asked_for(request, kind) if form.is_valid() else None
    if template is None:
        errors = [message for messages_of in form.errors.values() for message in messages_of]
        return _instead(request, paper, text=" ".join(errors))
    if form.trial is None:
        return _instead(request, paper, text=_("There is no request yet to try it on."), status=200)
    try:
        printed = print_trial(template, form.trial)
    except press.TemplateFault as fault:
        return _instead(request, paper, fault=told(fault, template))
    except press.PressMissing:
        return _instead(request, paper, text=press_missing(), status=503)
    answer = HttpResponse(printed.pdf, content_type="application/pdf")
    answer["Content-Security-Policy"] = PDF_POLICY
    return _not_kept(answer, f"{kind}.pdf", as_attachment=False)


def _asked_for(request: HttpRequest, kind: str) -> Template:
    number = request.GET.get("version")
    if not number:
        return current_template(kind)
    return template_of(version_or_404(kind, TemplateFormat.HTML, number))


def _instead(
    request: HttpRequest, paper: PaperKind, *, status: int = 422, **context: object
) -> HttpResponse:
    """What the frame shows when there is nothing to preview."""
    page = "approvals/settings/template_fault.html"
    return render(request, page, {"kind": paper, **context}, status=status)


@get_or_post
def template_docx(request: HttpRequest, kind: str) -> HttpResponse:
    """A POST puts a DOCX template in the place of the one in force; a GET hands over that, or `?version=`."""
    refuse_if(policies.why_not_administer(request.user))
    paper = kind_or_404(kind)
    if request.method != "POST":
        return _docx_of_version(request, kind)
    form, fault = DocxTemplateForm(request.POST, request.FILES, user=request.user), None
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            version = services.save_docx_template(
                kind,
                content=templates.docx_of(file),
                name=file.name or "",
                actor=request.user,
                trial=form.trial,
                note=form.cleaned_data["note"],
                form_key=form.cleaned_data["form_key"],
            )
            saved = _("The DOCX template is saved as version %(number)s")
            messages.success(request, saved % {"number": version.number})
            return redirect_303("approvals:template", kind)
        except Invalid as refusal:
            add_errors(form, refusal)
        except press.TemplateFault as found:
            fault = told(found, None)
            form.add_error("file", fault.text)
        except press.PressMissing:
            form.add_error(None, press_missing())
    return render_editor(request, paper, docx_form=form, docx_fault=fault, status=422)


def _docx_of_version(request: HttpRequest, kind: str) -> HttpResponse:
    number = request.GET.get("version")
    if number:
        version = version_or_404(kind, TemplateFormat.DOCX, number)
    else:
        found = current_docx(kind)
        if found is None:
            raise Http404
        version = found
    if version.docx is None:
        raise Http404
    answer = HttpResponse(bytes(version.docx), content_type=DOCX)
    return _not_kept(answer, version.docx_name, as_attachment=True)


@require_safe
def template_docx_trial(request: HttpRequest, kind: str) -> HttpResponse:
    """The DOCX template in force, filled in from a request, to be opened in Word."""
    refuse_if(policies.why_not_administer(request.user))
    paper = kind_or_404(kind)
    form, version = TrialForm(request.GET, user=request.user), current_docx(kind)
    if version is None or version.docx is None:
        raise Http404
    if not form.is_valid() or form.trial is None:
        return _instead(request, paper, text=_("There is no such request."))
    try:
        filled = fill_trial(kind, bytes(version.docx), form.trial)
    except press.TemplateFault as fault:
        return _instead(request, paper, fault=told(fault, None))
    except press.PressMissing:
        return _instead(request, paper, text=press_missing(), status=503)
    return _not_kept(HttpResponse(filled, content_type=DOCX), version.docx_name, as_attachment=True)


def _not_kept(answer: HttpResponse, name: str, *, as_attachment: bool) -> HttpResponse:
    """A file that is made for one look: shown or saved, and never kept by anybody between."""
    answer["Content-Disposition"] = content_disposition_header(as_attachment, name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["Cache-Control"] = "private, no-store"
    return answer

"""Counterparties: the list and the forms."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from approvals import services as requests
from approvals.views.http import (
    add_errors,
    get_or_post,
    get_visible_or_404,
    redirect_303,
    render_form,
    require_POST,
    require_safe,
)
from approvals.views.paging import page_of, query_without_page
from audit.refusals import Invalid, refuse_if
from counterparties import services
from counterparties.forms import CompanyForm
from counterparties.lookup import services as lookup
from counterparties.models import Company
from counterparties.policies import why_not_create_company, why_not_edit_company
from counterparties.selectors import search_companies
from documents import services as documents


@require_safe
def company_list(request: HttpRequest) -> HttpResponse:
    """All companies, searched by every word of `q` in names, INN and KPP."""
    q = request.GET.get("q", "").strip()
    page = page_of(request, search_companies(q).select_related("folder"))
    return render(
        request,
        "approvals/companies/list.html",
        {
            "q": q,
            "page": page,
            "query": query_without_page(request),
            "may_create": why_not_create_company(request.user) is None,
            "looks_up": lookup.is_on(),
        },
    )


@get_or_post
def company_new(request: HttpRequest) -> HttpResponse:
    """A new counterparty; its folder is made behind it."""
    return _company_new(request, is_own=False, done=_("Counterparty created"))


@get_or_post
def organisation_new(request: HttpRequest) -> HttpResponse:
    """One more of our own organisations; its card takes the accounts."""
    return _company_new(request, is_own=True, done=_("Saved."))


def _company_new(request: HttpRequest, *, is_own: bool, done: str) -> HttpResponse:
    refuse_if(why_not_create_company(request.user, is_own=is_own))
    form = CompanyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            company = services.create_company(
                actor=request.user, is_own=is_own, **form.service_fields()
            )
            messages.success(request, done)
            return redirect_303(company)
        except Invalid as refusal:
            add_errors(form, refusal)
    return _render_company_form(request, form, None, is_own=is_own)


@get_or_post
def company_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a counterparty; our own organisations are for administrators."""
    company = get_visible_or_404(Company.objects.all(), pk)
    refuse_if(why_not_edit_company(company, request.user))
    form = CompanyForm(request.POST if request.method == "POST" else None, company=company)
    if request.method == "POST" and form.is_valid():
        try:
            requests.update_company(company_id=pk, actor=request.user, **form.service_fields())
            messages.success(request, _("Saved."))
            return redirect_303(company)
        except Invalid as refusal:
            add_errors(form, refusal)
    return _render_company_form(request, form, company)


def _render_company_form(
    request: HttpRequest, form: CompanyForm, company: Company | None, *, is_own: bool = False
) -> HttpResponse:
    context = {
        "form": form,
        "company": company,
        "is_own": is_own,
        "panel": None,
        "may_look_up": lookup.is_on(),
    }
    return render_form(request, "approvals/companies/form.html", context)


@require_POST
def folder_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Look again whether the folder is in order: a task does it, the card shows what it found."""
    company = get_visible_or_404(Company.objects.select_related("folder"), pk)
    refuse_if(why_not_edit_company(company, request.user))
    if company.folder is not None:
        documents.check_folder(folder=company.folder)
        messages.info(request, _("The folder is being checked"))
    return redirect_303(company)

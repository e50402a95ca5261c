"""How the organisation works: its settings, its own companies, its budget items. For administrators."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from approvals import policies
from approvals.forms import CategoryForm, HowWeWorkForm
from approvals.models import Category, PaymentRequest
from approvals.selectors import organisation_settings
from approvals.services import settings as services
from approvals.settings_history import settings_history
from approvals.views.banks import account_rows
from approvals.views.http import (
    add_errors,
    get_or_post,
    get_visible_or_404,
    redirect_303,
    render_form,
    require_POST,
    require_safe,
)
from audit.refusals import Invalid, refuse_if
from counterparties.selectors import current_accounts, own_companies

# The sections of the page, as Django's admin has them: a heading and its fields.
SECTIONS = (
    ("approval", ("default_approver", "acceptance_step")),
    ("acceptance", ("accept_label_ru", "accept_label_en")),
    ("pay_days", ("pay_weekdays", "pay_cut_off")),
    ("documents", ("invoice_required", "payment_order_required", "paper_language")),
    ("mail", ("mailed",)),
    ("link", ("share_link_days",)),
    (
        "second_factor",
        (
            "second_factor_managers",
            "second_factor_approvers",
            "second_factor_accountants",
            "second_factor_auditors",
            "second_factor_administrators",
        ),
    ),
)


@get_or_post
def how_we_work(request: HttpRequest) -> HttpResponse:
    """All settings on one page, and below them how they changed."""
    refuse_if(policies.why_not_administer(request.user))
    row = organisation_settings()
    form = HowWeWorkForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_settings(actor=request.user, **form.service_fields())
            messages.success(request, _("Saved."))
            return redirect_303("approvals:how_we_work")
        except Invalid as refusal:
            add_errors(form, refusal)
    titles = {
        "approval": _("Approval"),
        "acceptance": _("Acceptance button"),
        "pay_days": _("Pay days"),
        "documents": _("Documents"),
        "mail": _("E-mail"),
        "link": _("Counterparty's link"),
        "second_factor": _("A second factor is required of"),
    }
    context = {
        "form": form,
        "sections": [
            (code, titles[code], [form[name] for name in names]) for code, names in SECTIONS
        ],
        "history": settings_history(),
    }
    return render_form(request, "approvals/settings/how_we_work.html", context)


@require_safe
def organisation_list(request: HttpRequest) -> HttpResponse:
    """Who of us pays, from which accounts; each one's card is where it is changed."""
    refuse_if(policies.why_not_administer(request.user))
    ours = list(own_companies())
    accounts = account_rows(current_accounts().filter(company__in=ours))
    rows = [
        (company, [row for row in accounts if row.account.company_id == company.pk])
        for company in ours
    ]
    return render(request, "approvals/settings/organisations.html", {"rows": rows})


@get_or_post
def category_list(request: HttpRequest) -> HttpResponse:
    """All budget items, those that are closed too, and a form for one more."""
    refuse_if(policies.why_not_administer(request.user))
    form = CategoryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            name = form.cleaned_data["name"]
            services.save_category(actor=request.user, category_id=None, name=name)
            messages.success(request, _("Saved."))
            return redirect_303("approvals:categories")
        except Invalid as refusal:
            add_errors(form, refusal)
    requests = PaymentRequest.objects.filter(category=OuterRef("pk"))
    rows = Category.objects.annotate(is_used=Exists(requests)).order_by("-is_active", "name")
    context = {"form": form, "categories": rows}
    return render_form(request, "approvals/settings/categories.html", context)


@get_or_post
def category(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name for a budget item: requests that have it are told by the new one."""
    refuse_if(policies.why_not_administer(request.user))
    row = get_visible_or_404(Category.objects.all(), pk)
    form = CategoryForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            name = form.cleaned_data["name"]
            services.save_category(actor=request.user, category_id=pk, name=name)
            messages.success(request, _("Saved."))
            return redirect_303("approvals:categories")
        except Invalid as refusal:
            add_errors(form, refusal)
    context = {"form": form, "category": row}
    return render_form(request, "approvals/settings/category.html", context)


@require_POST
def category_open(request: HttpRequest, pk: int) -> HttpResponse:
    """`is_open` 1 offers a budget item again, anything else offers it no longer."""
    refuse_if(policies.why_not_administer(request.user))
    get_visible_or_404(Category.objects.all(), pk)
    is_active = request.POST.get("is_open") == "1"
    services.open_category(actor=request.user, category_id=pk, is_active=is_active)
    return redirect_303("approvals:categories")

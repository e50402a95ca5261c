"""People on the counterparty's side, and the letters that they got."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from approvals import selectors
from approvals.views.http import (
    add_errors,
    get_or_post,
    get_visible_or_404,
    redirect_303,
    render_form,
    require_safe,
)
from approvals.views.letters import letter_rows
from approvals.views.paging import page_of, query_without_page
from audit.refusals import Invalid, refuse_if
from counterparties import services
from counterparties.forms import ContactForm
from counterparties.models import Company, Contact
from counterparties.policies import why_not_edit_company


@require_safe
def contact_card(request: HttpRequest, pk: int) -> HttpResponse:
    """How to reach the person, and the letters about requests that the reader may see."""
    contact = get_visible_or_404(Contact.objects.select_related("company"), pk)
    letters = selectors.letters_of_contact(pk, request.user).order_by("-created_at", "-pk")
    page = page_of(request, letters, per_page=30)
    return render(
        request,
        "approvals/contacts/card.html",
        {
            "contact": contact,
            "company": contact.company,
            "letters": letter_rows(page.object_list),
            "page": page,
            "query": query_without_page(request),
            "why_not_edit": why_not_edit_company(contact.company, request.user),
        },
    )


@get_or_post
def contact_new(request: HttpRequest, pk: int) -> HttpResponse:
    """One more contact of a company."""
    company = get_visible_or_404(Company.objects.all(), pk)
    refuse_if(why_not_edit_company(company, request.user))
    form = ContactForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            contact = services.add_contact(
                company_id=pk, actor=request.user, **form.service_fields()
            )
            messages.success(request, _("Contact added"))
            return redirect_303(contact)
        except Invalid as refusal:
            add_errors(form, refusal)
    context = {"form": form, "company": company, "contact": None}
    return render_form(request, "approvals/contacts/form.html", context)


@get_or_post
def contact_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a contact; letters that went keep what they went with."""
    contact = get_visible_or_404(Contact.objects.select_related("company"), pk)
    refuse_if(why_not_edit_company(contact.company, request.user))
    form = ContactForm(request.POST if request.method == "POST" else None, contact=contact)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_contact(contact_id=pk, actor=request.user, **form.service_fields())
            messages.success(request, _("Saved."))
            return redirect_303(contact)
        except Invalid as refusal:
            add_errors(form, refusal)
    context = {"form": form, "company": contact.company, "contact": contact}
    return render_form(request, "approvals/contacts/form.html", context)

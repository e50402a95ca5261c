"""Departments: the tree, who answers for each, and where nobody does."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from approvals import policies, selectors
from approvals.views.http import (
    add_errors,
    get_or_post,
    get_visible_or_404,
    redirect_303,
    render_form,
    require_safe,
)
from audit.refusals import Invalid, refuse_if
from people import places
from people import selectors as people_selectors
from people.forms import DepartmentForm
from people.models import Department


@require_safe
def department_list(request: HttpRequest) -> HttpResponse:
    """The tree, with the gaps above it."""
    refuse_if(policies.why_not_administer(request.user))
    context = {"branches": people_selectors.department_tree(), "gaps": selectors.gaps()}
    return render(request, "approvals/settings/departments.html", context)


@get_or_post
def department_new(request: HttpRequest) -> HttpResponse:
    """One more department."""
    return _form(request, None)


@get_or_post
def department(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a department, move it, give it another head."""
    refuse_if(policies.why_not_administer(request.user))
    return _form(request, get_visible_or_404(Department.objects.all(), pk))


def _form(request: HttpRequest, row: Department | None) -> HttpResponse:
    refuse_if(policies.why_not_administer(request.user))
    form = DepartmentForm(request.POST if request.method == "POST" else None, department=row)
    if request.method == "POST" and form.is_valid():
        try:
            places.save_department(
                department_id=row.pk if row else None, actor=request.user, **form.service_fields()
            )
            messages.success(request, _("Saved."))
            return redirect_303("approvals:departments")
        except Invalid as refusal:
            add_errors(form, refusal)
    context = {
        "form": form,
        "department": row,
        "members": row.members.filter(is_active=True).order_by("full_name", "pk") if row else [],
    }
    return render_form(request, "approvals/settings/department.html", context)

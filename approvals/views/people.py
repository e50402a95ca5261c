"""People, their roles and places: for administrators, without Django's admin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from approvals import policies, selectors
from approvals.services import identity
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
from audit.refusals import Forbidden, Invalid, refuse_if
from notifications.presenters import reason_text
from notifications.selectors import mail_of_entry_link
from people import entry, places
from people import selectors as people_selectors
from people.forms import InvitationForm, PersonForm
from people.models import User
from people.places import ROLES

STATES = ("active", "closed", "all")
# How many of what waits for a person are named before their log-in is closed; all are counted.
NAMED = 10


@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """Who is here, searched by `q`, `role` and `state`; and where somebody is missing."""
    refuse_if(policies.why_not_administer(request.user))
    role = request.GET.get("role", "")
    state = request.GET.get("state", "")
    criteria = {
        "q": request.GET.get("q", "")[:200],
        "role": role if f"is_{role}" in ROLES else "",
        "state": state if state in STATES else "active",
    }
    return render(
        request,
        "approvals/settings/people.html",
        {
            **criteria,
            "roles": [(name.removeprefix("is_"), _role_name(name)) for name in ROLES],
            "page": page_of(request, people_selectors.people(**criteria)),
            "query": query_without_page(request),
            "gaps": selectors.gaps(),
        },
    )


@get_or_post
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: name, roles, place, ways of logging in, and what of these changed."""
    refuse_if(policies.why_not_administer(request.user))
    row = get_visible_or_404(User.objects.all(), pk)
    form = PersonForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            places.change_person(person_id=pk, actor=request.user, **form.service_fields())
            messages.success(request, _("Saved."))
            return redirect_303("approvals:person", pk)
        except Invalid as refusal:
            add_errors(form, refusal)
    context = {
        "form": form,
        "person": row,
        "is_self": row.pk == request.user.pk,
        "factors": people_selectors.second_factor_count(row),
        "history": people_selectors.history_of(row),
        **_invitation_of(row),
    }
    return render_form(request, "approvals/settings/person.html", context)


@get_or_post
def person_invite(request: HttpRequest) -> HttpResponse:
    """One more person, who gets a letter with a link to choose a password."""
    refuse_if(policies.why_not_administer(request.user))
    initial = {"language": request.user.language}
    form = InvitationForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            invited = identity.invite(actor=request.user, **form.service_fields())
            messages.success(request, _("The invitation is on its way."))
            return redirect_303("approvals:person", invited.pk)
        except Invalid as refusal:
            add_errors(form, refusal)
    return render_form(request, "approvals/settings/person_invite.html", {"form": form})


@require_POST
def invite_again(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link in a new letter."""
    refuse_if(policies.why_not_administer(request.user))
    get_visible_or_404(User.objects.all(), pk)
    identity.invite_again(person_id=pk, actor=request.user)
    messages.success(request, _("The invitation is on its way."))
    return redirect_303("approvals:person", pk)


@require_POST
def invitation_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """The link opens nothing any more."""
    refuse_if(policies.why_not_administer(request.user))
    get_visible_or_404(User.objects.all(), pk)
    entry.revoke_invitation(person_id=pk, actor=request.user)
    messages.success(request, _("The invitation is revoked."))
    return redirect_303("approvals:person", pk)


@get_or_post
def person_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks before a log-in is closed: what is open with this person, and who depends on them."""
    refuse_if(policies.why_not_administer(request.user))
    row = get_visible_or_404(User.objects.all(), pk)
    if row.pk == request.user.pk:
        raise Forbidden(_("Nobody closes their own log-in: another administrator can."))
    if request.method == "POST":
        places.close_person(person_id=pk, actor=request.user)
        messages.success(request, _("The log-in is closed and every session has ended."))
        return redirect_303("approvals:person", pk)
    return render(
        request, "approvals/settings/person_close.html", {"person": row, **_open_with(row)}
    )


@require_POST
def person_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """The person is back."""
    refuse_if(policies.why_not_administer(request.user))
    get_visible_or_404(User.objects.all(), pk)
    places.reopen_person(person_id=pk, actor=request.user)
    messages.success(request, _("The log-in is open again."))
    return redirect_303("approvals:person", pk)


def _invitation_of(person: User) -> dict[str, Any]:
    link = entry.newest_invitation(person)
    mail = mail_of_entry_link(link.pk, person) if link else None
    return {
        "invitation": link,
        "invitation_state": entry.state_of(link) if link else "",
        "invitation_mail": mail,
        "invitation_problem": reason_text(mail.last_error) if mail else "",
        "may_invite": not entry.why_not_invite(person),
    }


def _open_with(person: User) -> dict[str, Any]:
    waiting = selectors.waiting_for(person)
    return {
        "waiting": waiting[:NAMED],
        "waiting_count": waiting.count(),
        "subordinates": person.subordinates.filter(is_active=True).order_by("full_name", "pk"),
        "departments": person.headed_departments.order_by("name", "pk"),
        "is_default_approver": selectors.organisation_settings().default_approver_id == person.pk,
    }


def _role_name(field: str) -> str:
    return str(User._meta.get_field(field).verbose_name)

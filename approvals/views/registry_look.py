"""Keeping how a person looks at the registry. Each answers with the registry as it was, looking anew."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import registry, services
from approvals.models import SavedView
from approvals.views.http import get_visible_or_404, redirect_303, require_POST
from audit.refusals import Invalid


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """`sort` keeps an order; `columns` (any number of them, none for the usual ones) keeps columns."""
    query = _query(request)
    if "sort" in request.POST:
        sort = request.POST["sort"]
        try:
            services.keep_sort(actor=request.user, sort=sort)
            query["sort"] = sort
        except Invalid as refusal:
            _tell(request, refusal)
    else:
        services.keep_columns(actor=request.user, columns=request.POST.getlist("columns"))
    return _back(query)


@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """The filter under a name: `name`, `is_shared`, `days_move`."""
    query = _query(request)
    try:
        view = services.save_view(
            actor=request.user,
            name=request.POST.get("name", ""),
            query=query.urlencode(),
            is_shared="is_shared" in request.POST,
            days_move="days_move" in request.POST,
        )
        messages.success(request, _("View saved: %(name)s") % {"name": view.name})
        query = QueryDict(registry.with_real_days(view.query, timezone.localdate()))
    except Invalid as refusal:
        _tell(request, refusal)
    return _back(query)


@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Only the name goes: the filter stays as it is in the address."""
    views = SavedView.objects.filter(pk__in=[view.pk for view in registry.views_of(request.user)])
    view = get_visible_or_404(views, pk)
    services.delete_view(view=view, actor=request.user)
    messages.success(request, _("View deleted: %(name)s") % {"name": view.name})
    return _back(_query(request))


def _query(request: HttpRequest) -> QueryDict:
    """The registry's query that the form was shown with."""
    return registry.filter_of(QueryDict(request.POST.get("query", "")))


def _back(query: Any) -> HttpResponse:
    text = query.urlencode()
    return redirect_303(reverse("approvals:requests") + (f"?{text}" if text else ""))


def _tell(request: HttpRequest, refusal: Invalid) -> None:
    for reasons in refusal.errors.values():
        for reason in reasons:
            messages.error(request, reason)

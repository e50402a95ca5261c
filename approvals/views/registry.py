"""The registry: every request that a person may see, by any filter, with totals of the whole filter."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import listed, policies, selectors, totals
from approvals import registry as registry_of
from approvals.columns import COLUMNS, Column, chosen
from approvals.forms import RegistryForm
from approvals.models import SavedView
from approvals.pay_days import FIRST, LAST
from approvals.registry import Criteria, filter_of
from approvals.registry_words import conditions_of
from approvals.views import registry_page
from approvals.views.http import require_safe, vary_on_htmx
from approvals.views.preview import preview_of
from approvals.views.registry_page import page_of
from approvals.views.registry_rows import registry_rows
from people.formats import money, plain, whole
from people.models import User

CLOSING_MISSING = "status=paid&closing=missing"


@dataclass(frozen=True)
class Chip:
    """A condition that is set, and the address without it."""

    label: str
    without: str


@dataclass(frozen=True)
class View:
    """A filter with a name, its link, and (of a saved one) its row and whose it is."""

    label: str
    query: str
    is_current: bool
    saved: SavedView | None = None
    whose: str = ""


@require_safe
def registry(request: HttpRequest) -> HttpResponse:
    """The filter's page of requests, its totals, and what is set in it."""
    form = RegistryForm(request.GET, user=request.user)
    form.is_valid()  # what is not valid is told and filters nothing
    is_open = bool(form.errors) or request.GET.get("filter") == "open"
    if is_open:
        form.offer()
    else:
        form.offer_chosen()
    look = registry_of.look_of(request.user)
    asked = registry_of.Asked(request.user, form.criteria())
    order = form.order(look.sort)
    sums = listed.totals_up_to(asked, registry_page.COUNTED)
    total = None if sums is None else sum(it.count for it in sums)
    by, is_sorted = asked.plan(order, number=total)
    ranked = len(asked.hits.keys) if asked.hits and not by else None
    columns = chosen(look.columns)
    ties = [it.tie for it in columns if it.tie]
    rows = listed.Listed(asked, by, is_sorted=is_sorted, ties=ties)
    page = page_of(request, rows, order=by, total=total, ranked=ranked)
    chips = _chips(request.GET, form)
    conditions = filter_of(request.GET)
    written = conditions.urlencode()
    saved = _saved_views(request)
    preview = preview_of(request.user, request.GET.get("show", ""))
    return render(
        request,
        "approvals/requests/registry.html",
        {
            "form": form,
            "q": form.data.get("q", ""),
            "is_open": is_open,
            "chips": chips,
            "near": asked.criteria.get("q", "") if asked.criteria != form.criteria() else "",
            "more_than": whole(asked.surely(registry_page.COUNTED)),
            "is_ranked_in_part": asked.is_ranked_in_part and not by,
            "is_filtered": bool(chips) or bool(form.errors),
            "page": page,
            "rows": registry_rows(page.rows, columns),
            "totals": None if sums is None else _totals(sums),
            "conditions": written,
            "query": f"{written}&" if written else "",
            "views": [*_ready_views(request), *saved],
            "current_view": next((view.saved for view in saved if view.is_current), None),
            "columns": _headings(columns, order),
            "pay_day": _pay_day(request.user, form),
            "all_columns": [(column, column in columns) for column in COLUMNS.values()],
            "preview": preview,
            "shown": preview["it"].pk if preview else None,
        },
    )


@require_safe
@vary_on_htmx
def registry_filter(request: HttpRequest) -> HttpResponse:
    """All there is to choose from in the filter, for htmx when somebody opens it."""
    if "HX-Request" not in request.headers:
        return redirect(f"{reverse('approvals:requests')}?{_with(request.GET, filter='open')}")
    form = RegistryForm(request.GET, user=request.user)
    form.is_valid()
    form.offer()
    part = get_template("registry_choices.html", using="hot")
    return HttpResponse(part.render({"form": form, "is_whole": True}, request))


@require_safe
@vary_on_htmx
def registry_totals(request: HttpRequest) -> HttpResponse:
    """Number and sum of a filter of too many requests for its page: the sums alone, for htmx."""
    form = RegistryForm(request.GET, user=request.user)
    form.is_valid()
    by_htmx = "HX-Request" in request.headers
    name = "_registry_sums" if by_htmx else "registry_totals"
    back = f"{reverse('approvals:requests')}?{filter_of(request.GET).urlencode()}"
    context = {"totals": _all_totals(request.user, form.criteria()), "back_url": back}
    return render(request, f"approvals/requests/{name}.html", context)


def _all_totals(user: User, criteria: Criteria) -> list[dict[str, Any]]:
    """Of a filter however large: from the running totals where it is of statuses alone, or of nothing."""
    if not {name for name, value in criteria.items() if value} - {"status"}:
        return _totals(totals.of_statuses(user, criteria.get("status", [])))
    asked = registry_of.Asked(user, criteria)
    return _totals(totals.added(line for part in asked.parts() for line in selectors.totals(part)))


def _totals(found: list[totals.Total]) -> list[dict[str, Any]]:
    """Count and sum of a filter, a line a currency."""
    return [
        {
            "currency": total.currency,
            "amount": money(total.amount, total.currency),
            "plain": plain(total.amount),
            "count": total.count,
        }
        for total in found
    ]


def _pay_day(user: User, form: RegistryForm) -> datetime.date | None:
    """The one planned day that is asked for, where its register may be seen."""
    first, last = (form.cleaned_data.get(f"planned_{end}") for end in ("from", "to"))
    if first is None or first != last or policies.why_not_see_registers(user):
        return None
    return first if FIRST <= first <= LAST else None


def _chips(query: QueryDict, form: RegistryForm) -> list[Chip]:
    return [
        Chip(condition.text, _without(query, condition.name, condition.value))
        for condition in conditions_of(form)
    ]


def _with(query: QueryDict, **more: str) -> str:
    filter_and_more = filter_of(query)
    for name, value in more.items():
        filter_and_more[name] = value
    return filter_and_more.urlencode()


def _without(query: QueryDict, name: str, value: str | None = None) -> str:
    """The query without a condition, or without one of its values; always from the first page."""
    rest = query.copy()
    for other in registry_of.NOT_THE_FILTER:
        rest.pop(other, None)
    left = [v for v in rest.pop(name, []) if value is not None and v != value]
    rest.setlist(name, left)
    return f"?{rest.urlencode()}"


def _headings(columns: Sequence[Column], order: str) -> list[dict[str, Any]]:
    """For each column: how it is sorted now (aria-sort), and how its heading would sort it."""
    return [
        {
            "column": column,
            "sorted": {column.sort: "ascending", f"-{column.sort}": "descending"}.get(order, "")
            if column.sort
            else "",
            "next": f"-{column.sort}" if order == column.sort else column.sort,
        }
        for column in columns
    ]


def _ready_views(request: HttpRequest) -> list[View]:
    """What people ask for every day, by what this person does."""
    today, user = timezone.localdate(), request.user
    yesterday, me = today - datetime.timedelta(days=1), user.pk
    pays = user.sees_everything
    views = [(_("All"), "")]
    if registry_of.decides(user):
        views.append((_("Waiting for my decision"), f"status=on_approval&assignee={me}"))
    if user.is_manager:
        views.append((_("Mine awaiting approval"), f"status=on_approval&author={me}"))
    views += [
        (_("To pay today"), f"status=approved&planned_from={today}&planned_to={today}"),
        (_("Overdue"), f"status=on_approval&status=approved&pay_by_to={yesterday}"),
    ]
    if pays:
        views.append((_("Paid, closing documents missing"), CLOSING_MISSING))
    return [_view(request, label, query) for label, query in views]


def _saved_views(request: HttpRequest) -> list[View]:
    today = timezone.localdate()
    return [
        _view(request, view.name, registry_of.with_real_days(view.query, today), view)
        for view in registry_of.views_of(request.user)
    ]


def _view(request: HttpRequest, label: str, query: str, saved: SavedView | None = None) -> View:
    is_current = registry_of.is_same_filter(QueryDict(query), request.GET)
    return View(label, query, is_current, saved, _whose(saved, request.user))


def _whose(saved: SavedView | None, user: User) -> str:
    """Who shares it; nobody's name on one's own."""
    return saved.owner.short_name if saved is not None and saved.owner_id != user.pk else ""

"""The registry: every request that a person may see, by any filter, with totals of the whole filter."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import selectors
from approvals.forms import RegistryForm
from approvals.models import PaymentRequest
from approvals.states import Status
from approvals.views.http import require_safe
from approvals.views.paging import page_of, query_without_page
from approvals.views.rows import request_rows
from people.formats import date_short, money, plain

COLUMNS = ("number", "company", "amount", "pay_by", "waiting")


@dataclass(frozen=True)
class Chip:
    """A condition that is set, and the address without it."""

    label: str
    without: str


@dataclass(frozen=True)
class ReadyView:
    """A filter that people ask for every day."""

    label: str
    query: str
    is_current: bool


@require_safe
def registry(request: HttpRequest) -> HttpResponse:
    """The filter's page of requests, its totals, and what is set in it."""
    form = RegistryForm(request.GET, user=request.user)
    form.is_valid()  # what is not valid is told and filters nothing
    visible = PaymentRequest.objects.visible_to(request.user)
    found = selectors.filter_requests(visible, form.criteria())
    page = page_of(request, selectors.for_list(found).order_by(*selectors.SORTS[form.order()]))
    chips = _chips(request.GET, form)
    return render(
        request,
        "approvals/requests/registry.html",
        {
            "form": form,
            "chips": chips,
            "is_filtered": bool(chips) or bool(form.errors),
            "page": page,
            "rows": request_rows(page),
            "totals": _totals(found),
            "query": query_without_page(request),
            "views": _ready_views(request),
            "columns": _sort_links(request.GET, form.order()),
        },
    )


def _totals(found: Any) -> list[dict[str, Any]]:
    return [
        {
            "currency": total.currency,
            "amount": money(total.amount, total.currency),
            "plain": plain(total.amount),
            "count": total.count,
        }
        for total in selectors.totals(found)
    ]


def _chips(query: QueryDict, form: RegistryForm) -> list[Chip]:
    chips = []
    for name, value in form.given().items():
        if name == "status":
            chips += [Chip(str(Status(code).label), _without(query, name, code)) for code in value]
        else:
            label = form.fields[name].label
            chips.append(Chip(f"{label}: {_shown(value)}", _without(query, name)))
    return chips


def _shown(value: Any) -> str:
    return date_short(value) if isinstance(value, datetime.date) else str(value)


def _without(query: QueryDict, name: str, value: str | None = None) -> str:
    """The query without a condition, or without one of its values; always from the first page."""
    rest = query.copy()
    rest.pop("page", None)
    left = [v for v in rest.pop(name, []) if value is not None and v != value]
    rest.setlist(name, left)
    return f"?{rest.urlencode()}"


def _sort_links(query: QueryDict, order: str) -> dict[str, dict[str, str]]:
    """For each sortable column: where its heading leads, and how it is sorted now (aria-sort)."""
    links = {}
    for column in COLUMNS:
        rest = query.copy()
        rest.pop("page", None)
        rest["sort"] = f"-{column}" if order == column else column
        state = {column: "ascending", f"-{column}": "descending"}.get(order, "")
        links[column] = {"url": f"?{rest.urlencode()}", "sorted": state}
    return links


def _ready_views(request: HttpRequest) -> list[ReadyView]:
    today = timezone.localdate()
    yesterday, me = today - datetime.timedelta(days=1), request.user.pk
    asked = request.GET.copy()
    for name in ("page", "sort"):
        asked.pop(name, None)
    current = {name: sorted(filter(None, asked.getlist(name))) for name in asked}
    current = {name: values for name, values in current.items() if values}
    views = (
        (_("All"), ""),
        (_("To pay today"), f"status=approved&planned_from={today}&planned_to={today}"),
        (_("Overdue"), f"status=on_approval&status=approved&pay_by_to={yesterday}"),
        (_("Mine awaiting approval"), f"status=on_approval&author={me}"),
        (_("Waiting for my decision"), f"status=on_approval&assignee={me}"),
    )
    return [
        ReadyView(label, query, {n: sorted(v) for n, v in QueryDict(query).lists()} == current)
        for label, query in views
    ]

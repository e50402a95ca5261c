"""Pages of a list, the same way everywhere."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from approvals import keyset

NEWEST_FIRST = ("-created_at", "-pk")


def page_of(request: HttpRequest, rows: Any, *, per_page: int = 50) -> Page[Any]:
    """The page that `?page=` asks for, or the nearest one; `links` is for _pager.html."""
    paginator: Paginator[Any] = Paginator(rows, per_page)
    page = paginator.get_page(request.GET.get("page"))
    page.links = list(paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))  # type: ignore[attr-defined]
    return page


def query_without_page(request: HttpRequest) -> str:
    """The query string but for `page`, ending in '&' when there is any: 'q=abc&'."""
    query = request.GET.copy()
    query.pop("page", None)
    text = query.urlencode()
    return f"{text}&" if text else ""


def newest_of(
    request: HttpRequest, rows: QuerySet[Any], *, per_page: int
) -> tuple[list[Any], str, bool]:
    """The newest rows, or those that follow the place `?after=`: without counting, for lists without an end.

    With them the place of the next page ("" where there is none), and whether this is not the first.
    """
    rows = rows.order_by(*NEWEST_FIRST)
    place = request.GET.get("after", "")
    later = keyset.after(rows, NEWEST_FIRST, place) if place else None
    found = list((rows if later is None else later)[: per_page + 1])
    more = keyset.cursor_of(found[per_page - 1], NEWEST_FIRST) if len(found) > per_page else ""
    return found[:per_page], more, later is not None

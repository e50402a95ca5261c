"""Pages of a list, the same way everywhere."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest


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

"""A page of the registry: by number among the first fifty, and by its place after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest

from approvals import keyset
from approvals.listed import Listed
from approvals.models import PaymentRequest

PER_PAGE = 50
# Whoever leafs further than this goes on page by page; a page far behind would be counted up to.
NUMBERED_PAGES = 50
# Up to so many, the number and the sum are exact in the page; beyond, they come in a request of their own.
COUNTED = 10_000


@dataclass(frozen=True)
class RegistryPage:
    """Rows and ways on. `previous` and `next` are parts of a query ('page=3', 'after=…'), or empty.

    `number` and `first` are 0 on a page that is found by its place; `total` is None when it was not counted;
    `ranked` is how many rows all pages have that are ordered by rank.
    """

    rows: list[PaymentRequest]
    number: int
    first: int
    total: int | None
    links: Sequence[int | str]
    previous: str
    next: str
    ranked: int | None = None

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def is_alone(self) -> bool:
        return not (self.previous or self.next)


def page_of(
    request: HttpRequest,
    listed: Listed,
    *,
    order: tuple[str, ...],
    total: int | None,
    ranked: int | None = None,
) -> RegistryPage:
    """The page that `after` or `page` asks for, or the nearest; `order` is empty where it is by rank.

    `total` is how many fit, None for more than are counted; `ranked` how many there are by rank.
    """
    cursor = request.GET.get("after", "")
    if cursor and (later := listed.after(cursor)) is not None:
        found = list(later[: PER_PAGE + 1])
        return RegistryPage(found[:PER_PAGE], 0, 0, total, [], "page=1", _after(found, order))
    there = ranked if ranked is not None else COUNTED if total is None else total
    numbers: Paginator[int] = Paginator(range(min(PER_PAGE * NUMBERED_PAGES, there)), PER_PAGE)
    number = numbers.get_page(request.GET.get("page")).number
    start = (number - 1) * PER_PAGE
    found = listed.part(start, start + PER_PAGE + 1)
    way_on = f"page={number + 1}" if number < numbers.num_pages else _after(found, order)
    return RegistryPage(
        rows=found[:PER_PAGE],
        number=number,
        first=start + 1,
        total=total,
        links=list(numbers.get_elided_page_range(number, on_each_side=2, on_ends=1)),
        previous=f"page={number - 1}" if number > 1 else "",
        next=way_on,
        ranked=ranked,
    )


def _after(found: list[PaymentRequest], order: tuple[str, ...]) -> str:
    """The way to what follows the page's last row, if anything does."""
    if len(found) <= PER_PAGE or not order:
        return ""
    return f"after={keyset.cursor_of(found[PER_PAGE - 1], order)}"

"""What the registry asks: its filter, its orders, how each person looks at it. Nothing is written here."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypedDict

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce
from django.http import QueryDict

from approvals.models import (
    ApprovalTask,
    OrganisationSettings,
    PaymentRequest,
    RegistryLook,
    SavedView,
)
from approvals.models.access import Access
from approvals.near_spelling import near_spelling
from approvals.search import Search, best_first
from approvals.search_window import WINDOW, Hits, hits_of
from approvals.states import Status
from approvals.totals import Total
from counterparties.models import CURRENCIES
from people.models import User
from people.prepared import prepared
from people.selectors import approvers

DEFAULT_SORT = "-created"
SORTS = {
    "number": ("pk",),
    "-number": ("-pk",),
    "created": ("created_at", "pk"),
    "-created": ("-created_at", "-pk"),
    "pay_by": ("pay_by", "pk"),
    "-pay_by": ("-pay_by", "-pk"),
    "planned": ("planned_on", "pk"),
    "-planned": ("-planned_on", "-pk"),
    "amount": ("amount", "pk"),
    "-amount": ("-amount", "-pk"),
    "company": ("company_key", "pk"),
    "-company": ("-company_key", "-pk"),
    "waiting": ("waiting_since", "pk"),
    "-waiting": ("-waiting_since", "-pk"),
}
CODES = [code for code, _name in CURRENCIES]
# So far it is counted whether a filter leaves fewer rows than a person sees.
LOOKED_AT = 100_000
# Of a search: who has so many times more hits than are counted, as the newest tell, is not counted.
SURELY_MORE = 3
_SUMS: dict[str, Any] = {
    f"{code}_{name}": function("amount", filter=Q(currency=code))
    for code in CODES
    for name, function in (("count", Count), ("sum", Sum))
}
# So many rows at most that fit a filter of days are sorted for a page; otherwise as many as are counted.
MOST_SORTED = 50_000
# These have indexes in each order.
OPEN = {Status.DRAFT, Status.ON_APPROVAL, Status.APPROVED}
_COLUMN_OF = {
    "pay_by_from": "pay_by",
    "pay_by_to": "pay_by",
    "planned_from": "planned_on",
    "planned_to": "planned_on",
}
# Of a query: what is not the filter.
NOT_THE_FILTER = ("page", "after", "show", "filter")
DAYS = ("pay_by_from", "pay_by_to", "planned_from", "planned_to")
_MOVING_DAY = re.compile(r"today([+-][0-9]{1,4})?")


class Criteria(TypedDict, total=False):
    """The registry's filter, checked: keys, codes and days; what is absent or empty filters nothing.

    `assignee` is whom the request waits for; `closing` "missing" asks for what was paid and has no closing
    document yet.
    """

    q: str
    status: list[str]
    company: int | None
    author: int | None
    assignee: int | None
    payer: int | None
    category: int | None
    currency: str
    amount_from: Decimal | None
    amount_to: Decimal | None
    pay_by_from: datetime.date | None
    pay_by_to: datetime.date | None
    planned_from: datetime.date | None
    planned_to: datetime.date | None
    closing: str


class Asked:
    """A filter of what a person sees, as it is meant: made once for a page.

    Where nothing fits a search as it is typed, `criteria` have it as it is nearly spelt.
    """

    def __init__(self, user: User, criteria: Criteria) -> None:
        self.user, self.criteria = user, criteria
        self.access = PaymentRequest.objects.access_of(user)
        self._rest = rest_of(criteria)
        self._search: Search | None = None
        self.hits: Hits | None = None
        if (q := criteria.get("q", "")) and not self._finds(q) and (near := near_spelling(q)):
            self.criteria = {**criteria, "q": near}
            self._finds(near)

    def _finds(self, q: str) -> bool:
        """Whether anything fits; no word at all is no condition."""
        search = Search(q)
        if not search.terms:
            return True
        self._search = search
        self.hits = hits_of(self.user, search, self._rest, access=self.access)
        return bool(self.hits.keys)

    @property
    def is_ranked_in_part(self) -> bool:
        """Whether more fits the search than what is ranked."""
        return self.hits is not None and not self.hits.is_all

    def found(self) -> QuerySet[PaymentRequest]:
        """All that fits."""
        if self.hits is not None and self.hits.is_all:
            return self.hits.rows()
        visible = PaymentRequest.objects.visible_to(self.user, self.access)
        return visible.filter(self._condition())

    def in_order(
        self, sort: str, *, number: int | None = None
    ) -> tuple[QuerySet[PaymentRequest], tuple[str, ...]]:
        """What fits by a key of SORTS, with its columns; or, with none, the ranked best of a search.

        `number` is how many fit, None for more than are counted.
        """
        by, is_sorted = self.plan(sort, number=number)
        return self.ordered(by, is_sorted=is_sorted), by

    def plan(self, sort: str, *, number: int | None) -> tuple[tuple[str, ...], bool]:
        """The columns of a key of SORTS (none: by rank), and whether what fits is found, then sorted."""
        by = order_of(sort, self.criteria)
        if not by and self._search is not None and self.hits is not None:
            return (), False
        by = by or SORTS[DEFAULT_SORT]
        return by, self._are_few(by, number)

    def ordered(self, by: tuple[str, ...], *, is_sorted: bool) -> QuerySet[PaymentRequest]:
        """What fits, as it was planned."""
        if not by and self._search is not None and self.hits is not None:
            return best_first(self.hits.rows(), self._search)
        if is_sorted:
            return self._found_by_parts().order_by(*sorted_anyway(by))
        return self.found().order_by(*by)

    def _found_by_parts(self) -> QuerySet[PaymentRequest]:
        """All that fits, each part of it by its own index."""
        first, *others = self.parts()
        if not others:
            return first
        keys = first.order_by().values("pk")
        keys = keys.union(*(part.order_by().values("pk") for part in others), all=True)
        return PaymentRequest.objects.filter(pk__in=keys)

    def _are_few(self, by: tuple[str, ...], number: int | None) -> bool:
        """Whether it is better to find what fits and sort it than to walk an index of that order.

        The database guesses by what share of all rows fits, as if these stood anywhere in the order; but of a
        company, or of what is planned from today on, they stand together, and may be at the end of it.
        """
        if self.hits is not None and self.hits.is_all:
            return True
        asked = {name for name, value in self.criteria.items() if value}
        if number is not None:
            statuses = self.criteria.get("status") or ()
            return bool(asked) and not (asked == {"status"} and set(statuses) <= OPEN)
        days = {_COLUMN_OF[name] for name in asked & set(_COLUMN_OF)}
        if not days or by[0].lstrip("-") in days:
            return False
        left = MOST_SORTED
        for part in self.parts():
            left -= part.order_by()[: left + 1].count()
            if left < 0:
                return False
        return True

    def all_in_order(self, sort: str) -> QuerySet[PaymentRequest]:
        """All that fits, ranked however much it is: for whoever has time."""
        rows, by = self.in_order(sort)
        if by or self._search is None:
            return rows
        return best_first(self.found(), self._search)

    def surely(self, most: int) -> int:
        """So many there are at least, where `totals_up_to` says None."""
        return most if self.hits is None else WINDOW

    def totals_up_to(self, most: int) -> list[Total] | None:
        """What fits, counted and summed up; None for more (or, of a search, very likely more) than `most`."""
        if self.hits is not None and self.hits.estimate > SURELY_MORE * most:
            return None
        return totals_up_to(most, self.parts())

    def parts(self) -> list[QuerySet[PaymentRequest]]:
        """All that fits, in parts that are read through fast."""
        found = self.found()
        if self.hits is not None and self.hits.is_all:
            return [found]
        return parts_of(self.user, self._condition(), found, access=self.access)

    def _condition(self) -> Q:
        return self._rest & self._search.condition() if self._search else self._rest


def rest_of(criteria: Criteria) -> Q:
    """Of the requests that fit every given criterion but the search."""
    condition = Q()
    if criteria.get("status"):
        condition &= Q(status__in=criteria["status"])
    for name in ("company", "author", "payer", "category"):
        if key := criteria.get(name):
            condition &= Q(**{f"{name}_id": key})
    if assignee := criteria.get("assignee"):
        open_tasks = ApprovalTask.objects.filter(assignee_id=assignee, decision="")
        condition &= Q(pk__in=open_tasks.values("payment_request_id"))
    if currency := criteria.get("currency"):
        condition &= Q(currency=currency)
    for name, lookup in (
        ("amount_from", "amount__gte"),
        ("amount_to", "amount__lte"),
        ("pay_by_from", "pay_by__gte"),
        ("pay_by_to", "pay_by__lte"),
        ("planned_from", "planned_on__gte"),
        ("planned_to", "planned_on__lte"),
    ):
        value = criteria.get(name)
        if value is not None:
            condition &= Q(**{lookup: value})
    if criteria.get("closing") == "missing":
        condition &= Q(status=Status.PAID, has_closing=False)
    return condition


def parts_of(
    user: User,
    condition: Q,
    found: QuerySet[PaymentRequest],
    *,
    access: Access | None = None,
) -> list[QuerySet[PaymentRequest]]:
    """The rows that are `found` (what the person sees, and fits) in parts, for when all are looked at.

    No row is in two of them. Of whoever sees many, those of their departments are found by one index.
    """
    access = access or PaymentRequest.objects.access_of(user)
    if user.sees_everything or access.sees_few():
        return [found]
    fits = PaymentRequest.objects.filter(condition)
    if access.sees_few_outside():
        return [fits.filter(access.in_departments()), fits.filter(access.outside())]
    seen = access.number(LOOKED_AT)
    are_fewer = fits.order_by()[: seen + 1].count() <= seen
    return [fits.filter(access.probed() if are_fewer else access.listed())]


def totals_up_to(most: int, parts: Iterable[QuerySet[PaymentRequest]]) -> list[Total] | None:
    """Number and sum of all parts, a line a currency; None for more than `most`, which is soon told."""
    sums: dict[str, tuple[Decimal, int]] = {}
    left = most
    for part in parts:
        some = part.order_by().values("currency", "amount")[: left + 1]
        found: dict[str, Any] = some.aggregate(**_SUMS)
        for code in CODES:
            if count := found[f"{code}_count"]:
                amount, number = sums.get(code, (Decimal(0), 0))
                sums[code] = (amount + found[f"{code}_sum"], number + count)
                left -= count
        if left < 0:
            return None
    return [Total(code, *it) for code, it in sorted(sums.items())]


def sorted_anyway(by: tuple[str, ...]) -> list[OrderBy]:
    """The same order, written so that no index has it."""
    columns = [(Coalesce(F(it.lstrip("-")), F(it.lstrip("-"))), it.startswith("-")) for it in by]
    return [column.desc() if is_turned else column.asc() for column, is_turned in columns]


def order_of(sort: str, criteria: Criteria) -> tuple[str, ...]:
    """The columns of a key of SORTS; none for a search's own order.

    Of one company's requests the order by company is that of their numbers: said so, no index is walked past
    all other companies.
    """
    if criteria.get("company") and sort in ("company", "-company"):
        return SORTS[sort][1:]
    return SORTS.get(sort, ())


# --- How a person looks at it ---------------------------------------------------------------------------


def look_of(user: User) -> RegistryLook:
    """Their columns and order; an unsaved row where nothing was kept yet."""
    return _looks_of.first(user.pk) or RegistryLook(user=user)


@prepared
def _looks_of(person: int) -> QuerySet[RegistryLook]:
    return RegistryLook.objects.filter(user=person)


def views_of(user: User) -> list[SavedView]:
    """Their own saved views and those that others share, by name."""
    return _views_of(user.pk)


@prepared
def _views_of(person: int) -> QuerySet[SavedView]:
    rows = SavedView.objects.filter(Q(owner=person) | Q(is_shared=True))
    return rows.select_related("owner").order_by("name", "pk")


def own_views(user: User) -> QuerySet[SavedView]:
    """Those that the person may change and delete."""
    return SavedView.objects.filter(owner=user)


def decides(user: User) -> bool:
    """Whether requests may come to this person for a decision."""
    return bool(_among_deciders(user.pk))


@prepared
def _among_deciders(person: int) -> QuerySet[User, Any]:
    by_default = OrganisationSettings.objects.filter(default_approver=OuterRef("pk"))
    people = User.objects.filter(approvers() | Exists(by_default), pk=person)
    return people.order_by().values_list("pk")


def filter_of(query: QueryDict) -> QueryDict:
    """The query's conditions and order, without the page, and without what is empty."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        if name not in NOT_THE_FILTER and (given := [value for value in values if value]):
            kept.setlist(name, given)
    return kept


def is_same_filter(one: QueryDict, other: QueryDict) -> bool:
    """Whether two queries set the same conditions, in whatever order they stand; the order of rows aside."""

    def conditions(query: QueryDict) -> dict[str, list[str]]:
        return {n: sorted(v) for n, v in filter_of(query).lists() if n != "sort"}

    return conditions(one) == conditions(other)


def with_moving_days(query: QueryDict, today: datetime.date) -> str:
    """The query with its days as distances from today: 'pay_by_to=2026-11-23' -> 'pay_by_to=today-1'."""
    moving = filter_of(query)
    for name in DAYS:
        days = [_as_distance(value, today) for value in moving.getlist(name)]
        if days:
            moving.setlist(name, days)
    return moving.urlencode()


def with_real_days(query: str, today: datetime.date) -> str:
    """The other way round, for a link: 'today-1' is yesterday."""
    real = QueryDict(query, mutable=True)
    for name in DAYS:
        if values := real.getlist(name):
            real.setlist(name, [_as_day(value, today) for value in values])
    return real.urlencode()


def _as_distance(value: str, today: datetime.date) -> str:
    try:
        distance = (datetime.date.fromisoformat(value) - today).days
    except ValueError:
        return value
    return f"today{distance:+d}" if distance else "today"


def _as_day(value: str, today: datetime.date) -> str:
    found = _MOVING_DAY.fullmatch(value)
    if found is None:
        return value
    return (today + datetime.timedelta(days=int(found[1] or 0))).isoformat()

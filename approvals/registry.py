"""What the registry asks: its filter, its orders, how each person looks at it. Nothing is written here."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any, TypedDict

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.http import QueryDict

from approvals.models import (
    ApprovalTask,
    OrganisationSettings,
    PaymentRequest,
    PaymentRequestQuerySet,
    RegistryLook,
    SavedView,
)
from approvals.near_spelling import near_spelling
from approvals.search import best_first
from approvals.search import condition_of as search_condition
from approvals.states import Status
from approvals.totals import Total
from counterparties.models import CURRENCIES
from people.models import User
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


def condition_of(criteria: Criteria) -> Q:
    """Of the requests that fit every given criterion. Made once for a page: a search asks for its words."""
    condition = search_condition(criteria.get("q", ""))
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


def as_meant(user: User, criteria: Criteria) -> tuple[Criteria, Q]:
    """The criteria and their condition; where nothing fits a search as it is typed, as it is nearly spelt."""
    condition = condition_of(criteria)
    if q := criteria.get("q", ""):
        found = PaymentRequest.objects.visible_to(user).filter(condition)
        if not found.exists() and (near := near_spelling(q)):
            meant: Criteria = {**criteria, "q": near}
            return meant, condition_of(meant)
    return criteria, condition


def filter_requests(requests: PaymentRequestQuerySet, criteria: Criteria) -> PaymentRequestQuerySet:
    """The requests that fit every given criterion."""
    return requests.filter(condition_of(criteria))


def sum_up_to(
    most: int, user: User, condition: Q, found: QuerySet[PaymentRequest]
) -> list[Total] | None:
    """Number and sum, a line a currency, of what is `found` (what the person sees, and fits); None for more.

    Of somebody who sees many, those of their departments are counted first: mostly that answers.
    """
    if _sees_many(user):
        access = PaymentRequest.objects.access_of(user)
        fits = PaymentRequest.objects.filter(condition)
        if _up_to(most, fits.filter(access.in_departments())) is None:
            return None
    rows = to_sum_up(user, condition, found).order_by().only("currency", "amount")[: most + 1]
    sums = rows.aggregate(
        **{f"{code}_n": Count("pk", filter=Q(currency=code)) for code in CODES},
        **{f"{code}_sum": Sum("amount", filter=Q(currency=code)) for code in CODES},
    )
    totals = [Total(code, sums[f"{code}_sum"], sums[f"{code}_n"]) for code in sorted(CODES)]
    return None if sum(it.count for it in totals) > most else [it for it in totals if it.count]


def to_sum_up(
    user: User, condition: Q, found: QuerySet[PaymentRequest]
) -> QuerySet[PaymentRequest]:
    """The rows that are `found`, in the form that has less to look at when all are looked at."""
    if not _sees_many(user):
        return found
    access = PaymentRequest.objects.access_of(user)
    fits = PaymentRequest.objects.filter(condition)
    are_fewer = _up_to(access.number(LOOKED_AT), fits) is not None
    return fits.filter(access.probed() if are_fewer else access.listed())


def _sees_many(user: User) -> bool:
    return not (user.sees_everything or PaymentRequest.objects.access_of(user).sees_few())


def _up_to(most: int, found: QuerySet[PaymentRequest]) -> int | None:
    number = found.order_by()[: most + 1].count()
    return number if number <= most else None


def order_of(sort: str, criteria: Criteria) -> tuple[str, ...]:
    """The columns of a key of SORTS; none for a search's own order.

    Of one company's requests the order by company is that of their numbers: said so, no index is walked past
    all other companies.
    """
    if criteria.get("company") and sort in ("company", "-company"):
        return SORTS[sort][1:]
    return SORTS.get(sort, ())


def in_order(
    requests: PaymentRequestQuerySet, order: str, *, q: str = ""
) -> QuerySet[PaymentRequest, Any]:
    """By a key of SORTS, or, with an empty one, what answers the search best first."""
    return requests.order_by(*SORTS[order]) if order else best_first(requests, q)


# --- How a person looks at it ---------------------------------------------------------------------------


def look_of(user: User) -> RegistryLook:
    """Their columns and order; an unsaved row where nothing was kept yet."""
    return RegistryLook.objects.filter(user=user).first() or RegistryLook(user=user)


def views_of(user: User) -> list[SavedView]:
    """Their own saved views and those that others share, by name."""
    return list(
        SavedView.objects.filter(Q(owner=user) | Q(is_shared=True))
        .select_related("owner")
        .order_by("name", "pk")
    )


def own_views(user: User) -> QuerySet[SavedView]:
    """Those that the person may change and delete."""
    return SavedView.objects.filter(owner=user)


def decides(user: User) -> bool:
    """Whether requests may come to this person for a decision."""
    by_default = OrganisationSettings.objects.filter(default_approver=OuterRef("pk"))
    return User.objects.filter(approvers() | Exists(by_default), pk=user.pk).exists()


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

"""What answers a search best, without looking at all that fits.

Of a common word's hits only a window is ranked: the newest of them, and those that are what was asked for
itself (that number, invoice, amount, a company of that name), which indexes of their own find. A look at
the newest requests, one by one, tells how common the hits are. What is common is found by more such looks,
as many as it takes; what is rare by the index of words, which gives all of it, in no order. So neither costs
more than some ten thousand looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from approvals.models import PaymentRequest
from approvals.models.access import Access
from approvals.search import Search
from people.models import User

# So many of the newest hits are ranked,
WINDOW = 200
# and so many where all that a person sees is few enough to be looked through.
MOST_RANKED = 2_000
# So many of the newest requests that a person may see are looked through first,
FIRST_LOOK = 1_000
# and so many at most; what has fewer than WINDOW hits among them is rare enough for the index of words.
LOOKED_AT = 10_000
# Among so many of the newest, it is counted how many are of a person's departments.
SAMPLED = 50_000
# A company of more requests is among the newest hits by itself.
SMALL_COMPANY = 2_000


@dataclass(frozen=True)
class Hits:
    """Keys of requests that fit, the newest first and then those that are asked for themselves.

    `is_all` says that nothing else fits; otherwise about `estimate` do.
    """

    keys: list[int]
    is_all: bool
    estimate: int

    def rows(self) -> QuerySet[PaymentRequest]:
        """Them as rows, in no order."""
        return PaymentRequest.objects.filter(pk__in=self.keys)


@dataclass(frozen=True)
class _Newest:
    """Keys of the newest hits, whether these are all, and how many there may be in all."""

    keys: list[int]
    is_all: bool
    estimate: int

    @classmethod
    def whole(cls, keys: list[int]) -> _Newest:
        """Of all that there is to look at."""
        return cls(keys[:MOST_RANKED], len(keys) <= MOST_RANKED, len(keys))


def hits_of(user: User, search: Search, rest: Q, *, access: Access | None = None) -> Hits:
    """The hits of a search among what the person sees and what fits `rest` as well."""
    access = access or PaymentRequest.objects.access_of(user)
    found = _Window(search, rest).of(user, access)
    if found.is_all:
        return Hits(found.keys, is_all=True, estimate=len(found.keys))
    keys = dict.fromkeys(found.keys)
    visible = PaymentRequest.objects.visible_to(user, access).filter(rest)
    for itself in (search.itself(), _of_small_companies(search)):
        if itself is not None:
            rows = visible.filter(itself, search.condition(by_index=False))
            keys |= dict.fromkeys(_by_number(rows, WINDOW))
    return Hits(list(keys), is_all=False, estimate=found.estimate)


def _of_small_companies(search: Search) -> Q | None:
    """Of the companies that have all the words in their name, where they have few requests."""
    companies = search.named_companies()
    if not companies:
        return None
    condition = Q(company_id__in=companies)
    some = PaymentRequest.objects.filter(condition).order_by()[: SMALL_COMPANY + 1]
    return condition if some.count() <= SMALL_COMPANY else None


class _Window:
    """One search for its newest hits."""

    def __init__(self, search: Search, rest: Q) -> None:
        self._looked = search.condition(by_index=False) & rest
        self._indexed = search.condition() & rest
        self._newest_key: int | None = None

    def of(self, user: User, access: Access) -> _Newest:
        """Of what the person sees, each way of seeing by its own index."""
        everything = PaymentRequest.objects.order_by()
        if user.sees_everything:
            return self._newest(everything, 1)
        if access.sees_few():
            return self._listed(everything.filter(access.listed()))
        if not access.sees_few_outside():
            return self._newest(everything.filter(access.probed()), 1)
        departments = access.in_departments()
        inside = self._newest(everything.filter(departments), self._share(departments))
        outside = self._listed(everything.filter(access.outside()))
        return _Newest(
            sorted({*inside.keys, *outside.keys}, reverse=True),
            inside.is_all and outside.is_all,
            inside.estimate + outside.estimate,
        )

    def _listed(self, rows: QuerySet[PaymentRequest]) -> _Newest:
        return _Newest.whole(_by_number(rows.filter(self._looked), MOST_RANKED + 1))

    def _newest(self, rows: QuerySet[PaymentRequest], share: float) -> _Newest:
        """`share`: of all requests so many, about, are among the rows."""
        last = self._last()
        if last * share <= LOOKED_AT:
            return self._listed(rows)
        looks = FIRST_LOOK
        while looks <= LOOKED_AT:
            edge = last - round(looks / share)
            keys = _by_number(rows.filter(self._looked, pk__gt=edge), WINDOW + 1)
            if len(keys) > WINDOW:
                apart = (keys[0] - keys[WINDOW]) / WINDOW
                return _Newest(keys[:WINDOW], False, round(last / apart))
            # A half more than it should take.
            looks = max(3 * looks * WINDOW // (2 * max(len(keys), 1)), 2 * looks)
        keys = _by_number(rows.filter(self._indexed), WINDOW + 1)
        return _Newest(keys[:WINDOW], len(keys) <= WINDOW, len(keys))

    def _share(self, departments: Q) -> float:
        sample = PaymentRequest.objects.filter(departments, pk__gt=self._last() - SAMPLED)
        return max(sample.count(), 1) / SAMPLED

    def _last(self) -> int:
        if self._newest_key is None:
            newest = PaymentRequest.objects.order_by("-pk").values_list("pk", flat=True).first()
            self._newest_key = newest or 0
        return self._newest_key


def _by_number(rows: QuerySet[Any], most: int) -> list[int]:
    """Keys of the newest rows. Not by the key itself: no index is to be walked in the hope of hits."""
    return list(rows.order_by((F("pk") + 0).desc()).values_list("pk", flat=True)[:most])

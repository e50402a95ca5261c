"""What a counterparty was asked to be paid, and was paid, year by year: of what a person may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import ExtractYear

from approvals.registry import Asked
from approvals.states import Status
from counterparties.models import Company
from people.models import User

_UNDER_WAY = Q(status__in=[Status.DRAFT, Status.ON_APPROVAL, Status.APPROVED])


@dataclass(frozen=True)
class YearTotal:
    """Of the requests made in a year, in one currency: their number, what is paid, what is under way."""

    year: int
    currency: str
    count: int
    paid: Decimal
    left: Decimal


def years_of(company: Company, user: User) -> list[YearTotal]:
    """The newest year first, a line a currency; years are those of the organisation's time zone."""
    sums: dict[tuple[int, str], list[Any]] = {}
    for part in Asked(user, {"company": company.pk}).parts():
        for year, currency, *values in _summed(part):
            before = sums.get((year, currency), [0, Decimal(0), Decimal(0)])
            sums[year, currency] = [
                one + (other or 0) for one, other in zip(before, values, strict=True)
            ]
    return [
        YearTotal(year, currency, *sums[year, currency])
        for year, currency in sorted(sums, key=lambda key: (-key[0], key[1]))
    ]


def _summed(requests: Any) -> Iterable[Any]:
    found: Iterable[Any] = (
        requests.order_by()
        .annotate(year=ExtractYear("created_at"))
        .values_list("year", "currency")
        .annotate(
            Count("pk"),
            Sum("paid_amount"),
            left=Sum(F("amount") - F("paid_amount"), filter=_UNDER_WAY),
        )
    )
    return found

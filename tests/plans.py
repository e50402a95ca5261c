"""Whether PostgreSQL finds what the registry offers by an index: every view, filter and order, for anybody.

`python -m tests.plans` asks the database of DATABASE_URL, which should hold a million requests, runs
every question, prints the slowest and fails on a table read through or a big sort.
`approvals/tests/test_plans.py` asks the same of some thousand rows, without running it.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

import django
from django.db import connection

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.utils import timezone

from approvals import board, keyset, registry, selectors
from approvals.forms import RegistryForm
from approvals.models import ApprovalTask, Event, PaymentRequest
from approvals.registry import DAYS, LOOKED_AT, SORTS
from approvals.views.registry_page import COUNTED, PER_PAGE
from counterparties.models import Company
from people.models import User

BIG = {model._meta.db_table for model in (PaymentRequest, ApprovalTask, Event)}
# As many as are counted for a page, and so are sorted for it.
MOST_SORTED = COUNTED
SLOWEST = 15


def queries(user: User) -> list[str]:
    """Ready views, then every filter by itself, with a value that is there."""
    today = timezone.localdate().isoformat()
    some = PaymentRequest.objects.order_by("-pk")[100]
    most = PaymentRequest.objects.values_list("company").annotate(n=Count("pk")).order_by("-n")
    return [
        "",
        f"status=on_approval&assignee={user.pk}",
        f"status=on_approval&author={user.pk}",
        f"status=approved&planned_from={today}&planned_to={today}",
        f"status=on_approval&status=approved&pay_by_to={today}",
        "status=paid&closing=missing",
        "status=draft",
        "status=paid",
        "status=refused&status=cancelled",
        f"company={some.company_id}",
        f"company={most[0][0]}",
        f"author={some.author_id}",
        f"payer={some.payer_id or ''}",
        f"category={some.category_id or ''}",
        "currency=RUB",
        "currency=KZT",
        "amount_from=500000",
        "amount_to=150",
        f"pay_by_from={today}",
        f"pay_by_to={today}",
        f"planned_from={today}",
        f"planned_to={today}",
    ]


def questions(user: User) -> Iterator[tuple[str, QuerySet[Any]]]:
    """Each page with its name: the first of each order, one that begins after a row, and the count."""
    yield from _board(user)
    for query in queries(user):
        form = RegistryForm(QueryDict(query), user=user)
        form.is_valid()
        asked = registry.Asked(user, form.criteria())
        sums = asked.totals_up_to(COUNTED)
        number = None if sums is None else sum(it.count for it in sums)
        for part in asked.parts() if query else ():
            yield f"{query} (count)", part.order_by().values("currency", "amount")[: COUNTED + 1]
        for sort in SORTS:
            found, order = asked.in_order(sort, number=number)
            rows = selectors.for_list(found)
            yield f"{query} sort={sort}", rows[: PER_PAGE + 1]
        cursor = keyset.cursor_of(PaymentRequest.objects.order_by("pk")[50], order)
        later = keyset.after(rows, order, cursor)
        assert later is not None
        yield f"{query} sort={sort} after", later[: PER_PAGE + 1]


def _board(user: User) -> Iterator[tuple[str, QuerySet[Any]]]:
    """Each column of the board, of all requests and of one's own."""
    now, own = timezone.now(), Company.objects.filter(is_own=True).first()
    for name, asked in (
        ("all", board.Asked()),
        ("mine", board.Asked(is_mine=True)),
        ("payer", board.Asked(payer=own)),
    ):
        of_all = board.Board(user, asked, now=now)
        for stage in board.STAGES:
            yield f"board {name} {stage}", of_all.in_order(stage)[: board.PER_COLUMN + 1]


def faults(plan: dict[str, Any], name: str = "") -> list[str]:
    """What of a question's plan reads a big table through, or sorts much; a count is in no order and ends."""
    found = []
    counts = name.endswith("(count)")
    most_sorted = registry.MOST_SORTED if any(f"{day}=" in name for day in DAYS) else MOST_SORTED
    for node in _nodes(plan):
        rows = node.get("Actual Rows", node["Plan Rows"])
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG:
            read = rows + node.get("Rows Removed by Filter", 0)
            # A count that ends at its limit may read a table of which nearly every row fits.
            if "Actual Rows" not in node or read > (LOOKED_AT if counts else MOST_SORTED):
                found.append(f"reads {node['Relation Name']} through")
        elif node["Node Type"].endswith("Sort"):
            sorted_rows = max(_rows(child) for child in node["Plans"])
            if sorted_rows > most_sorted:
                found.append(f"sorts {sorted_rows:.0f} rows")
    return found


def explained(rows: QuerySet[Any], *, run: bool) -> dict[str, Any]:
    """The plan of a queryset, with what it took when it is run."""
    options = {"analyze": True, "timing": False} if run else {}
    answer: dict[str, Any] = json.loads(rows.explain(format="json", **options))[0]
    return answer


def _rows(node: dict[str, Any]) -> float:
    return float(node.get("Actual Rows", node["Plan Rows"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)


def people() -> dict[str, User]:
    """Somebody who sees everything, and whoever wrote the most and the fewest of the others."""
    everything = User.objects.filter(is_accountant=True).order_by("pk").first()
    others = User.objects.filter(is_accountant=False, is_auditor=False, is_administrator=False)
    writers = others.annotate(n=Count("payment_requests")).filter(n__gt=0).order_by("-n", "pk")
    found = {"everything": everything, "many": writers.first(), "few": writers.last()}
    return {name: user for name, user in found.items() if user is not None}


def main() -> int:
    """Ask everything of everybody; 1 when something is at fault."""
    logging.disable(logging.CRITICAL)
    took, wrong = [], []
    for role, user in people().items():
        for name, rows in questions(user):
            answer = explained(rows, run=True)
            took.append((answer["Execution Time"], f"{role}: {name}"))
            wrong += [f"{role}: {name}: {it}" for it in faults(answer["Plan"], name)]
    took.sort(reverse=True)
    print(f"{len(took)} questions of {connection.settings_dict['NAME']}; the slowest, ms:")
    for milliseconds, name in took[:SLOWEST]:
        print(f"{milliseconds:9.1f}  {name}")
    print(f"median {took[len(took) // 2][0]:.1f} ms; at fault: {len(wrong)}")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

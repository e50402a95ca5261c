"""Every view, filter and order of the registry has an index that serves it, whoever asks.

The rows are few, so the planner is told to read no table through and to sort nothing, if it can help it:
"""

from __future__ import annotations

import pytest
from django.db import connection

from approvals import registry
from approvals.models import PaymentRequest, access
from approvals.tests.builders import World, on_approval
from tests import plans

ROWS = 3_000
COPIED = """
INSERT INTO approvals_paymentrequest ({names})
SELECT {values} FROM approvals_paymentrequest, generate_series(1, %s) AS n WHERE id = %s
"""
# Of a copy: what differs from row to row.
DIFFERS = {
    "amount": "10 + n %% 900",
    "status": "CASE WHEN n %% 10 = 0 THEN 'on_approval' ELSE 'refused' END",
    "closed_at": "CASE WHEN n %% 10 = 0 THEN NULL ELSE submitted_at END",
    "author_id": "CASE WHEN n %% 7 = 0 THEN {other} ELSE author_id END",
    "author_department_id": "CASE WHEN n %% 7 = 0 THEN {department} ELSE author_department_id END",
    "pay_by": "pay_by + n %% 300",
    "planned_on": "planned_on + n %% 300",
    "created_at": "created_at + n * interval '1 minute'",
    "folder_id": "NULL",
    "form_key": "NULL",
}


def fill(world: World) -> None:
    """Copies of a request, made in the database."""
    first = on_approval(world)
    columns = [f.column for f in PaymentRequest._meta.concrete_fields if not f.primary_key]
    given = {"other": world.manager2.pk, "department": world.marketing.pk}
    values = [DIFFERS.get(column, f"{column}").format(**given) for column in columns]
    with connection.cursor() as cursor:
        sql = COPIED.format(names=", ".join(columns), values=", ".join(values))
        cursor.execute(sql, [ROWS, first.pk])
        cursor.execute("ANALYZE approvals_paymentrequest")
        cursor.execute("ANALYZE approvals_approvaltask")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")


@pytest.mark.postgres
def test_every_page_is_served_by_an_index(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(world)
    monkeypatch.setattr(access, "FEW", ROWS // 2)
    # What a real page may sort, in proportion: the keys of whoever sees few.
    monkeypatch.setattr(plans, "MOST_SORTED", ROWS // 2)
    # Some filters leave more than is counted, as most do at a million.
    monkeypatch.setattr(plans, "COUNTED", ROWS // 20)
    monkeypatch.setattr(registry, "MOST_SORTED", ROWS // 10)
    few, many = (PaymentRequest.objects.access_of(u) for u in (world.manager2, world.manager))
    assert (few.sees_few(), many.sees_few()) == (True, False)
    wrong = []
    asked = 0
    for user in (world.accountant, world.manager, world.manager2):
        for name, rows in plans.questions(user):
            asked += 1
            plan = plans.explained(rows, run=False)["Plan"]
            found = plans.faults(plan, name)
            wrong += [f"{user.username}: {name}: {fault}" for fault in found]

    assert wrong == []
    assert asked > 900


@pytest.mark.postgres
def test_a_missing_index_is_noticed(world: World) -> None:
    fill(world)
    rows = PaymentRequest.objects.order_by("purpose", "pk")[:51]

    assert plans.faults(plans.explained(rows, run=False)["Plan"])

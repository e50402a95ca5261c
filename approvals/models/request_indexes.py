"""The indexes of payment requests: what each list is found and sorted by (approvals/tests/test_plans.py)."""

from django.db import models
from django.db.models import Q

from approvals.states import Status

_IS_OPEN = Q(status__in=[Status.DRAFT, Status.ON_APPROVAL, Status.APPROVED])

INDEXES = [
    # Keys without a look at the table (see approvals.models.access).
    models.Index(fields=["author", "id"], name="request_author"),
    models.Index(fields=["author", "author_department", "id"], name="request_author_elsewhere"),
    models.Index(fields=["author_department", "id"], name="request_of_department"),
    models.Index(fields=["author_department", "status"], name="request_department"),
    models.Index(fields=["-created_at", "-id"], name="request_newest"),
    models.Index(fields=["status", "planned_on"], name="request_status_day"),
    models.Index(fields=["status", "pay_by"], name="request_status_pay_by"),
    models.Index(fields=["amount", "id"], name="request_amount"),
    models.Index(fields=["pay_by", "id"], name="request_pay_by"),
    models.Index(fields=["planned_on", "id"], name="request_planned"),
    models.Index(fields=["waiting_since", "id"], name="request_waiting"),
    models.Index(fields=["company_key", "id"], name="request_company_key"),
    models.Index(fields=["currency"], name="request_currency"),
    models.Index(
        fields=["created_at", "id"],
        name="request_not_closed",
        condition=Q(status=Status.PAID, has_closing=False),
    ),
    # Those that are first on their day (approvals.pay_calendar), and those that were paid at a time.
    models.Index(
        fields=["planned_on", "status", "id"],
        name="request_open_day",
        condition=Q(status__in=[Status.APPROVED, Status.ON_APPROVAL]),
    ),
    models.Index(
        fields=["author_department", "planned_on", "status", "id"],
        name="request_department_day",
        condition=Q(status__in=[Status.APPROVED, Status.ON_APPROVAL]),
    ),
    models.Index(fields=["closed_at"], name="request_closed", condition=Q(status=Status.PAID)),
    # The few that are still open, in each of the registry's orders.
    *(
        models.Index(fields=fields, name=f"request_open_{name}", condition=_IS_OPEN)
        for name, fields in {
            "number": ["id"],
            "created": ["created_at", "id"],
            "pay_by": ["pay_by", "id"],
            "planned": ["planned_on", "id"],
            "amount": ["amount", "id"],
            "company": ["company_key", "id"],
            "waiting": ["waiting_since", "id"],
        }.items()
    ),
    models.Index(fields=["invoice_key"], name="request_invoice", condition=~Q(invoice_key="")),
]

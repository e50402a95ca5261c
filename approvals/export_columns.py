"""What the registry's columns are in a file: typed values, and more of them than a page has room for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.columns import Column
from approvals.export_files import Heading, Value
from approvals.models import ApprovalTask, Event, PaymentRequest
from approvals.presenters import DECIDING, stage_of
from approvals.states import Status, TaskKind

Row: TypeAlias = dict[str, Any]

FIELDS = (
    "pk",
    "created_at",
    "company__name",
    "company__inn",
    "purpose",
    "invoice_number",
    "invoice_date",
    "paid_amount",
    "status",
    "payer__name",
    "category__name",
    "author__full_name",
    "author_department__name",
    "pay_by",
    "planned_on",
    "waiting_since",
)


def wanted(requests: QuerySet[PaymentRequest]) -> Iterator[Row]:
    """The rows' facts as plain values: a file of a hundred thousand has no time for objects."""
    open_task = ApprovalTask.objects.filter(payment_request=OuterRef("pk"), decision="")
    steps = Event.objects.filter(subject=OuterRef("pk"), kind__in=DECIDING).order_by("-seq")
    rows = requests.order_by().values(
        *FIELDS,
        task_kind=Subquery(open_task.values("kind")[:1]),
        assignee=Subquery(open_task.values("assignee__full_name")[:1]),
        last_step=Subquery(steps.values("kind")[:1]),
    )
    return iter(rows)


def headings_of(columns: Sequence[Column]) -> list[Heading]:
    """A column of the page is one or two of the file."""
    return [heading for column in columns for heading in HEADINGS[column.code]()]


def values_of(columns: Sequence[Column], row: Row, amount: Decimal, currency: str) -> list[Value]:
    """The values under those headings."""
    facts = row | {"amount": amount, "currency": currency}
    return [value for column in columns for value in VALUES[column.code](facts)]


def _stage(row: Row) -> str:
    _code, label = stage_of(
        row["status"],
        is_accepting=row["task_kind"] == TaskKind.ACCEPT,
        last_step=row["last_step"] or "",
        is_part_paid=bool(row["paid_amount"]),
    )
    return label


def _left(row: Row) -> Decimal | None:
    is_owed = row["status"] in (Status.ON_APPROVAL, Status.APPROVED)
    left: Decimal = row["amount"] - row["paid_amount"]
    return left if is_owed else None


def _who(row: Row) -> tuple[Value, ...]:
    who = row["assignee"]
    if not who and row["status"] == Status.DRAFT:
        who = row["author__full_name"]
    if not who and row["status"] == Status.APPROVED:
        who = _("accounting")
    return (who, timezone.localdate(row["waiting_since"])) if who else (None, None)


HEADINGS: dict[str, Callable[[], tuple[Heading, ...]]] = {
    "number": lambda: (Heading(_("No."), 12),),
    "created": lambda: (Heading(_("Created"), 12),),
    "company": lambda: (Heading(_("Counterparty"), 36), Heading(_("Payment purpose"), 60)),
    "inn": lambda: (Heading(_("INN"), 14),),
    "invoice": lambda: (Heading(_("Invoice"), 16), Heading(_("Invoice date"), 12)),
    "amount": lambda: (Heading(_("Amount"), 16), Heading(_("Currency"), 8)),
    "left": lambda: (Heading(_("Left to pay"), 16),),
    "payer": lambda: (Heading(_("Payer"), 32),),
    "category": lambda: (Heading(_("Budget item"), 28),),
    "author": lambda: (Heading(_("Author"), 30),),
    "department": lambda: (Heading(_("Department"), 24),),
    "pay_by": lambda: (Heading(_("Pay by"), 12),),
    "planned": lambda: (Heading(_("Planned"), 14),),
    "stage": lambda: (Heading(_("Stage"), 26),),
    "who": lambda: (Heading(_("Who has it"), 30), Heading(_("Since"), 12)),
}
VALUES: dict[str, Callable[[Row], tuple[Value, ...]]] = {
    "number": lambda row: (row["pk"],),
    "created": lambda row: (timezone.localdate(row["created_at"]),),
    "company": lambda row: (row["company__name"], row["purpose"]),
    "inn": lambda row: (row["company__inn"],),
    "invoice": lambda row: (row["invoice_number"], row["invoice_date"]),
    "amount": lambda row: (row["amount"], row["currency"]),
    "left": lambda row: (_left(row),),
    "payer": lambda row: (row["payer__name"],),
    "category": lambda row: (row["category__name"],),
    "author": lambda row: (row["author__full_name"],),
    "department": lambda row: (row["author_department__name"],),
    "pay_by": lambda row: (row["pay_by"],),
    "planned": lambda row: (row["planned_on"],),
    "stage": lambda row: (_stage(row),),
    "who": _who,
}

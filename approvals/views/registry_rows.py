"""The registry's lines in a person's own columns, every cell made ready here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.columns import Column
from approvals.models import PaymentRequest
from approvals.states import Status
from approvals.views.rows import RequestRow, request_rows
from people.formats import date_short, money, plain

NOTHING = "—"


@dataclass(frozen=True)
class Cell:
    """What stands in a column, and in small print under it. The template draws number, company and stage."""

    column: Column
    label: str
    text: str = ""
    sub: str = ""
    sub_css: str = "muted"


@dataclass(frozen=True)
class RegistryRow:
    """A request with its cells; `amount` and `currency` are for summing up what is ticked."""

    row: RequestRow
    amount: str
    currency: str
    cells: list[Cell]


def registry_rows(
    requests: Iterable[PaymentRequest], columns: Sequence[Column]
) -> list[RegistryRow]:
    """Rows of what `selectors.for_list` loads."""
    found = list(requests)
    labelled = [(column, str(column.label)) for column in columns]
    return [
        RegistryRow(
            row=row,
            amount=plain(it.amount),
            currency=it.currency,
            cells=[_cell(column, label, it, row) for column, label in labelled],
        )
        for it, row in zip(found, request_rows(found), strict=True)
    ]


def _cell(column: Column, label: str, it: PaymentRequest, row: RequestRow) -> Cell:
    make = CELLS.get(column.code)
    return Cell(column, label, *make(it, row)) if make else Cell(column, label)


def _pay_by(_it: PaymentRequest, row: RequestRow) -> tuple[str, ...]:
    late = row.badge.overdue or (_("urgent") if row.is_urgent else "")
    return (row.pay_by, late, "overdue")


def _invoice(it: PaymentRequest, _row: RequestRow) -> tuple[str, ...]:
    day = date_short(it.invoice_date) if it.invoice_date else ""
    return (it.invoice_number or NOTHING, day)


def _left(it: PaymentRequest, _row: RequestRow) -> tuple[str, ...]:
    is_owed = it.status in (Status.ON_APPROVAL, Status.APPROVED)
    return (money(it.amount_left, it.currency) if is_owed else NOTHING,)


def _who(_it: PaymentRequest, row: RequestRow) -> tuple[str, ...]:
    if not row.who:
        return (NOTHING,)
    return (row.who, _("since %(day)s") % {"day": row.since})


CELLS: dict[str, Callable[[Any, RequestRow], tuple[str, ...]]] = {
    "created": lambda it, row: (date_short(timezone.localdate(it.created_at)),),
    "inn": lambda it, row: (it.company.inn or NOTHING,),
    "invoice": _invoice,
    "amount": lambda it, row: (row.amount,),
    "left": _left,
    "payer": lambda it, row: (it.payer.name if it.payer else NOTHING,),
    "category": lambda it, row: (it.category.name if it.category else NOTHING,),
    "author": lambda it, row: (row.author,),
    "department": lambda it, row: (it.author_department.name if it.author_department else NOTHING,),
    "pay_by": _pay_by,
    "planned": lambda it, row: (date_short(it.planned_on),),
    "who": _who,
}

"""The registry's columns: their codes (kept for each person), names and order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Column:
    """`sort` is the key of `approvals.registry.SORTS`, or empty where the list is not sorted by it.

    `tie` is what must be loaded for it (see `selectors.for_list`).
    """

    code: str
    label: Any
    sort: str = ""
    css: str = ""
    is_fixed: bool = False
    tie: str = ""


COLUMNS = {
    column.code: column
    for column in (
        Column("number", _("No."), "number", "nowrap", is_fixed=True),
        Column("created", _("Created"), "created", "nowrap"),
        Column("company", _("Counterparty"), "company", "what", is_fixed=True),
        Column("inn", _("INN"), css="nowrap"),
        Column("invoice", _("Invoice"), css="nowrap"),
        Column("amount", _("Amount"), "amount", "num amount"),
        Column("left", _("Left to pay"), css="num"),
        Column("payer", _("Payer"), tie="payer"),
        Column("category", _("Budget item"), tie="category"),
        Column("author", _("Author")),
        Column("department", _("Department"), tie="author_department"),
        Column("pay_by", _("Pay by"), "pay_by", "nowrap"),
        Column("planned", _("Planned"), "planned", "nowrap"),
        Column("stage", _("Stage"), css="stage"),
        Column("who", _("Who has it"), "waiting", "nowrap"),
    )
}
USUAL = ("number", "company", "amount", "pay_by", "stage", "who")


def chosen(codes: Iterable[Any]) -> list[Column]:
    """The columns of these codes in their order, the fixed ones always; the usual ones for none."""
    wanted = {code for code in codes if isinstance(code, str) and code in COLUMNS} or set(USUAL)
    return [column for column in COLUMNS.values() if column.is_fixed or column.code in wanted]

"""The register of a day: what is planned to be paid on it and what was paid, by payer and account.

What is drawn up of it, version by version, is a paper. Read by whoever sees every request. A constant number
of queries, whatever the day holds.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Max, Prefetch, QuerySet

from approvals.models import Payment, PaymentOrder, PaymentRequest, Register
from approvals.states import Status
from counterparties.models import BankAccount, Company
from counterparties.selectors import current_accounts
from documents.models import Document

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Line:
    """A payment to be made, or one that was made by the order `order_number`."""

    place: int
    payment_request: PaymentRequest
    amount: Decimal
    order_number: str
    is_paid: bool


@dataclass
class Sums:
    """Of one currency."""

    currency: str
    to_pay: Decimal = NOTHING
    paid: Decimal = NOTHING
    count: int = 0

    @property
    def amount(self) -> Decimal:
        return self.to_pay + self.paid

    def add(self, line: Line) -> None:
        self.count += 1
        if line.is_paid:
            self.paid += line.amount
        else:
            self.to_pay += line.amount


@dataclass
class Group:
    """One payer's account (None: nobody has chosen one), and what leaves it."""

    payer: Company
    account: BankAccount | None
    sums: Sums
    lines: list[Line] = field(default_factory=list)


@dataclass
class Day:
    """The whole register of a day."""

    on: datetime.date
    groups: list[Group]
    totals: list[Sums]

    @property
    def accounts(self) -> set[BankAccount]:
        """Those that money leaves, and those that it goes to."""
        ours = {group.account for group in self.groups}
        theirs = {line.payment_request.bank_account for g in self.groups for line in g.lines}
        return {account for account in ours | theirs if account is not None}


@dataclass(frozen=True)
class _Leaf:
    """A line before it has its place, and the account that it leaves."""

    payment_request: PaymentRequest
    amount: Decimal
    account: BankAccount | None
    order_number: str
    is_paid: bool

    @property
    def order(self) -> tuple[object, ...]:
        payer, account = self.payment_request.payer, self.account
        return (
            payer.name if payer else "",
            self.payment_request.currency,
            not account.is_main if account else True,
            account.pk if account else 0,
            not self.is_paid,
            self.payment_request.pk,
        )


def day_of(on: datetime.date) -> Day:
    """The day's payments: those recorded on it, and what is left of approved requests planned for it."""
    leaves = sorted([*_paid(on), *_planned(on)], key=lambda leaf: leaf.order)
    groups: dict[tuple[int | None, int | None, str], Group] = {}
    totals: dict[str, Sums] = {}
    for place, leaf in enumerate(leaves, 1):
        it = leaf.payment_request
        if it.payer is None:
            continue  # a constraint says that none is
        line = Line(place, it, leaf.amount, leaf.order_number, leaf.is_paid)
        key = (it.payer_id, leaf.account.pk if leaf.account else None, it.currency)
        if key not in groups:
            groups[key] = Group(it.payer, leaf.account, Sums(it.currency))
        groups[key].lines.append(line)
        groups[key].sums.add(line)
        totals.setdefault(it.currency, Sums(it.currency)).add(line)
    return Day(on, list(groups.values()), [totals[currency] for currency in sorted(totals)])


def _paid(on: datetime.date) -> Iterable[_Leaf]:
    payments = Payment.objects.filter(paid_on=on).select_related(
        "payer_account",
        "payment_request__payer",
        "payment_request__company",
        "payment_request__bank_account",
    )
    for payment in payments:
        yield _Leaf(
            payment.payment_request, payment.amount, payment.payer_account, payment.number, True
        )


def _planned(on: datetime.date) -> Iterable[_Leaf]:
    """A line for each order that is drawn up, from its account; the rest leaves the payer's main one."""
    requests = (
        PaymentRequest.objects.filter(status=Status.APPROVED, planned_on=on)
        .select_related("payer", "company", "bank_account")
        .prefetch_related(
            Prefetch(
                "payment_orders",
                PaymentOrder.objects.open().select_related("payer_account").order_by("pk"),
            ),
            "payments",
        )
    )
    main = _main_accounts({it.payer_id for it in requests if it.payer_id is not None})
    for it in requests:
        left = it.amount_left
        used = {payment.number for payment in it.payments.all()}
        for order in it.payment_orders.all():
            amount = min(order.amount, left)
            if order.number not in used and amount:
                left -= amount
                yield _Leaf(it, amount, order.payer_account, order.number, False)
        if left:
            yield _Leaf(it, left, main.get((it.payer_id, it.currency)), "", False)


def _main_accounts(payer_ids: set[int]) -> dict[tuple[int | None, str], BankAccount]:
    """Each payer's first account in each currency."""
    found: dict[tuple[int | None, str], BankAccount] = {}
    for account in current_accounts().filter(company_id__in=payer_ids):
        found.setdefault((account.company_id, account.currency), account)
    return found


def newest_version(on: datetime.date) -> Register | None:
    """What was drawn up last for a day, with its paper."""
    return _with_papers().filter(day_on=on).first()


def newest_of_each_day(count: int) -> list[Register]:
    """The newest version of each day that has any, the latest days first."""
    newest = Register.objects.order_by().values("day_on").annotate(last=Max("pk"))
    return list(_with_papers().filter(pk__in=newest.values("last")).order_by("-day_on")[:count])


def register_of(document: Document) -> Register | None:
    """The register that a document is a file of: a version's PDF, or the DOCX beside it."""
    return Register.objects.filter(document__folder=document.folder_id).first()


def documents_of(on: datetime.date) -> list[Document]:
    """All files that were drawn up for a day, oldest first, with what they were printed from."""
    folders = Register.objects.filter(day_on=on).values("document__folder")
    return list(
        Document.objects.filter(folder__in=folders)
        .select_related("folder", "uploaded_by", "paper")
        .order_by("pk")
    )


def _with_papers() -> QuerySet[Register]:
    return Register.objects.select_related(
        "document__paper", "document__folder", "drawn_by"
    ).order_by("-pk")

"""The story with its days and hours: who does what to which request, and when exactly.

Past days: a request is made at 10:00 plus seven minutes times its number and sent ten minutes later, other
events of one day are two hours apart, payments fall at 16:30. What happens today lies in the last hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from approvals.vat import vat_inside
from demo.days import Days, month_before
from demo.story import Happening, Months, Request, Story
from demo.texts import purpose, rate_on, with_months

OPENING = time(10)
PAYING = time(16, 30)
A_NUMBER = timedelta(minutes=7)
AFTER_CREATION = timedelta(minutes=10)
BEFORE_SENDING = timedelta(minutes=4)
BETWEEN = timedelta(hours=2)
LAST_HOUR = timedelta(hours=1)
HALF_A_YEAR = 6
MONTHS_PAYER = "own1"
ACCOUNTANT = "accountant"
BY_AUTHOR = {"create", "submit", "accept", "withdraw", "cancel", "add"}
NOT_BUILT = {"hold"}


@dataclass(frozen=True)
class Step:
    """Somebody does something to the request `no`; `text` is a comment, a reason, a sum or a paper's name."""

    at: datetime
    no: int
    verb: str
    by: str
    text: str = ""
    order_number: str = ""
    kind: str = ""

    @property
    def day(self) -> date:
        """The day it happens, in the organisation's zone."""
        return timezone.localdate(self.at)


@dataclass(frozen=True)
class Planned:
    """A request as its author types it, and every step of its life in their order."""

    no: int
    author: str
    payer: str
    company: str
    account: str | None
    contact: str | None
    category: str
    amount: Decimal
    vat_rate: str
    vat_amount: Decimal | None
    terms: str
    what: str
    purpose: str
    invoice_number: str
    invoice_date: date | None
    pay_by: date
    status: str
    steps: tuple[Step, ...]


def the_thirty(story: Story, days: Days) -> list[Planned]:
    """The requests of the last three weeks, in the order of their numbers."""
    planned = [_planned(story, days, request) for request in story.requests]
    today = sorted(
        (step for request in planned for step in request.steps if _is_today(step, days)),
        key=order,
    )
    squeezed = dict(zip(today, _last_hour(days, len(today)), strict=True))
    return [
        replace(
            request,
            steps=tuple(replace(step, at=squeezed.get(step, step.at)) for step in request.steps),
        )
        for request in planned
    ]


def older_months(story: Story, days: Days) -> list[Planned]:
    """One paid request a company in each of the six months before, the oldest first."""
    newest = month_before(days.day(-15))
    no = len(story.requests)
    # The payments just before the story's own.
    first_order = min(_order_numbers(story)) - HALF_A_YEAR * len(story.months)
    planned = []
    for age in reversed(range(HALF_A_YEAR)):
        month = month_before(newest, age)
        for place, line in enumerate(story.months, start=1):
            no += 1
            order_number = str(first_order + no - len(story.requests) - 1)
            planned.append(_monthly(story, days, line, month, age, place, no, order_number))
    return planned


def the_beginning(story: Story, days: Days) -> date:
    """The first working day of the oldest month: when the firm began to use the program."""
    oldest = month_before(days.day(-15), HALF_A_YEAR)
    return days.working_day_of_month(oldest, 1)


def steps_of(requests: Iterable[Planned]) -> list[Step]:
    """What happens to all of them, in the order in which it happens."""
    return sorted((step for request in requests for step in request.steps), key=order)


def order(step: Step) -> tuple[datetime, int]:
    """Sorting is stable, so the steps of one request that share a moment keep their order."""
    return step.at, step.no


def _planned(story: Story, days: Days, request: Request) -> Planned:
    made_on = days.day(request.events[0].day)
    rate = rate_on(request.vat_rate, made_on)
    vat = request.vat_amount if rate == request.vat_rate else vat_inside(request.amount, rate)
    what = with_months(request.what, made_on)
    return Planned(
        no=request.no,
        author=request.author,
        payer=request.payer,
        company=request.company,
        account=request.account,
        contact=request.contact,
        category=request.category,
        amount=request.amount,
        vat_rate=rate,
        vat_amount=vat,
        terms=request.terms,
        what=what,
        purpose=purpose(
            what=what,
            terms=request.terms,
            invoice_number=request.invoice_number,
            invoice_date=made_on,
            vat_rate=rate,
            vat_amount=vat,
        ),
        invoice_number=request.invoice_number,
        invoice_date=made_on if request.invoice_number else None,
        pay_by=days.day(request.pay_by),
        status=request.status,
        steps=tuple(_steps(story, days, request)),
    )


def _steps(story: Story, days: Days, request: Request) -> list[Step]:
    papers = {paper.before: paper for paper in story.papers if paper.request == request.no}
    steps: list[Step] = []
    before: Happening | None = None
    for index, event in enumerate(request.events):
        if event.verb in NOT_BUILT:
            continue
        at = _time(days, request.no, event, before, steps)
        if paper := papers.get(index):
            before_it = at - BEFORE_SENDING
            steps.append(
                Step(before_it, request.no, "add", request.author, paper.name, kind=paper.kind)
            )
        by = event.by or _usual(story, request.author, event.verb)
        steps.append(Step(at, request.no, event.verb, by, event.text, event.order_number))
        before = event
    return steps


def _time(
    days: Days, no: int, event: Happening, before: Happening | None, steps: list[Step]
) -> datetime:
    day = days.day(event.day)
    if event.verb == "pay":
        return days.at(day, PAYING)
    if before is None or before.day != event.day:
        return days.at(day, OPENING) + A_NUMBER * no
    return steps[-1].at + (AFTER_CREATION if before.verb == "create" else BETWEEN)


def _usual(story: Story, author: str, verb: str) -> str:
    if verb in BY_AUTHOR:
        return author
    if verb == "pay":
        return ACCOUNTANT
    return story.people[author].supervisor or story.default_approver


def _is_today(step: Step, days: Days) -> bool:
    return step.at >= days.midnight


def _last_hour(days: Days, count: int) -> list[datetime]:
    """Moments of the last hour, spread evenly; all of them today, and before now."""
    start = max(days.now - LAST_HOUR, days.midnight)
    return [start + (days.now - start) * place / (count + 1) for place in range(1, count + 1)]


def _order_numbers(story: Story) -> list[int]:
    return [
        int(event.order_number)
        for request in story.requests
        if request.payer == MONTHS_PAYER
        for event in request.events
        if event.order_number
    ]


def _monthly(
    story: Story,
    days: Days,
    line: Months,
    month: date,
    age: int,
    place: int,
    no: int,
    order_number: str,
) -> Planned:
    made_on, approved_on, paid_on = (
        days.working_day_of_month(month, number) for number in (3, 4, 6)
    )
    amount, rate = line.amounts[age], rate_on(line.vat_rate, made_on)
    vat = vat_inside(amount, rate)
    what = with_months(line.what, month)
    invoice_number = f"{line.company}-{month:%Y%m}"
    made_at = days.at(made_on, OPENING) + A_NUMBER * place
    approved_at = days.at(approved_on, OPENING) + A_NUMBER * place
    approver = _usual(story, line.author, "approve")
    return Planned(
        no=no,
        author=line.author,
        payer=MONTHS_PAYER,
        company=line.company,
        account=line.account,
        contact=story.companies[line.company].contacts[0].key,
        category=line.category,
        amount=amount,
        vat_rate=rate,
        vat_amount=vat,
        terms=line.terms,
        what=what,
        purpose=purpose(
            what=what,
            terms=line.terms,
            invoice_number=invoice_number,
            invoice_date=made_on,
            vat_rate=rate,
            vat_amount=vat,
        ),
        invoice_number=invoice_number,
        invoice_date=made_on,
        pay_by=paid_on,
        status="paid",
        steps=(
            Step(made_at, no, "create", line.author),
            Step(made_at + AFTER_CREATION, no, "submit", line.author),
            Step(approved_at, no, "approve", approver),
            Step(approved_at + BETWEEN, no, "accept", line.author),
            Step(days.at(paid_on, PAYING), no, "pay", ACCOUNTANT, str(amount), order_number),
        ),
    )

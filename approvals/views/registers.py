"""Registers of payments: the days that have anything, and each day by payer and account, to be drawn up."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from approvals import pay_days, policies, selectors, services, totals
from approvals import registers as registers_of
from approvals.forms import RegisterDayForm
from approvals.models import Register
from approvals.papers.register import says_otherwise
from approvals.pay_days import FIRST, LAST
from approvals.registers import Day, Group, Line
from approvals.totals import DayTotal
from approvals.views.document_rows import DocumentRow, brought_and_drawn_up, is_pending
from approvals.views.http import (
    form_key_of,
    redirect_303,
    require_POST,
    require_safe,
)
from audit.refusals import Invalid, refuse_if
from counterparties.models import BankAccount
from counterparties.selectors import banks_of
from people import working_days
from people.formats import date_long, date_short, is_russian, money

SHOWN = 50


@dataclass
class DayRow:
    """A day on which something is left to pay."""

    day: datetime.date
    label: str
    is_late: bool
    is_today: bool
    sums: list[str]
    count: int
    newest: Register | None


@dataclass(frozen=True)
class LineRow:
    """A payment with its payee's bank as the directory names it, and what is wrong with that bank."""

    line: Line
    bank: str
    warning: str


@dataclass(frozen=True)
class GroupRow:
    """A payer's account and what leaves it; `bank` as the directory names it."""

    group: Group
    bank: str
    lines: list[LineRow]


@require_safe
def register_list(request: HttpRequest) -> HttpResponse:
    """The days, and what was drawn up; with `day` straight to that one."""
    refuse_if(policies.why_not_see_registers(request.user))
    today = timezone.localdate()
    settings = selectors.organisation_settings()
    next_day = pay_days.next_pay_day(today, settings)
    form = RegisterDayForm(request.GET if "day" in request.GET else None, initial={"day": next_day})
    if form.is_bound and form.is_valid():
        day = form.cleaned_data["day"]
        if FIRST <= day <= LAST:
            return redirect("approvals:register", day.isoformat())
        form.add_error("day", _("A day between %(first)s and %(last)s.") % _limits())
    drawn_up = registers_of.newest_of_each_day(SHOWN)
    left = totals.left_to_pay_by_day(request.user)
    context = {
        "form": form,
        "next_day": next_day,
        "next_label": _label(next_day),
        "days": _days(left, {it.day_on: it for it in drawn_up}, today=today),
        "drawn_up": [(it, _label(it.day_on), _row(it)) for it in drawn_up],
        "may_draw_up": policies.why_not_draw_up_register(request.user) is None,
    }
    return render(request, "approvals/registers/list.html", context)


@require_safe
def register(request: HttpRequest, day: str) -> HttpResponse:
    """A day, whether or not anything was drawn up of it."""
    refuse_if(policies.why_not_see_registers(request.user))
    return _render(request, _day_or_404(day))


@require_POST
def register_new(request: HttpRequest, day: str) -> HttpResponse:
    """Draw the day's register up, or a new version of it."""
    refuse_if(policies.why_not_see_registers(request.user))
    on = _day_or_404(day)
    try:
        made, is_new = services.draw_up_register(
            on=on, actor=request.user, form_key=form_key_of(request)
        )
    except Invalid as refusal:
        return _render(request, on, status=422, reason=refusal.reason)
    if is_new:
        messages.success(request, _("The register is being drawn up"))
    elif made.form_key is None or made.form_key != form_key_of(request):
        messages.info(request, _("Nothing has changed since the register was drawn up"))
    return redirect_303("approvals:register", on.isoformat())


def _render(
    request: HttpRequest, on: datetime.date, *, status: int = 200, reason: str = ""
) -> HttpResponse:
    user, today = request.user, timezone.localdate()
    day = registers_of.day_of(on)
    newest = registers_of.newest_version(on)
    is_outdated = newest is not None and says_otherwise(newest.document.paper, day)
    may_draw_up = policies.why_not_draw_up_register(user) is None
    may_retry = policies.why_not_retry_register(user) is None
    documents = registers_of.documents_of(on)
    _brought, versions = brought_and_drawn_up(documents, may_retry=may_retry)
    context = {
        "on": on,
        "label": _label(on),
        "lead": _lead(on, today),
        "reason": reason,
        "groups": _groups(day),
        "totals": day.totals,
        "newest": newest,
        "is_outdated": is_outdated,
        "versions": versions[::-1],
        "is_pending": is_pending(documents),
        "may_draw_up": may_draw_up and bool(day.groups) and (newest is None or is_outdated),
        "form": RegisterDayForm(initial={"day": on}),
    }
    return render(request, "approvals/registers/day.html", context, status=status)


def _groups(day: Day) -> list[GroupRow]:
    banks = banks_of(day.accounts)

    def name(account: BankAccount | None) -> str:
        if account is None:
            return ""
        bank = banks[account.pk].bank
        return bank.payment_name if bank is not None else account.bank_name

    def row(line: Line) -> LineRow:
        account = line.payment_request.bank_account
        is_asked = account is not None and not line.is_paid
        warning = banks[account.pk].warning if account is not None and is_asked else ""
        return LineRow(line, name(account), warning)

    return [
        GroupRow(group, name(group.account), [row(line) for line in group.lines])
        for group in day.groups
    ]


def _row(it: Register) -> DocumentRow:
    _brought, [row] = brought_and_drawn_up([it.document], may_retry=False)
    return row


def _days(
    left: Iterable[DayTotal], drawn_up: dict[datetime.date, Register], *, today: datetime.date
) -> list[DayRow]:
    """A row a day, its sums a currency."""
    rows: dict[datetime.date, DayRow] = {}
    for total in totals.per_day(left):
        day = total.day
        row = rows.setdefault(
            day,
            DayRow(day, _label(day), day < today, day == today, [], 0, drawn_up.get(day)),
        )
        row.sums.append(money(total.amount, total.currency))
        row.count += total.count
    return list(rows.values())


def _label(day: datetime.date) -> str:
    """'24.11.2026, вторник' or '24 Nov 2026, Tuesday'."""
    weekday = str(WEEKDAYS[day.weekday()])
    return f"{date_short(day)}, {weekday.lower() if is_russian(None) else weekday}"


def _lead(on: datetime.date, today: datetime.date) -> str:
    """What kind of day it is, where that matters."""
    if name := working_days.day_off_name(on):
        return name
    if not working_days.is_working_day(on):
        return _("A day off: banks do not work.")
    return _("Today") if on == today else ""


def _limits() -> dict[str, str]:
    return {"first": date_long(FIRST), "last": date_long(LAST)}


def _day_or_404(text: str) -> datetime.date:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if day.isoformat() != text or not FIRST <= day <= LAST:
        raise Http404
    return day

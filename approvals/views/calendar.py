"""The payment calendar: what each day costs, who moves what to which day."""

from __future__ import annotations

import calendar as months
import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from approvals import pay_calendar, pay_days, policies, selectors, services
from approvals.forms import CalendarForm, PlanForm
from approvals.models import PaymentRequest
from approvals.models.access import Access
from approvals.pay_calendar import Period, Slice
from approvals.pay_days import FIRST, LAST
from approvals.views.http import get_visible_or_404, redirect_303, require_POST, require_safe
from audit.refusals import Conflict, Invalid
from counterparties.models import Company
from people import working_days
from people.formats import date_short, is_russian, money, plain

NAMED_IN_MONTH = 3
NAMED_IN_WEEK = 12
SHOWN = 50
WEEK = datetime.timedelta(days=7)


@dataclass(frozen=True)
class Sum:
    """A sum of one state and currency, ready to show; `payers` where several pay it."""

    state: str
    label: str
    currency: str
    amount: str
    plain: str
    count: int
    payers: list[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """A day of the calendar."""

    day: datetime.date
    label: str
    url: str
    sums: list[Sum]
    requests: list[PaymentRequest]
    more: int
    is_today: bool
    is_off: bool
    off_name: str
    is_pay_day: bool
    is_outside: bool
    is_late: bool
    is_open: bool
    takes: bool

    @property
    def css(self) -> str:
        marks = {
            "off": self.is_off,
            "today": self.is_today,
            "outside": self.is_outside,
            "pay-day": self.is_pay_day,
            "open": self.is_open,
            "nothing": not self.sums,
        }
        return " ".join(mark for mark, has in marks.items() if has)


@dataclass(frozen=True)
class View:
    """What is asked: a month or a week, of one payer or all, with a day opened or none."""

    first: datetime.date
    is_week: bool
    payer: Company | None
    opened: datetime.date | None

    def query(self, **changed: Any) -> str:
        """The address of this view, or of it with something changed (None takes a part away)."""
        asked: dict[str, Any] = {
            "week" if self.is_week else "month": self._start(self.first),
            "payer": self.payer.pk if self.payer else None,
            "day": self.opened,
        }
        asked.update(changed)
        return urlencode({name: value for name, value in asked.items() if value is not None})

    def _start(self, day: datetime.date) -> str:
        return day.isoformat() if self.is_week else f"{day:%Y-%m}"

    @property
    def period(self) -> Period:
        """Whole weeks, from Monday to Sunday."""
        first = self.first - datetime.timedelta(days=self.first.weekday())
        last = self.first
        if not self.is_week:
            last = last.replace(day=months.monthrange(last.year, last.month)[1])
        return Period(first, last + datetime.timedelta(days=6 - last.weekday()))

    @property
    def title(self) -> str:
        if self.is_week:
            return f"{date_short(self.period.first)} – {date_short(self.period.last)}"
        return f"{MONTHS[self.first.month]} {self.first.year}"

    @property
    def before(self) -> str:
        return self._step(-1)

    @property
    def after(self) -> str:
        return self._step(1)

    def _step(self, by: int) -> str:
        if self.is_week:
            return self.query(week=self._start(_within(self.first + by * WEEK)), day=None)
        index = self.first.year * 12 + self.first.month - 1 + by
        first = datetime.date(index // 12, index % 12 + 1, 1)
        return self.query(month=self._start(_within(first)), day=None)


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """A month, or a week, by planned pay day."""
    return _render(request, request.GET)


@require_POST
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a request to another day, and show the calendar again."""
    payment_request = get_visible_or_404(PaymentRequest.objects.visible_to(request.user), pk)
    form = PlanForm(request.POST)
    back = QueryDict(request.POST.get("back", "")[:200])
    if not form.is_valid():
        reason = " ".join(form.errors.get("day", [_("That form could not be read: try again.")]))
        return _render(request, back, status=422, reason=reason)
    try:
        services.plan_day(
            payment_request_id=pk,
            actor=request.user,
            day=form.cleaned_data["day"],
            form_key=form.cleaned_data["form_key"],
        )
    except Invalid as refusal:
        return _render(request, back, status=422, reason=refusal.reason)
    except Conflict as refusal:
        return _render(request, back, status=409, reason=refusal.reason)
    messages.success(
        request,
        _("%(request)s is planned for %(day)s")
        % {"request": payment_request, "day": date_short(form.cleaned_data["day"])},
    )
    return redirect_303(f"{reverse('approvals:calendar')}?{_asked(back).query()}")


def _render(
    request: HttpRequest, query: QueryDict, *, status: int = 200, reason: str = ""
) -> HttpResponse:
    user, today = request.user, timezone.localdate()
    view = _asked(query)
    named = NAMED_IN_WEEK if view.is_week else NAMED_IN_MONTH
    access = PaymentRequest.objects.access_of(user)
    found = pay_calendar.days(user, view.period, payer=view.payer, named=named, access=access)
    settings = selectors.organisation_settings()
    weeks = _weeks(view, found, settings=settings, today=today)
    context = {
        "view": view,
        "reason": reason,
        "weeks": weeks,
        "weekdays": [(str(WEEKDAYS_ABBR[n]), str(WEEKDAYS[n])) for n in range(7)],
        "has_any": bool(found),
        "totals": _sums(
            [
                slice_
                for day, it in found.items()
                if view.is_week or (day.year, day.month) == (view.first.year, view.first.month)
                for slice_ in it.slices
            ]
        ),
        "overdue": _overdue(user, today, view.payer, access),
        "payers": CalendarForm(initial={"payer": view.payer}),
        "today_query": view.query(
            **{"week" if view.is_week else "month": view._start(today), "day": None}
        ),
        "month_query": View(_month_of(view), False, view.payer, view.opened).query(),
        "week_query": View(_day_of(view, today), True, view.payer, view.opened).query(),
        "may_plan": user.is_accountant,
        "sees_registers": policies.why_not_see_registers(user) is None,
        "today": today,
        "names_pay_days": bool(settings.pay_weekdays),
        **_opened(user, view),
    }
    return render(request, "approvals/calendar/page.html", context, status=status)


def _asked(query: QueryDict) -> View:
    form = CalendarForm(query)
    form.is_valid()  # what cannot be read is as if it were not there
    asked = form.cleaned_data
    opened = asked.get("day")
    opened = opened if opened and FIRST <= opened <= LAST else None
    start = opened or timezone.localdate()
    if week := asked.get("week"):
        return View(_within(week), True, asked.get("payer"), opened)
    month = _within(asked.get("month") or start)
    return View(month.replace(day=1), False, asked.get("payer"), opened)


def _day_label(day: datetime.date) -> str:
    """'24.11.2026, вторник' or '24 Nov 2026, Tuesday'."""
    weekday = str(WEEKDAYS[day.weekday()])
    return f"{date_short(day)}, {weekday.lower() if is_russian(None) else weekday}"


def _within(day: datetime.date) -> datetime.date:
    return min(max(day, FIRST), LAST)


def _month_of(view: View) -> datetime.date:
    return (view.opened or view.first).replace(day=1)


def _day_of(view: View, today: datetime.date) -> datetime.date:
    """The week to show when a month becomes a week: the opened day's, today's, or the month's first."""
    if view.opened or view.is_week:
        return view.opened or view.first
    return today if (today.year, today.month) == (view.first.year, view.first.month) else view.first


def _weeks(view: View, found: Any, *, settings: Any, today: datetime.date) -> list[list[Cell]]:
    days = []
    day = view.period.first
    while day <= view.period.last:
        days.append(day)
        day += pay_days.ONE_DAY
    cells = [
        _cell(day, found.get(day, pay_calendar.Day()), view, settings=settings, today=today)
        for day in days
    ]
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


def _cell(
    day: datetime.date, it: pay_calendar.Day, view: View, *, settings: Any, today: datetime.date
) -> Cell:
    is_off = not working_days.is_working_day(day)
    return Cell(
        day=day,
        label=_day_label(day),
        url=f"?{view.query(day=day)}#day",
        sums=_sums(it.slices),
        requests=it.requests,
        more=it.count - len(it.requests),
        is_today=day == today,
        is_off=is_off,
        off_name=working_days.day_off_name(day),
        is_pay_day=bool(settings.pay_weekdays) and pay_days.is_pay_day(day, settings),
        is_outside=not view.is_week and day.month != view.first.month,
        is_late=day < today and any(s.state == pay_calendar.APPROVED for s in it.slices),
        is_open=day == view.opened,
        takes=day >= today,
    )


def _sums(slices: list[Slice]) -> list[Sum]:
    """A sum for each currency and state, in the order of the states; payers told where there are several."""
    labels = _labels()
    grouped: dict[tuple[str, str], list[Slice]] = {}
    for slice_ in slices:
        grouped.setdefault((slice_.state, slice_.currency), []).append(slice_)
    sums = []
    for (state, currency), parts in sorted(
        grouped.items(), key=lambda item: (list(labels).index(item[0][0]), item[0][1])
    ):
        by_payer: dict[str, Decimal] = {}
        for part in parts:
            by_payer[part.payer] = by_payer.get(part.payer, Decimal(0)) + part.amount
        total = sum(by_payer.values(), Decimal(0))
        payers = [(name, money(amount, currency)) for name, amount in sorted(by_payer.items())]
        sums.append(
            Sum(
                state,
                str(labels[state]),
                currency,
                money(total, currency),
                plain(total),
                sum(part.count for part in parts),
                payers if len(payers) > 1 else [],
            )
        )
    return sums


def _labels() -> dict[str, str]:
    return {
        pay_calendar.PAID: _("paid"),
        pay_calendar.APPROVED: _("approved"),
        pay_calendar.ACCEPTING: _("waiting for the manager"),
        pay_calendar.IN_APPROVAL: _("in approval"),
    }


def _overdue(
    user: Any, today: datetime.date, payer: Company | None, access: Access
) -> dict[str, Any] | None:
    sums = pay_calendar.overdue(user, today, payer=payer, access=access)
    if not sums:
        return None
    query = {"status": "approved", "planned_to": today - pay_days.ONE_DAY}
    if payer is not None:
        query["payer"] = payer.pk
    return {
        "count": sum(slice_.count for slice_ in sums),
        "sums": [money(slice_.amount, slice_.currency) for slice_ in sums],
        "url": f"{reverse('approvals:requests')}?{urlencode(query)}",
    }


def _opened(user: Any, view: View) -> dict[str, Any]:
    """The requests of the opened day, as many as a page takes."""
    if view.opened is None:
        return {"opened": None}
    found = list(pay_calendar.planned_on(user, view.opened, payer=view.payer)[: SHOWN + 1])
    query = {
        "status": ["on_approval", "approved"],
        "planned_from": view.opened,
        "planned_to": view.opened,
    }
    return {
        "opened": view.opened,
        "opened_label": _day_label(view.opened),
        "opened_rows": [
            {
                "it": it,
                "state": it.state,
                "label": _labels()[it.state],
                "left": money(it.amount_left, it.currency),
                "may_plan": policies.why_not_plan(it, user) is None,
            }
            for it in found[:SHOWN]
        ],
        "opened_more": f"{reverse('approvals:requests')}?{urlencode(query, doseq=True)}"
        if len(found) > SHOWN
        else "",
        "close_query": view.query(day=None),
    }

"""Approved totals by planned pay day, ready for the dashboard's table and chart."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.urls import reverse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.totals import DayTotal, per_day
from people.formats import date_short, money, plain

AHEAD = 14
# Of overdue and of later days, the lines nearest to today; the others are one line for each currency.
NEAREST = 12
Key = tuple[datetime.date, str]
# Left to pay, waiting for acceptance, in approval.
Sums = dict[Key, list[Decimal]]

FULL = 100  # the height of a chart's column, in its own units


@dataclass
class DayLine:
    """One day and currency: what is left to pay (nothing where acceptance is awaited), by which payers.

    Several days that are far as one line: without `day`, `plain` and `payers`.
    """

    day: datetime.date | None
    currency: str
    label: str
    url: str
    amount: str = ""
    plain: str = ""
    waiting: str = ""
    expected: str = ""
    payers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def payers_number(self) -> str:
        number = len(self.payers)
        return ngettext("%(n)s payer", "%(n)s payers", number) % {"n": number}


@dataclass(frozen=True)
class DayGroup:
    """Overdue, today, the next two weeks, or later: its lines, and their sums where they are several."""

    code: str
    label: str
    lines: list[DayLine]
    sums: list[str]


@dataclass(frozen=True)
class PayerTotal:
    """What is left to pay in one currency on all days, by one payer or (an empty name) by all."""

    payer: str
    currency: str
    amount: str
    plain: str


@dataclass(frozen=True)
class Column:
    """A column of the chart: heights out of FULL, measured from its foot."""

    label: str
    weekday: str
    title: str
    code: str
    left: int
    waiting: int
    expected: int

    @property
    def left_top(self) -> int:
        return FULL - self.left

    @property
    def waiting_top(self) -> int:
        return self.left_top - self.waiting

    @property
    def expected_top(self) -> int:
        return self.waiting_top - self.expected


@dataclass(frozen=True)
class Chart:
    """The columns of one currency, and its largest sum in words."""

    currency: str
    top: str
    columns: list[Column]


def day_groups(
    left: Iterable[DayTotal],
    waiting: Iterable[DayTotal],
    expected: Iterable[DayTotal],
    *,
    today: datetime.date,
) -> list[DayGroup]:
    """The table: groups that have anything, their lines by day and currency.

    `left` is approved, `waiting` waits for its author's acceptance, `expected` for an approver.
    """
    left = list(left)
    sums: Sums = {}
    for kind, totals in enumerate((left, waiting, expected)):
        for total in totals:
            parts = sums.setdefault((total.day, total.currency), [Decimal(0)] * 3)
            parts[kind] += total.amount
    payers: dict[Key, list[DayTotal]] = {}
    for total in left:
        payers.setdefault((total.day, total.currency), []).append(total)
    by_group: dict[str, list[Key]] = {}
    for key in sorted(sums):
        by_group.setdefault(_group_of(key[0], today), []).append(key)
    groups = []
    for code, label in _groups():
        if keys := by_group.get(code):
            near, far = _near_and_far(keys, code)
            lines = [_line(key, sums[key], payers.get(key, [])) for key in near]
            folded = _folded(far, sums, code)
            lines = [*folded, *lines] if code == "overdue" else [*lines, *folded]
            in_all = _in_all(keys, sums) if len(lines) > 1 else []
            groups.append(DayGroup(code, label, lines, in_all))
    return groups


def payer_totals(left: Iterable[DayTotal]) -> list[PayerTotal]:
    """Over all days: a line for each payer, then one for all of them where there are several."""
    sums: dict[tuple[str, str], Decimal] = {}
    for total in left:
        for payer in (total.payer, ""):
            key = (total.currency, payer)
            sums[key] = sums.get(key, Decimal(0)) + total.amount
    payers = Counter(currency for currency, payer in sums if payer)
    return [
        PayerTotal(payer, currency, money(amount, currency), plain(amount))
        for (currency, payer), amount in sorted(
            sums.items(), key=lambda i: (i[0][0], not i[0][1], i[0][1])
        )
        if payer or payers[currency] > 1
    ]


def charts(
    left: Iterable[DayTotal],
    waiting: Iterable[DayTotal],
    expected: Iterable[DayTotal],
    *,
    today: datetime.date,
) -> list[Chart]:
    """A chart for each currency: overdue, each of the next days, later."""
    kinds = [per_day(left), per_day(waiting), per_day(expected)]
    currencies = sorted({total.currency for totals in kinds for total in totals})
    return [_chart(currency, kinds, today) for currency in currencies]


def _chart(currency: str, kinds: list[list[DayTotal]], today: datetime.date) -> Chart:
    places = ["overdue", *(today + datetime.timedelta(days=n) for n in range(AHEAD + 1)), "later"]
    sums: dict[object, list[Decimal]] = {place: [Decimal(0)] * len(kinds) for place in places}
    for kind, totals in enumerate(kinds):
        for total in totals:
            if total.currency == currency:
                code = _group_of(total.day, today)
                place = total.day if code in ("today", "soon") else code
                sums[place][kind] += total.amount
    top = max(sum(parts, Decimal(0)) for parts in sums.values())
    columns = [_column(place, parts, top, currency, today) for place, parts in sums.items()]
    return Chart(currency, money(top, currency), columns)


def _column(
    place: object,
    parts: list[Decimal],
    top: Decimal,
    currency: str,
    today: datetime.date,
) -> Column:
    left, waiting, expected = parts
    if isinstance(place, datetime.date):
        label, code = str(place.day), _group_of(place, today)
        weekday, name = str(WEEKDAYS_ABBR[place.weekday()]), date_short(place)
        if code == "soon" and place.weekday() >= 5:
            code = "weekend"
    else:
        code = str(place)
        name = dict(_groups())[code]
        label, weekday = ("<", _("before")) if code == "overdue" else (">", _("after"))
    title = f"{name}: {money(left, currency)}"
    if waiting:
        title = _("%(day)s and %(amount)s waiting for the manager") % {
            "day": title,
            "amount": money(waiting, currency),
        }
    if expected:
        title = _("%(day)s and %(amount)s in approval") % {
            "day": title,
            "amount": money(expected, currency),
        }
    heights = (_height(part, top) for part in parts)
    return Column(label, weekday, title, code, *heights)


def _height(amount: Decimal, top: Decimal) -> int:
    """Out of FULL; whatever is not nothing can be seen."""
    return max(round(amount * FULL / top), 2) if amount and top else 0


def _near_and_far(keys: list[Key], code: str) -> tuple[list[Key], list[Key]]:
    """Those shown one by one, and those that are so far away that a line stands for all of them."""
    if code not in ("overdue", "later") or len(keys) <= NEAREST + 1:
        return keys, []
    return (
        (keys[-NEAREST:], keys[:-NEAREST])
        if code == "overdue"
        else (keys[:NEAREST], keys[NEAREST:])
    )


def _line(key: Key, parts: list[Decimal], payers: list[DayTotal]) -> DayLine:
    day, currency = key
    label = f"{date_short(day)}, {WEEKDAYS_ABBR[day.weekday()]}"
    line = DayLine(day, currency, label, _url(currency, f"planned_from={day}&planned_to={day}"))
    _fill(line, parts)
    if payers:
        line.plain = plain(parts[0])
        line.payers = [(total.payer, money(total.amount, currency)) for total in payers]
    return line


def _folded(keys: list[Key], sums: Sums, code: str) -> list[DayLine]:
    """A line for each currency of these days, which leads to all of them."""
    by_currency: dict[str, list[datetime.date]] = {}
    for day, currency in keys:
        by_currency.setdefault(currency, []).append(day)
    lines = []
    for currency, days in sorted(by_currency.items()):
        if code == "overdue":
            label, query = _("earlier"), f"planned_to={days[-1]}"
        else:
            label, query = _("after that"), f"planned_from={days[0]}"
        number = ngettext("%(n)s day", "%(n)s days", len(days)) % {"n": len(days)}
        line = DayLine(None, currency, f"{label}, {number}", _url(currency, query))
        parts = [sum((sums[day, currency][kind] for day in days), Decimal(0)) for kind in range(3)]
        _fill(line, parts)
        lines.append(line)
    return lines


def _fill(line: DayLine, parts: list[Decimal]) -> None:
    line.amount, line.waiting, line.expected = (
        money(part, line.currency) if part else "" for part in parts
    )


def _url(currency: str, query: str) -> str:
    return f"{reverse('approvals:requests')}?status=approved&{query}&currency={currency}"


def _groups() -> tuple[tuple[str, str], ...]:
    return (
        ("overdue", _("Overdue")),
        ("today", _("Today")),
        ("soon", _("Next 14 days")),
        ("later", _("Later")),
    )


def _group_of(day: datetime.date, today: datetime.date) -> str:
    if day < today:
        return "overdue"
    if day == today:
        return "today"
    return "soon" if day <= today + datetime.timedelta(days=AHEAD) else "later"


def _in_all(keys: list[Key], sums: Sums) -> list[str]:
    """What is left to pay on all these days, in each currency."""
    found: dict[str, Decimal] = {}
    for key in keys:
        found[key[1]] = found.get(key[1], Decimal(0)) + sums[key][0]
    return [money(amount, currency) for currency, amount in sorted(found.items()) if amount]

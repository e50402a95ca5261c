"""Facts of a request in plain words: its VAT, and what the company was paid before."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.inbox import PaidBefore, paid_before
from approvals.models import PaymentRequest
from approvals.vat import NO_VAT
from people.formats import date_short, money, percent

# A tenth more or less is as usual; half as much again is worth a look.
NEAR, FAR = Decimal("1.1"), Decimal("1.5")


@dataclass(frozen=True)
class Line:
    """One sentence; `tone` is ok, warn or nothing."""

    text: str
    tone: str = ""


def vat_text(it: PaymentRequest) -> str:
    """'VAT 22% included: …', or that there is none."""
    if it.vat_rate == NO_VAT or it.vat_amount is None:
        return _("no VAT")
    facts = {"rate": percent(it.vat_rate), "amount": money(it.vat_amount, it.currency)}
    return _("VAT %(rate)s included: %(amount)s") % facts


def paid_before_lines(it: PaymentRequest) -> list[Line]:
    """How often and when, the usual amount beside this one, and whether it went to the same account."""
    before = paid_before(it)
    if not before.times:
        return [Line(_("The first payment to this counterparty."), "warn")]
    lines = [Line(_how_often(before))]
    if before.usual is not None:
        lines.append(_usual(before.usual, it))
    if it.bank_account_id is not None:
        lines.append(_same_account(before))
    return lines


def _same_account(before: PaidBefore) -> Line:
    if before.to_this_account == before.times:
        always = _("Always to this settlement account.")
        lately = _("All the last payments went to this settlement account.")
        return Line(lately if before.more_than else always, "ok")
    if before.to_this_account:
        return Line(_("Paid to this settlement account before, and to another."), "ok")
    never = _("Never paid to this settlement account before.")
    not_lately = _("None of the last payments went to this settlement account.")
    return Line(not_lately if before.more_than else never, "warn")


def _how_often(before: PaidBefore) -> str:
    if before.more_than:
        facts = {"n": number_format(before.more_than), "last": date_short(before.last_on or "")}
        return _("Paid more than %(n)s times, last on %(last)s.") % facts
    if before.first_on is None or before.last_on is None or before.times == 1:
        return _("Paid once, on %(day)s.") % {"day": date_short(before.last_on or "")}
    return ngettext(
        "Paid %(n)s time since %(first)s, last on %(last)s.",
        "Paid %(n)s times since %(first)s, last on %(last)s.",
        before.times,
    ) % {
        "n": before.times,
        "first": date_short(before.first_on),
        "last": date_short(before.last_on),
    }


def _usual(usual: Decimal, it: PaymentRequest) -> Line:
    facts = {"usual": money(usual, it.currency)}
    if it.amount > usual * FAR:
        facts["times"] = number_format(it.amount / usual, 1)
        return Line(_("Usually %(usual)s: this is %(times)s times as much.") % facts, "warn")
    if it.amount > usual * NEAR:
        return Line(_("Usually %(usual)s: this is more.") % facts)
    if it.amount * NEAR < usual:
        return Line(_("Usually %(usual)s: this is less.") % facts)
    return Line(_("Usually %(usual)s, as now.") % facts, "ok")

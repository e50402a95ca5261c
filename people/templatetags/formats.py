"""{% load formats %}: amounts, days and moments as people read them; nothing for no value."""

from __future__ import annotations

from datetime import date, datetime

from django import template

from people import formats

register = template.Library()


@register.filter
def money(amount: formats.Amount | None, currency: str) -> str:
    """{{ payment_request.amount|money:payment_request.currency }}"""
    return "" if amount is None or amount == "" else formats.money(amount, currency)


@register.filter
def plain(amount: formats.Amount | None) -> str:
    """{{ amount|plain }} for data attributes: 1234.50"""
    return "" if amount is None or amount == "" else formats.plain(amount)


@register.filter
def percent(rate: formats.Amount | None) -> str:
    return "" if rate is None or rate == "" else formats.percent(rate)


@register.filter
def day(value: date | str | None) -> str:
    return formats.date_short(value) if value else ""


@register.filter
def day_long(value: date | str | None) -> str:
    return formats.date_long(value) if value else ""


@register.filter
def moment(value: datetime | str | None) -> str:
    return formats.moment(value) if value else ""


@register.filter
def iso(value: date | None) -> str:
    """{{ payment_request.pay_by|iso }} for data attributes and <time datetime>: 2026-11-24"""
    return value.isoformat() if value else ""

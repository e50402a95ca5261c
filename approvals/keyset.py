"""Pages that begin after a row: as quick at the end of a million as at its beginning, still when rows change.

A cursor is the row's place in an order: the values that it is sorted by, and its key.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

LONGEST = 2000


def cursor_of(row: models.Model, order: tuple[str, ...]) -> str:
    """The place of a row in an order such as ("-created_at", "-pk"), to be carried in an address."""
    values = [_plain(_value(row, name.lstrip("-"))) for name in order]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def after(rows: QuerySet[Any], order: tuple[str, ...], cursor: str) -> QuerySet[Any] | None:
    """The rows that follow that place in that order (which they are in); None for what is no cursor of it."""
    values = _read(cursor, rows.model, order)
    if values is None:
        return None
    fields = {name.lstrip("-"): name.lstrip("-") for name in order}
    if not all(isinstance(column, str) for column in rows.query.order_by):
        # What is sorted anyway (approvals.registry) is compared so that no index is walked to it either.
        columns = {f"{field}_itself": Coalesce(F(field), F(field)) for field in fields}
        rows = rows.alias(**columns)
        fields = dict(zip(fields, columns, strict=True))
    follows, same = Q(), Q()
    for name, value in zip(order, values, strict=True):
        field, comparison = fields[name.lstrip("-")], "lt" if name.startswith("-") else "gt"
        follows |= same & Q(**{f"{field}__{comparison}": value})
        same &= Q(**{field: value})
    # Said once more for the index: a database does not see it in the alternatives.
    first = fields[order[0].lstrip("-")]
    edge = "lte" if order[0].startswith("-") else "gte"
    return rows.filter(Q(**{f"{first}__{edge}": values[0]}) & follows)


def _value(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str) else str(value)


def _read(cursor: str, model: type[models.Model], order: tuple[str, ...]) -> list[Any] | None:
    if len(cursor) > LONGEST:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(values, list) or len(values) != len(order):
        return None
    try:
        return [
            _typed(_field(model, name.lstrip("-")), value)
            for name, value in zip(order, values, strict=True)
        ]
    except (ValueError, TypeError, InvalidOperation, FieldDoesNotExist, OverflowError):
        return None


def _field(model: Any, path: str) -> models.Field[Any, Any]:
    *relations, name = path.split("__")
    for relation in relations:
        model = model._meta.get_field(relation).related_model
    field: models.Field[Any, Any] = model._meta.pk if name == "pk" else model._meta.get_field(name)
    return field


def _typed(field: models.Field[Any, Any], value: Any) -> Any:
    """The value as the field compares it. Raises ValueError or the like for what it cannot be."""
    if isinstance(field, models.DateTimeField):
        moment = datetime.datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment
    if isinstance(field, models.DateField):
        return datetime.date.fromisoformat(value)
    if isinstance(field, models.DecimalField):
        number = Decimal(value)
        if not number.is_finite() or abs(number) >= Decimal(10) ** 16:
            raise ValueError(value)
        return number
    if isinstance(field, models.IntegerField):
        if type(value) is not int or abs(value) >= 2**63:
            raise ValueError(value)
        return value
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError(value)
    return value

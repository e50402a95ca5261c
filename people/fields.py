"""Form fields that every room above uses: an amount of money, and the key of a form."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# SQLite keeps decimals as floats: up to 15 digits come back as they went.
MAX_DIGITS = 15
_SPACES_AND_SIGN = re.compile(r"[\s\u200b\u2060\ufeff₽]+")
_GROUPED_BY_COMMAS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_GROUPED_BY_DOTS = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(\.[0-9]{3}){2,}")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")


class MoneyField(forms.Field):
    """An amount above zero as people write it ('1 234,56', '1234.56', '1,234.56 ₽') -> Decimal,
    two places.

    A lone separator is the decimal one, so '1,234' has three decimals and is refused rather than
    guessed.
    """

    widget = forms.TextInput
    default_error_messages = {
        "invalid": _("An amount above zero, e.g. 1,234.56."),
        "max_decimal_places": _("Two decimals at most."),
        "max_digits": _("The amount is too large: 15 digits at most, kopecks included."),
    }

    def __init__(self, *, allow_zero: bool = False, **kwargs: Any) -> None:
        self.allow_zero = allow_zero
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:.2f}" if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values or not str(value).strip():
            return None
        text = _decimal_text(str(value))
        if text is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        whole, _dot, decimals = text.partition(".")
        if len(decimals.rstrip("0")) > 2:
            raise ValidationError(
                self.error_messages["max_decimal_places"], code="max_decimal_places"
            )
        if len(whole.lstrip("0")) + 2 > MAX_DIGITS:
            raise ValidationError(self.error_messages["max_digits"], code="max_digits")
        return Decimal(f"{whole or '0'}.{decimals[:2]:0<2}")

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        if value is not None and not self.allow_zero and value <= 0:
            raise ValidationError(self.error_messages["invalid"], code="invalid")

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {
            **super().widget_attrs(widget),
            "inputmode": "decimal",
            "autocomplete": "off",
        }


def _decimal_text(text: str) -> str | None:
    """'1 234,56 ₽' -> '1234.56'; None when it is no plain number (a sign, 'NaN')."""
    text = (
        _SPACES_AND_SIGN.sub("", text).removesuffix("руб.").removesuffix("RUB").removeprefix("RUB")
    )
    if _GROUPED_BY_COMMAS.fullmatch(text) and (text.count(",") > 1 or "." in text):
        text = text.replace(",", "")
    elif _GROUPED_BY_DOTS.fullmatch(text):
        text = text.replace(".", "")
    text = text.replace(",", ".", 1)
    return text if _NUMBER.fullmatch(text) else None


class FormKeyField(forms.Field):
    """A form's hidden random key: the same again gets the first answer. None: a new attempt."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, initial=uuid.uuid4, **kwargs)

    def to_python(self, value: Any) -> uuid.UUID | None:
        try:
            return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))
        except ValueError:
            return None

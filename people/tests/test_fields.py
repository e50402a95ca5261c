"""Amounts as people type them, and the key of a form."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django import forms
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from people import formats
from people.fields import FormKeyField, MoneyField


class AmountForm(forms.Form):
    amount = MoneyField()
    rest = MoneyField(required=False, allow_zero=True)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1 234,56", "1234.56"),
        ("1234.56", "1234.56"),
        ("1\u00a0234,56\u00a0₽", "1234.56"),
        ("1\u2009234,56", "1234.56"),
        ("1\u202f234,5", "1234.50"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1,234,567", "1234567.00"),
        ("49 050", "49050.00"),
        ("RUB 49,050.00", "49050.00"),
        ("49050,00 руб.", "49050.00"),
        (".5", "0.50"),
        ("0,01", "0.01"),
        ("007", "7.00"),
        ("12.500", "12.50"),
        ("9999999999999.99", "9999999999999.99"),
    ],
)
def test_what_is_typed_becomes_an_amount(typed, amount):
    assert str(MoneyField().clean(typed)) == amount


ABOVE_ZERO = "An amount above zero, e.g. 1,234.56."
DECIMALS = "Two decimals at most."


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("0", ABOVE_ZERO),
        ("0,00", ABOVE_ZERO),
        ("-5", ABOVE_ZERO),
        ("+5", ABOVE_ZERO),
        ("1e5", ABOVE_ZERO),
        ("NaN", ABOVE_ZERO),
        ("Infinity", ABOVE_ZERO),
        ("пять", ABOVE_ZERO),
        ("1.2.3", ABOVE_ZERO),
        ("١٢٣", ABOVE_ZERO),
        ("₽", ABOVE_ZERO),
        ("1,234", DECIMALS),
        ("0.001", DECIMALS),
        (
            "10000000000000",
            "The amount is too large: 15 digits at most, kopecks included.",
        ),
        ("9" * 5000, "The amount is too large: 15 digits at most, kopecks included."),
    ],
)
def test_what_is_no_amount_is_refused(typed, message):
    with translation.override("en"):
        form = AmountForm({"amount": typed})
        assert form.errors["amount"] == [message]
        assert form["amount"].value() == typed


def test_an_empty_amount_is_missing_where_it_is_required():
    form = AmountForm({"amount": " ", "rest": " "})
    assert list(form.errors) == ["amount"]
    assert form.cleaned_data["rest"] is None


def test_zero_where_it_is_allowed():
    form = AmountForm({"amount": "1", "rest": "0"})
    assert form.is_valid()
    assert str(form.cleaned_data["rest"]) == "0.00"


def test_an_amount_is_shown_as_a_plain_decimal():
    form = AmountForm(initial={"amount": Decimal("49050")})
    assert 'value="49050.00"' in str(form["amount"])
    assert not AmountForm({"amount": "49 050"}, initial={"amount": Decimal("49050")}).has_changed()


@given(st.decimals("0.01", "9999999999999.99", places=2), st.sampled_from(["ru", "en"]))
def test_what_is_shown_can_be_typed_back(amount, language):
    assert MoneyField().clean(formats.money(amount, "RUB", language)) == amount
    assert MoneyField().clean(formats.plain(amount)) == amount


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_an_error(text):
    try:
        amount = MoneyField(required=False).clean(text)
    except forms.ValidationError:
        return
    assert amount is None or (amount > 0 and amount == round(amount, 2))


class KeyForm(forms.Form):
    form_key = FormKeyField()


def test_a_form_key_is_random_hidden_and_kept():
    first, second = KeyForm(), KeyForm()
    assert 'type="hidden"' in str(first["form_key"])
    assert first["form_key"].value() != second["form_key"].value()
    key = uuid.uuid4()
    bound = KeyForm({"form_key": str(key)})
    assert bound.is_valid()
    assert bound.cleaned_data["form_key"] == key
    assert str(key) in str(bound["form_key"])


@pytest.mark.parametrize("key", ["", "nonsense", None])
def test_no_form_key_is_a_new_attempt(key):
    form = KeyForm({} if key is None else {"form_key": key})
    assert form.is_valid()
    assert form.cleaned_data["form_key"] is None

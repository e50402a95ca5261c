"""Numbers with the check digits that forms ask for. Pure."""

from __future__ import annotations

ID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_INN_WEIGHTS = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_KEY_WEIGHTS = (7, 1, 3) * 8
# Prime to 32 ** 10: every number below it gives another one, and neighbours look nothing alike.
_SPREAD = 0x9E3779B97F4A7
_PAIRS = [first + second for second in ID_LETTERS for first in ID_LETTERS]
CURRENCY_CODES = {"RUB": "810", "USD": "840", "EUR": "978"}


def inn(number: int) -> str:
    """An organisation's ten digits, of `number` (seven digits at most)."""
    digits = f"77{number:07}"
    key = sum(w * int(d) for w, d in zip(_INN_WEIGHTS, digits, strict=True)) % 11 % 10
    return f"{digits}{key}"


def account(number: int, *, bik: str, currency: str) -> str:
    """A company's settlement account in the bank of this BIK, of `number` (eleven digits at most)."""
    without_key = f"40702{CURRENCY_CODES[currency]}0{number:011}"
    total = sum(w * int(d) % 10 for w, d in zip(_KEY_WEIGHTS, bik[-3:] + without_key, strict=False))
    return f"{without_key[:8]}{total * 3 % 10}{without_key[9:]}"


def public_id(number: int) -> str:
    """A folder's ID: ten letters, another one for every number."""
    mixed = number * _SPREAD % 32**10
    return (
        f"{_PAIRS[mixed & 1023]}{_PAIRS[mixed >> 10 & 1023]}{_PAIRS[mixed >> 20 & 1023]}"
        f"{_PAIRS[mixed >> 30 & 1023]}{_PAIRS[mixed >> 40]}"
    )

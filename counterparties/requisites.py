"""The rules of Russian requisites: formats and check digits. Pure functions, no database.

Every `clean_*` takes what was typed and returns it cleaned, or raises ValidationError with words
for the person who typed it. What may stay empty answers "". `kind` is a CompanyKind code.

Sources: INN, check digits by the Federal Tax Service (order of 29.06.2012 ММВ-7-6/435@ for INN and
KPP); OGRN and OGRNIP, order of the Ministry of Finance of 30.10.2017 165н, point 7; account keys,
Bank of Russia, 'Порядок расчёта контрольного ключа' of 08.09.1997 № 515; account numbers, UFEBS
type AccountNumberRUID.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

ORGANISATION, STATE_BODY = "organisation", "state_body"
SOLE_PROPRIETOR, INDIVIDUAL, FOREIGN = "sole_proprietor", "individual", "foreign"
PERSONS = frozenset({SOLE_PROPRIETOR, INDIVIDUAL})

# Digits 6-8 of an account. 810 is the rouble inside Russia, 643 its ISO code.
CURRENCY_CODES = {
    "810": "RUB",
    "643": "RUB",
    "840": "USD",
    "978": "EUR",
    "156": "CNY",
    "398": "KZT",
    "933": "BYN",
}

_SPACES_AND_DASHES = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff\u2010-\u2015\u2212-]+")
_KPP = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")
_ACCOUNT = re.compile(r"[0-9]{5}[0-9ABCEHKMPTX][0-9]{14}")
_CLEARING_LETTERS = "ABCEHKMPTX"  # at position 6, worth 0 to 9 when the key is summed
_KEY_WEIGHTS = (7, 1, 3) * 8
_INN_10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_11TH = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_12TH = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def strip(value: str) -> str:
    """Without spaces (no-break and thin ones too), dashes and invisible characters; in capitals."""
    return _SPACES_AND_DASHES.sub("", value).upper()


# --- INN --------------------------------------------------------------------------------


def clean_inn(value: str, kind: str) -> str:
    """10 digits of an organisation, 12 of a person; a foreign company's 10, or 5 of its KIO code.

    An organisation, a state body and a sole proprietor have one; the other kinds may leave it
    empty.
    """
    inn = strip(value)
    if not inn:
        if kind in (FOREIGN, INDIVIDUAL):
            return ""
        raise ValidationError(_("An INN is needed."), code="required")
    lengths: tuple[int, ...]
    if kind == FOREIGN:
        lengths, text = (
            (10, 5),
            _("A foreign company's INN has 10 digits, its KIO code 5; this has {n}."),
        )
    else:
        lengths = (12,) if kind in PERSONS else (10,)
        text = _("An INN has 10 digits (organisation) or 12 (sole proprietor); this has {n}.")
    if not _is_digits(inn) or len(inn) not in lengths:
        raise ValidationError(text.format(n=_count(inn, lengths)), code="length")
    if inn == "00000" or (len(inn) > 5 and inn.startswith("00")):
        raise ValidationError(_("An INN does not begin with 00."), code="zeros")
    if not inn_fits(inn):
        raise ValidationError(
            _("The INN's check digit does not fit. Compare it with the invoice."),
            code="check",
        )
    return inn


def inn_fits(inn: str) -> bool:
    """The check digits: weighted sum mod 11 mod 10; two in 12 digits, none in a KIO code."""
    if len(inn) == 12:
        return inn[10:] == f"{_inn_digit(inn, _INN_11TH)}{_inn_digit(inn, _INN_12TH)}"
    return len(inn) == 5 or inn[9:] == f"{_inn_digit(inn, _INN_10)}"


def _inn_digit(inn: str, weights: Sequence[int]) -> int:
    # The sum ends with the last weight: the digits after it are what is being checked.
    return sum(weight * int(digit) for weight, digit in zip(weights, inn, strict=False)) % 11 % 10


# --- KPP --------------------------------------------------------------------------------


def clean_kpp(value: str, kind: str) -> str:
    """4 digits (tax office), 2 digits or capitals (reason), 3 digits; organisations only."""
    kpp = strip(value)
    if kind in PERSONS:
        if not kpp:
            return ""
        if kind == SOLE_PROPRIETOR:
            raise ValidationError(
                _("A sole proprietor has none: leave it empty."), code="unexpected"
            )
        raise ValidationError(_("A person has no KPP: leave it empty."), code="unexpected")
    if not kpp:
        if kind == FOREIGN:
            return ""
        raise ValidationError(_("An organisation needs a KPP."), code="required")
    if not _KPP.fullmatch(kpp) or not kpp.strip("0"):
        raise ValidationError(
            _("A KPP is 4 digits, 2 digits or Latin capitals, 3 digits."), code="format"
        )
    return kpp


# --- OGRN -------------------------------------------------------------------------------


def clean_ogrn(value: str, kind: str) -> str:
    """An organisation's 13 digits, a sole proprietor's 15, or empty; a foreign one is free."""
    ogrn = strip(value)
    if not ogrn:
        return ""
    if kind == FOREIGN:
        if len(ogrn) > 15:
            raise ValidationError(_("15 characters at most; this has {n}.").format(n=len(ogrn)))
        return ogrn
    if kind == INDIVIDUAL:
        raise ValidationError(_("A person has no OGRN: leave it empty."), code="unexpected")
    if not _is_digits(ogrn) or len(ogrn) not in (13, 15):
        raise ValidationError(
            _("OGRN has 13 digits, OGRNIP 15; this has {n}.").format(n=_count(ogrn, (13, 15))),
            code="length",
        )
    if (len(ogrn) == 15) != (kind == SOLE_PROPRIETOR):
        raise ValidationError(
            _("This OGRN is an organisation's and the INN a sole proprietor's (or the reverse)."),
            code="kind",
        )
    if ogrn[0] not in ("15" if len(ogrn) == 13 else "34"):
        raise ValidationError(_("An OGRN begins with 1 or 5, an OGRNIP with 3 or 4."), code="first")
    if not ogrn_fits(ogrn):
        raise ValidationError(_("Its check digit does not fit."), code="check")
    return ogrn


def ogrn_fits(ogrn: str) -> bool:
    """The last digit is the others' remainder's lowest one: mod 11 of OGRN, 13 of OGRNIP."""
    return int(ogrn[:-1]) % (len(ogrn) - 2) % 10 == int(ogrn[-1])


# --- Bank accounts ----------------------------------------------------------------------


def clean_bik(value: str, kind: str) -> str:
    """9 digits of any prefix (04, but also 00, 01, 02, 10, 20-29 are in use).

    A foreign company may give a SWIFT code, or anything up to 11 letters and digits, or nothing.
    """
    bik = strip(value)
    if kind == FOREIGN:
        if len(bik) > 11 or not re.fullmatch(r"[0-9A-Z]*", bik):
            raise ValidationError(_("A BIK or SWIFT code has 11 letters and digits at most."))
        return bik
    if not _is_digits(bik) or len(bik) != 9:
        raise ValidationError(_("A BIK has 9 digits."), code="format")
    if not bik.strip("0"):
        raise ValidationError(_("A BIK is not all zeros."), code="zeros")
    return bik


def clean_correspondent_account(
    value: str, bik: str, kind: str, *, listed: Collection[str] | None = None
) -> str:
    """The bank's own account (301…), or the Treasury's single account (40102…), opened in the Bank
    of Russia.

    Key by rule A; a bank's ends like its BIK. May be empty where the BIK is a Bank of Russia
    unit's. With `bik` empty (it was wrong, and is reported at its own field) only the format is
    checked. `listed` are those of the BIK in the directory of banks: it must be one of them, and
    may be empty where there are none.
    """
    account = strip(value)
    if kind == FOREIGN:
        if len(account) > 20 or not re.fullmatch(r"[0-9A-Z]*", account):
            raise ValidationError(_("A correspondent account has 20 letters and digits at most."))
        return account
    if not account and (in_bank_of_russia(bik) or (listed is not None and not listed)):
        return ""
    if not (_is_digits(account) and len(account) == 20 and account.startswith(("301", "40102"))):
        raise ValidationError(_("20 digits beginning 301 (the Treasury's 40102)."), code="format")
    if not bik:
        return account
    if account.startswith("301") and account[-3:] != bik[-3:]:
        raise ValidationError(
            _("Its last three digits ({a}) must equal the BIK's ({b}).").format(
                a=account[-3:], b=bik[-3:]
            ),
            code="bik",
        )
    if not key_fits(account, prefix_a(bik)):
        raise ValidationError(_("It does not fit this BIK."), code="key")
    if listed is not None and account not in listed:
        raise ValidationError(_("It does not fit this BIK."), code="directory")
    return account


def clean_account_number(
    value: str, bik: str, currency: str, kind: str, *, listed: Collection[str] = ()
) -> str:
    """20 characters (a letter at position 6 is a clearing currency), the key, and the currency
    chosen.

    Treasury accounts (03…) have no key; without a `bik` (see above) it is not checked either, nor of
    the accounts that the directory of banks has `listed` for the BIK: those are opened in the Bank
    of Russia. A foreign company's number is free: up to 34 letters and digits (IBAN).
    """
    number = strip(value)
    if kind == FOREIGN:
        if not re.fullmatch(r"[0-9A-Z]{1,34}", number):
            raise ValidationError(_("An account number has 34 letters and digits at most."))
        return number
    if not _ACCOUNT.fullmatch(number):
        raise ValidationError(
            _("20 digits; this has {n}.").format(n=_count(number, (20,))), code="length"
        )
    if not number.strip("0"):
        raise ValidationError(_("It does not fit the BIK: check both."), code="zeros")
    code = number[5:8]
    actual = CURRENCY_CODES.get(code, code)
    if currency and _is_digits(code) and actual != currency:
        raise ValidationError(
            _("Digits 6–8 say {cur}, but {currency} is chosen.").format(
                cur=actual, currency=currency
            ),
            code="currency",
        )
    has_key = bik and not is_treasury(number) and number not in listed
    if has_key and not key_fits(number, prefix_of(bik)):
        raise ValidationError(_("It does not fit the BIK: check both."), code="key")
    return number


def is_treasury(number: str) -> bool:
    """An account in the Treasury (03…): without a key, and shared by the bodies that it serves."""
    return number.startswith("03")


def in_bank_of_russia(bik: str) -> bool:
    """A BIK of a Bank of Russia unit: accounts there are opened in it directly, by rule A."""
    return bik[-3:] in ("000", "001", "002")


def prefix_a(bik: str) -> str:
    """Rule A, an account opened in the Bank of Russia: 0 and the BIK's digits 5-6."""
    return "0" + bik[4:6]


def prefix_of(bik: str) -> str:
    """Rule B, a client's account in a bank: the BIK's last three digits; else rule A."""
    return prefix_a(bik) if in_bank_of_russia(bik) else bik[-3:]


def key_fits(account: str, prefix: str) -> bool:
    """Document 515: digits x 7, 1, 3, …; the products' last digits sum to a multiple of 10."""
    return _key_sum(account, prefix) % 10 == 0


def with_key(account: str, prefix: str) -> str:
    """The account with the right key at digit 9: the sum with 0 there, x 3, its last digit."""
    zeroed = account[:8] + "0" + account[9:]
    return f"{zeroed[:8]}{_key_sum(zeroed, prefix) * 3 % 10}{zeroed[9:]}"


def _key_sum(account: str, prefix: str) -> int:
    letter = account[5]
    if letter in _CLEARING_LETTERS:
        account = f"{account[:5]}{_CLEARING_LETTERS.index(letter)}{account[6:]}"
    # strict=False: 23 digits, 24 weights.
    return sum(w * int(d) % 10 for w, d in zip(_KEY_WEIGHTS, prefix + account, strict=False))


# --- Small things -----------------------------------------------------------------------


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _count(text: str, expected: Sequence[int]) -> int:
    """What 'this has {n}' says: the digits, or all characters when the digits alone fit."""
    digits = sum(character in "0123456789" for character in text)
    return len(text) if digits in expected else digits

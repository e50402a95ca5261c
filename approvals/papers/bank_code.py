"""The code that fills in a bank's form: GOST R 56042-2014, two-dimensional bar codes of payments. Pure.

Its text is a service block (ST, version 0001, a digit for the encoding) and fields 'Name=value' between
separators: the five that are required first, then those that we know. Reading programs know all of them.
"""

from __future__ import annotations

from decimal import Decimal

UTF_8, WINDOWS_1251 = "ST00012", "ST00011"
# The separator may be any of these, as long as no value holds it; '|' is what everybody uses.
SEPARATORS = "|~#^$%&;:!*"
# Of the required fields, bytes.
MOST_REQUIRED = 300
LENGTHS = {
    "Name": 160,
    "PersonalAcc": 20,
    "BankName": 45,
    "BIC": 9,
    "CorrespAcc": 20,
    "Sum": 18,
    "Purpose": 210,
    "PayeeINN": 12,
    "PayerINN": 12,
    "KPP": 9,
}


def payment_code(
    *,
    name: str,
    account: str,
    bank: str,
    bik: str,
    correspondent_account: str,
    amount: Decimal,
    purpose: str,
    payee_inn: str = "",
    payee_kpp: str = "",
    payer_inn: str = "",
) -> str:
    """The code's text for a payment of `amount` roubles; empty where the requisites are not Russian ones.

    Long Cyrillic names do not fit into the required block in UTF-8; then the whole is windows-1251, which
    the standard knows too.
    """
    if not (_digits(bik, 9) and len(account) == 20 and name and bank):
        return ""
    required = {
        "Name": name,
        "PersonalAcc": account,
        "BankName": bank,
        "BIC": bik,
        "CorrespAcc": correspondent_account or "0",
    }
    known = {
        "Sum": str(int(amount * 100)),
        "Purpose": purpose,
        "PayeeINN": payee_inn,
        "KPP": payee_kpp,
        "PayerINN": payer_inn,
    }
    values = {**_fitted(required), **{key: value for key, value in _fitted(known).items() if value}}
    separator = next((s for s in SEPARATORS if not any(s in v for v in values.values())), "")
    if not separator:
        return ""
    fields = [f"{key}={value}" for key, value in values.items()]
    block = separator.join(fields[: len(required)])
    if len(block.encode()) <= MOST_REQUIRED:
        return separator.join([UTF_8, *fields])
    return separator.join([WINDOWS_1251, *fields]) if _fits_1251("".join(fields)) else ""


def _fitted(values: dict[str, str]) -> dict[str, str]:
    """Each on one line and within its length."""
    return {key: " ".join(value.split())[: LENGTHS[key]].rstrip() for key, value in values.items()}


def _digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def _fits_1251(text: str) -> bool:
    try:
        text.encode("cp1251")
    except UnicodeEncodeError:
        return False
    return True

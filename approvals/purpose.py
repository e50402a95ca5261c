"""The payment purpose as a bank takes it (762-P, app. 1, field 24), with its VAT. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

from approvals.vat import NO_VAT

MAX_LENGTH = 210
# Tax Code 168 p. 4: the tax stands apart; everybody writes it last.
_VAT = re.compile(
    r"[\s.,;(]*(\bв\s+том\s+числе\s+НДС|\bв\s*т\.\s*ч\.\s*НДС|\bбез\s+(налога\s*\(НДС\)|НДС)"
    r"|\bНДС\s+не\s+облагается).*",
    re.IGNORECASE | re.DOTALL,
)
_STATED = re.compile(r"НДС\D{0,3}\d{1,2}\s*%\)?[\s:–-]*(\d[\d\s]*)[-.,=](\d\d)?", re.IGNORECASE)


def tidy(text: str) -> str:
    """One line with single spaces: banks take no line feeds, and no-break spaces confuse their forms."""
    return " ".join(text.split())


def foreign_characters(text: str) -> str:
    """The characters that windows-1251, the banks' code page, does not have; each once, in order."""
    seen: dict[str, None] = {}
    for character in text:
        try:
            character.encode("cp1251")
        except UnicodeEncodeError:
            seen[character] = None
    return "".join(seen)


def vat_phrase(rate: str, vat: Decimal | None) -> str:
    """'В том числе НДС 22% - 8845-08', or that there is none: what ends every purpose in Russia."""
    if rate == NO_VAT or vat is None:
        return "НДС не облагается"
    return f"В том числе НДС {rate}% - {vat:.2f}".replace(".", "-")


def has_vat(text: str) -> bool:
    """Whether the purpose says anything of VAT."""
    return _VAT.search(text) is not None


def with_vat(text: str, phrase: str) -> str:
    """The purpose with this VAT phrase instead of what it said of VAT, within the limit.

    What does not fit is cut before the phrase: an invoice's number stands at the beginning.
    """
    head = _VAT.sub("", tidy(text)).rstrip(" .,;")
    head = head[: MAX_LENGTH - len(phrase) - 2].rstrip(" .,;")
    return f"{head}. {phrase}" if head else phrase


def stated_vat(text: str) -> Decimal | None:
    """The sum of VAT that a purpose names, where it names just one."""
    found = _STATED.findall(text)
    if len(found) != 1:
        return None
    [(whole, kopecks)] = found
    return Decimal(f"{''.join(whole.split())}.{kopecks or '00'}")

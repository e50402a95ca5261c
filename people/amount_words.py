"""Amounts written out, to check figures against: 'Сорок девять тысяч пятьдесят рублей 00 копеек'."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import get_language, ngettext

Unit = Callable[[int], str]

# Units are our own: num2words has no yuan, writes 'kopeks', and takes a whole number for kopecks. All of them
# are masculine in Russian, as the numbers that num2words makes are.
UNITS: dict[str, tuple[Unit, Unit]] = {
    "RUB": (lambda n: ngettext("rouble", "roubles", n), lambda n: ngettext("kopeck", "kopecks", n)),
    "USD": (
        lambda n: ngettext("US dollar", "US dollars", n),
        lambda n: ngettext("cent", "cents", n),
    ),
    "EUR": (
        lambda n: ngettext("euro", "euros", n),
        lambda n: ngettext("euro cent", "euro cents", n),
    ),
    "CNY": (lambda n: ngettext("yuan", "yuan", n), lambda n: ngettext("fen", "fen", n)),
    "KZT": (lambda n: ngettext("tenge", "tenge", n), lambda n: ngettext("tiyn", "tiyn", n)),
    "BYN": (
        lambda n: ngettext("Belarusian rouble", "Belarusian roubles", n),
        lambda n: ngettext("Belarusian kopeck", "Belarusian kopecks", n),
    ),
}


def amount_in_words(amount: Decimal | str, currency: str) -> str:
    """In the active language, with a capital first letter and the hundredths in two digits."""
    value = Decimal(amount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    whole, hundredths = divmod(int(value * 100), 100)
    # Some forty languages, megabytes in each process of the web, and papers alone have need of it.
    from num2words import num2words

    words = str(num2words(whole, lang="ru" if (get_language() or "").startswith("ru") else "en"))
    words = words[:1].upper() + words[1:]
    if currency not in UNITS:
        return f"{words} {currency} {hundredths:02}"
    unit, part = UNITS[currency]
    return f"{words} {unit(whole)} {hundredths:02} {part(hundredths)}"

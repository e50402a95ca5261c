"""Text as search compares it: the same folding for what is kept in a row and for what is typed."""

from __future__ import annotations

import re

_QUOTES = re.compile(r"[\"'«»„“”‘’`\x00]+")
_EDGES = ".,;:()!?"


def normalise(text: str) -> str:
    """What search compares: lower case, ё as е, without quotes, spaces folded.

    Without NUL too: PostgreSQL takes none, not even to look for it.
    """
    return " ".join(_QUOTES.sub(" ", text.lower().replace("ё", "е")).split())


def words(text: str) -> list[str]:
    """Its normalised words, without the punctuation that they stand in: 'Договор (№ 5),' -> договор, №, 5."""
    stripped = (word.strip(_EDGES) for word in normalise(text).split())
    return [word for word in stripped if word]


def padded(text: str) -> str:
    """The words with a space on either side, so that a whole one is found as ' 18 '."""
    found = words(text)
    return f" {' '.join(found)} " if found else ""

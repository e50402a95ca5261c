"""What was misspelt: for a word that no company and no contact has, the nearest one that they have.

One letter may be wrong, missing, one too many, or two have changed places. The candidates are found by the
parts of the word that such a mistake leaves whole, which an index serves, and compared here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.db.models import Q

from counterparties.models import Company, Contact
from people.search import words

# A shorter word is near too many others.
SHORTEST = 4
LONGEST = 40
# So many names are compared, and no more: a word of a few letters is a part of many.
MOST_NAMES = 3_000
# Whoever pastes a letter made no typing error.
MOST_WORDS = 6


def near_spelling(q: str) -> str:
    """The query with each misspelt word as companies and contacts have it, or "" where none is near."""
    asked = words(q)
    if len(asked) > MOST_WORDS:
        return ""
    meant = [_meant(word) or word for word in asked]
    return " ".join(meant) if meant != asked else ""


def _meant(word: str) -> str:
    """The nearest word, or ""; also for a word that is there, or that has digits."""
    if not (SHORTEST <= len(word) <= LONGEST and word.isalpha()):
        return ""
    if any(model.objects.filter(search__contains=word).exists() for model in (Company, Contact)):
        return ""
    found = Counter(it for it in _candidates(word) if is_near(word, it))
    # A whole word before the beginning of a longer one, the frequent before the rare.
    return min(found, key=lambda it: (abs(len(it) - len(word)), -found[it], it), default="")


def is_near(word: str, other: str) -> bool:
    """Whether one typing error makes `word` of `other`, or of the beginning of it."""
    same = 0
    while same < min(len(word), len(other)) and word[same] == other[same]:
        same += 1
    rest, theirs = word[same:], other[same:]
    return (
        bool(rest and theirs)
        and (
            theirs[1:].startswith(rest[1:])  # a wrong letter
            or theirs[1:].startswith(rest)  # one is missing
            or theirs.startswith(rest[1:])  # one too many
            or (theirs[:2] == rest[1::-1] and theirs[2:].startswith(rest[2:]))  # two changed places
        )
    )


def _candidates(word: str) -> Iterator[str]:
    middle = len(word) // 2
    parts = Q(search__contains=word[: middle - 1]) | Q(search__contains=word[middle + 1 :])
    for model in (Company, Contact):
        for name in model.objects.filter(parts).values_list("search", flat=True)[:MOST_NAMES]:
            for found in words(name):
                yield found
                if "-" in found:  # half of 'Эталон-Агро' is what people remember
                    yield from found.split("-")

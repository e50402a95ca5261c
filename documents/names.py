"""Names that are safe on any disk and still readable: one path component, at most 200 bytes of UTF-8."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from django.utils.translation import pgettext

MAX_BYTES = 200
# A longer 'extension' is part of the name.
MAX_EXTENSION_BYTES = 20

# What some file system, shell or link refuses, as something that looks like it.
_LOOK_ALIKES = str.maketrans(
    {
        "/": "-",
        "\\": "-",
        "|": "-",
        ":": "-",
        "*": "_",
        "?": "_",
        "<": "(",
        ">": ")",
        '"': "'",
    }
)
_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=[. ]|$)", re.IGNORECASE
)
_IN_PARENTHESES_AT_THE_END = re.compile(r" \([^()]{1,40}\)$")


def readable(text: str, max_length: int = 500) -> str:
    """Text in one line, without what is invisible or turns the reading direction around."""
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if character in "\t\r\n\v\f" or category.startswith("Z"):
            kept.append(" ")
        elif not category.startswith("C"):
            kept.append(character)
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))[:max_length].strip()


def safe_component(name: str, max_bytes: int = MAX_BYTES) -> str:
    """A file's name on the storage; its extension survives the cut."""
    return _fitted(*_split(_clean(name) or "file"), max_bytes)


def folder_component(name: str, max_bytes: int = MAX_BYTES) -> str:
    """A folder's name on the storage; what stands in parentheses at its end (an INN) survives the cut."""
    name = _clean(name) or "folder"
    tail = _IN_PARENTHESES_AT_THE_END.search(name)
    end = tail.group() if tail else ""
    return _fitted(name.removesuffix(end), end, max_bytes)


def candidates(name: str, max_bytes: int = MAX_BYTES) -> Iterator[str]:
    """For a safe name: `name.pdf`, `name (2).pdf`, `name (3).pdf`, … without an end."""
    yield name
    stem, extension = _split(name)
    number = 2
    while True:
        yield _fitted(stem, f" ({number}){extension}", max_bytes)
        number += 1


def shown_path(path: str) -> str:
    """A folder's path for people: names that are fixed in English on the storage, in their language."""
    fixed = {
        "Companies": pgettext("folder", "Companies"),
        "Payment requests": pgettext("folder", "Payment requests"),
        "Registers of payments": pgettext("folder", "Registers of payments"),
    }
    return " / ".join(fixed.get(part, part) for part in path.split("/"))


def _clean(name: str) -> str:
    name = readable(name, max_length=1000).translate(_LOOK_ALIKES)
    return name.lstrip("-. ").rstrip(". ")


def _split(name: str) -> tuple[str, str]:
    """The stem, and the extension with its dot (empty when there is none)."""
    stem, dot, extension = name.rpartition(".")
    if not stem or " " in extension or len(extension.encode()) > MAX_EXTENSION_BYTES:
        return name, ""
    return stem, dot + extension


def _fitted(stem: str, tail: str, max_bytes: int) -> str:
    """Stem and tail within the limit, cut between two characters; no name of a Windows device."""
    if _DEVICE.match(stem):
        stem = f"_{stem}"
    room = max_bytes - len(tail.encode())
    whole = stem.encode()
    cut = whole[:room].decode(errors="ignore")
    # 'Д. П. (…)' keeps the full stop of its abbreviation; before an extension, and at a cut, it is dirt.
    keeps_dot = tail.startswith(" (") and len(whole) <= room
    return cut.rstrip(" " if keeps_dot else ". ") + tail

"""PT Sans as fpdf2 takes it: one small TrueType file, made once from the front end's woff2 files.

The npm package is split (№ only in cyrillic, «» and — only in latin, ₽ only in latin-ext), so its parts are
cut down to what our papers need and put together.
"""

from __future__ import annotations

import io
import os
import string
from pathlib import Path

from django.conf import settings
from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

PARTS = ("cyrillic", "latin", "latin-ext")
_CYRILLIC = "".join(chr(code) for code in range(ord("А"), ord("я") + 1)) + "Ёё"
_CHARACTERS = (
    string.ascii_letters + string.digits + string.punctuation + _CYRILLIC + " \u00a0«»„“–—№₽"
)


class FontsMissing(Exception):
    """The front end's fonts are not on this machine yet."""


def font_file() -> Path:
    """The regular weight's TrueType file, kept under DATA_DIR. Raises FontsMissing."""
    path: Path = settings.DATA_DIR / "fonts" / "pt-sans.ttf"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(_whole_font())
        draft.replace(path)
    return path


def _whole_font() -> bytes:
    folder: Path = settings.ASSETS_DIR / "vendor" / "fonts"
    sources = [folder / f"pt-sans-{part}-400-normal.woff2" for part in PARTS]
    if missing := [source.name for source in sources if not source.is_file()]:
        raise FontsMissing(
            f"{', '.join(missing)}: not in {folder}. Run `python scripts/assets.py` first."
        )
    wanted = {ord(character) for character in _CHARACTERS}
    parts = []
    for source in sources:
        # Each character comes from the first part that has it.
        part, found = _part(source, wanted)
        wanted -= found
        parts.append(part)
    whole = Merger().merge(parts)
    return _bytes(whole)


def _part(source: Path, wanted: set[int]) -> tuple[io.BytesIO, set[int]]:
    """The font cut down to the wanted characters, and which of them it has."""
    font = TTFont(source)
    found = wanted & set(font.getBestCmap())
    subsetter = Subsetter(
        Options(hinting=False, layout_features=[], drop_tables=["GPOS", "GSUB", "hdmx", "gasp"])
    )
    subsetter.populate(unicodes=found)
    subsetter.subset(font)
    font.flavor = None  # no longer woff2
    return io.BytesIO(_bytes(font)), found


def _bytes(font: TTFont) -> bytes:
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()

"""PT Sans as the press has it: one whole font a weight, and no other font of the machine.

The npm package splits each weight in three (№ only in cyrillic, «» and — only in latin, ₽ only in
latin-ext). WeasyPrint tells fonts apart by family, weight and style, so glyphs of one part are taken for
those of another: they have to be one font. With a fontconfig of its own every machine makes the same pages.
"""

from __future__ import annotations

import io
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

PARTS = ("cyrillic", "latin", "latin-ext")
WEIGHTS = (400, 700)
FAMILY = "PT Sans"

_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


def install(source: Path, folder: Path) -> Path:
    """Put the fonts of `source` (woff2) into `folder` and write a fontconfig there; the path of that.

    Raises FileNotFoundError where the front-end files have not been fetched.
    """
    fonts = folder / "fonts"
    fonts.mkdir()
    for weight in WEIGHTS:
        (fonts / f"{weight}.ttf").write_bytes(_whole(source, weight))
    configuration = folder / "fonts.conf"
    configuration.write_text(_CONFIGURATION.format(fonts=fonts, cache=folder / "cache"))
    return configuration


def _whole(source: Path, weight: int) -> bytes:
    """The three parts put together; each character comes from the first part that has it."""
    seen: set[int] = set()
    parts = []
    for part in PARTS:
        font = TTFont(source / f"pt-sans-{part}-{weight}-normal.woff2", recalcTimestamp=False)
        wanted = set(font.getBestCmap()) - seen
        seen |= wanted
        subsetter = Subsetter(Options(hinting=False, notdef_outline=True))
        subsetter.populate(unicodes=wanted)
        subsetter.subset(font)
        font.flavor = None  # no longer woff2
        parts.append(io.BytesIO(_bytes(font)))
    whole = Merger().merge(parts)
    whole.recalcTimestamp = False
    return _bytes(whole)


def _bytes(font: TTFont) -> bytes:
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()

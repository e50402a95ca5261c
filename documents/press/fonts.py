"""PT Sans as the press has it: one whole font a weight, and no other font of the machine.

The npm package splits each weight in three (№ only in cyrillic, «» and — only in latin, ₽ only in
latin-ext). WeasyPrint tells fonts apart by family, weight and style, so glyphs of one part are taken for
those of another: they have to be one font. With a fontconfig of its own every machine makes the same pages.

Putting the parts together takes as long as loading WeasyPrint: whoever does it first keeps the outcome.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from pathlib import Path

import fontTools

PARTS = ("cyrillic", "latin", "latin-ext")
WEIGHTS = (400, 700)
FAMILY = "PT Sans"

_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


def install(source: Path, folder: Path, *, kept: Path) -> Path:
    """Put the fonts of `source` (woff2) into `folder` and write a fontconfig there; the path of that.

    In `kept`, where it may be written to, they are for the next press. Raises FileNotFoundError where the
    front-end files have not been fetched.
    """
    fonts = folder / "fonts"
    fonts.mkdir()
    for weight in WEIGHTS:
        (fonts / f"{weight}.ttf").write_bytes(_kept(source, weight, kept))
    configuration = folder / "fonts.conf"
    configuration.write_text(_CONFIGURATION.format(fonts=fonts, cache=folder / "cache"))
    return configuration


def _kept(source: Path, weight: int, kept: Path) -> bytes:
    """The whole font: as it was made of these very parts before, or made now."""
    parts = b"".join(path.read_bytes() for path in _parts(source, weight))
    mark = hashlib.sha256(fontTools.version.encode() + parts).hexdigest()[:16]
    path = kept / f"pt-sans-{weight}-{mark}.ttf"
    try:
        return path.read_bytes()
    except OSError:
        made = _whole(source, weight)
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        kept.mkdir(exist_ok=True)
        draft.write_bytes(made)
        draft.replace(path)
    except OSError:
        pass  # the program's folder is not ours to write to: the next press makes it again
    return made


def _parts(source: Path, weight: int) -> list[Path]:
    return [source / f"pt-sans-{part}-{weight}-normal.woff2" for part in PARTS]


def _whole(source: Path, weight: int) -> bytes:
    """The three parts put together; each character comes from the first part that has it."""
    # As heavy as the fonts, and as seldom needed.
    from fontTools.merge import Merger
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    def as_bytes(font: TTFont) -> bytes:
        buffer = io.BytesIO()
        font.save(buffer)
        return buffer.getvalue()

    seen: set[int] = set()
    parts = []
    for path in _parts(source, weight):
        font = TTFont(path, recalcTimestamp=False)
        wanted = set(font.getBestCmap()) - seen
        seen |= wanted
        subsetter = Subsetter(Options(hinting=False, notdef_outline=True))
        subsetter.populate(unicodes=wanted)
        subsetter.subset(font)
        font.flavor = None  # no longer woff2
        parts.append(io.BytesIO(as_bytes(font)))
    whole = Merger().merge(parts)
    whole.recalcTimestamp = False
    return as_bytes(whole)


# `python -m documents.press.fonts SOURCE KEPT`: for a folder that is read-only later.
if __name__ == "__main__":
    for one in WEIGHTS:
        _kept(Path(sys.argv[1]), one, Path(sys.argv[2]))

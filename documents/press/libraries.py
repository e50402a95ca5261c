"""Which of the system's libraries that WeasyPrint needs are missing here.

Imports nothing of ours: it runs by itself (`python libraries.py` exits 1 and names them), so that neither the
product nor `make` has to load pango, let alone WeasyPrint, to find out.
"""

from __future__ import annotations

import ctypes
import sys

# Library -> the names it goes by on Linux and macOS, as in weasyprint/text/ffi.py.
LIBRARIES = {
    "gobject": ("libgobject-2.0.so.0", "libgobject-2.0.0.dylib", "libgobject-2.0-0"),
    "pango": ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0-0"),
    "harfbuzz": ("libharfbuzz.so.0", "libharfbuzz.0.dylib", "libharfbuzz-0"),
    "fontconfig": ("libfontconfig.so.1", "libfontconfig.1.dylib", "libfontconfig-1"),
    "pangoft2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "libpangoft2-1.0-0"),
}


def missing() -> list[str]:
    """The libraries that cannot be loaded; empty when documents can be made."""
    return [name for name, files in LIBRARIES.items() if not any(map(_loads, files))]


def _loads(file: str) -> bool:
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    if absent := missing():
        print(", ".join(absent))  # noqa: T201 - the answer of a program
        sys.exit(1)

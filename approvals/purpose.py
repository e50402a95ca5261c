"""The payment purpose as a bank takes it (762-P, app. 1, field 24). Pure."""

from __future__ import annotations

MAX_LENGTH = 210


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

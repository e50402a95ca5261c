"""What the doctor says: how it is with one thing, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise


class Level(StrEnum):
    """`fault`: something does not work or is not safe. `warning`: it works and should be otherwise."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """One line: what was found, in the reader's words, and the advice where there is any."""

    level: Level
    text: str
    advice: str = ""


Look = Callable[[], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """A thing to look at, after those that it cannot be looked at without."""

    code: str
    title: str | Promise
    look: Look
    needs: tuple[str, ...] = field(default=())


def ok(text: str) -> Finding:
    return Finding(Level.OK, text)


def warning(text: str, advice: str = "") -> Finding:
    return Finding(Level.WARNING, text, advice)


def fault(text: str, advice: str = "") -> Finding:
    return Finding(Level.FAULT, text, advice)


def words_of(error: BaseException) -> str:
    """What an error says, in a line: for the terminal of whoever runs the doctor, never for a log."""
    return " ".join(str(error).split())[:300] or type(error).__name__

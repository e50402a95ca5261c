"""What becomes of a row: its fate, said before anything is written and the same when it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

NEW, CHANGED, SAME, FAULT = "new", "changed", "same", "fault"


@dataclass
class Fate:
    """Of the row `number`: `changes` maps a column to [before, after], `faults` a column to the reason."""

    number: int
    kind: str
    title: str
    subtitle: str = ""
    pk: int | None = None
    changes: dict[str, list[str]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    # What the services take; never shown.
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return self.kind in (NEW, CHANGED)


def digest(fates: Iterable[Fate]) -> str:
    """What was shown, in a word: another one where anything would come out otherwise."""
    facts = [[it.number, it.kind, it.pk, it.changes, sorted(it.faults)] for it in fates]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def decided(fate: Fate) -> Fate:
    """A row with anything wrong is a fault; one that exists and differs nowhere is there already."""
    if fate.faults:
        fate.kind = FAULT
    elif fate.pk is not None:
        fate.kind = CHANGED if fate.changes else SAME
    return fate

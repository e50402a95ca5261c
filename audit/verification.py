"""All that can be said about the history: its chains, the seal of the last key, the newest checkpoint."""

from __future__ import annotations

from collections.abc import Iterator

from audit import checkpoints, seals, services


def problems() -> Iterator[str]:
    """What is wrong, a line a fault, while it is found."""
    sealed = seals.read() or {}
    yield from services.problems({table: rows["last"] for table, rows in sealed.items()})
    yield from seals.problems(sealed)
    newest = checkpoints.newest()
    if newest:
        yield from checkpoints.problems(newest)

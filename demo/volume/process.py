"""A process of its own that makes rows: what it is told before it may import any model."""

from __future__ import annotations

import gc
import pickle
from functools import cache
from typing import Any

import django

_told: list[bytes] = []


def begin(what: bytes) -> None:
    """The first thing in the process; `what` is pickled, for its classes need Django's apps to be there."""
    django.setup()
    # Rows hold no circles, and looking for some among so many takes a third of the time.
    gc.disable()
    _told.append(what)


@cache
def told() -> Any:
    """What the process was begun with."""
    return pickle.loads(_told[0])  # noqa: S301 - our own, from the process that began this one

"""How much is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random


@dataclass(frozen=True)
class Size:
    """So many `requests` to `companies` in the `years` that end `now` (aware); `seed` fixes all chance."""

    requests: int
    companies: int
    years: int
    seed: int
    now: datetime

    def chance(self, *what: object) -> Random:
        """Chance for one part of the data, the same in whichever process and order the parts are made."""
        return Random(":".join(map(str, (self.seed, *what))))  # noqa: S311 - nothing secret

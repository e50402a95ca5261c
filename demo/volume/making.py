"""Making the text of the rows: the same, whichever process makes which stretch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from demo.volume.clock import moment
from demo.volume.fates import Fates
from demo.volume.payees import Parties
from demo.volume.rows import Stretch
from demo.volume.size import Size
from demo.volume.staff import Staff

# So many requests are made and written at a time; what chance gives them hangs on it. After each COPY of a
# few PostgreSQL leaves empty pages in the table.
STRETCH = 10_000


@dataclass(frozen=True)
class World:
    """What the requests are made of, as each process that makes some gets it."""

    size: Size
    staff: Staff
    parties: Parties
    first_folder: int

    def stretches(self) -> list[range]:
        """All of the requests' numbers."""
        end = self.size.requests + 1
        return [range(start, min(start + STRETCH, end)) for start in range(1, end, STRETCH)]

    def made(self, stretches: Iterable[range]) -> Iterator[list[bytes]]:
        """Of each stretch the text of its rows, in the order of `TABLES`."""
        fates = Fates(self.size, self.staff, self.parties)
        stretch = Stretch(
            first_folder=self.first_folder, seed=self.size.seed, now=moment(self.size.now)
        )
        for numbers in stretches:
            for fate in fates.draw(numbers):
                stretch.add(fate)
            yield stretch.taken()

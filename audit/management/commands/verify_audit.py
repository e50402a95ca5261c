"""Tell whether every chain of events is whole."""

from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand

from audit import checkpoints, services


class Command(BaseCommand):
    help = (
        "Verify every chain of events, also against the newest checkpoint; "
        "one line a fault and exit 1 when any is not whole."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        newest = checkpoints.newest()
        found = [services.problems(), checkpoints.problems(newest) if newest else ()]
        for problem in chain(*found):
            self.stdout.write(problem)
            count += 1
        if count:
            self.stderr.write(f"{count} problems found.")
            raise SystemExit(1)
        if options["verbosity"]:
            self.stdout.write("Every chain of events is whole.")

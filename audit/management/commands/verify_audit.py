"""Tell whether every chain of events is whole."""

from typing import Any

from django.core.management.base import BaseCommand

from audit import verification


class Command(BaseCommand):
    help = (
        "Verify every chain of events, also against the newest checkpoint and the seal; "
        "one line a fault and exit 1 when any is not whole."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for problem in verification.problems():
            self.stdout.write(problem)
            count += 1
        if count:
            self.stderr.write(f"{count} problems found.")
            raise SystemExit(1)
        if options["verbosity"]:
            self.stdout.write("Every chain of events is whole.")

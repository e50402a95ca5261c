"""Tell whether every chain of events is whole."""

from typing import Any

from django.core.management.base import BaseCommand

from audit import services


class Command(BaseCommand):
    help = "Verify every chain of events: exit 1 and one line a fault when a row was changed, taken out, cut off or put in."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for count, problem in enumerate(services.problems(), start=1):
            self.stdout.write(problem)
        if count:
            self.stderr.write(f"{count} problems found.")
            raise SystemExit(1)
        if options["verbosity"]:
            self.stdout.write("Every chain of events is whole.")

"""Tell whether the running totals are what all rows come to, and put them right."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from approvals.services import totals


class Command(BaseCommand):
    help = (
        "Compare the running totals with the sums of all rows, also while people work; one line a "
        "difference, which is mended, and exit 1 when there was any."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="tell, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = [f"trigger {name} is missing" for name in totals.missing_triggers()]
        faults += map(str, totals.differences())
        for fault in faults:
            self.stdout.write(fault)
        if not faults:
            if options["verbosity"]:
                self.stdout.write("The totals are what all rows come to.")
            return
        if not options["dry_run"]:
            totals.mend()
        self.stderr.write(f"{len(faults)} differences{'' if options['dry_run'] else ', mended'}.")
        raise SystemExit(1)

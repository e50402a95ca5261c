"""See that a back-up is still what was written."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from keeping import backups
from keeping.commands import failures_in_one_line, folder


class Command(BaseCommand):
    help = (
        "Read every row and every file of a back-up; one line a fault and exit 1 when there is any."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=folder)
        parser.add_argument(
            "--of", default="", metavar="NAME", help="which back-up; the newest by default"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        with failures_in_one_line():
            backup = backups.read(options["folder"], options["of"])
            for problem in backups.problems(backup):
                self.stdout.write(problem)
                count += 1
        if count:
            raise SystemExit(1)
        if options["verbosity"]:
            files = backup.manifest.files
            self.stdout.write(
                f"{backup.name} is whole: {len(backup.manifest.tables)} tables, "
                f"{files['count']} files, {files['bytes']} bytes."
            )

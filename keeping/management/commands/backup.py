"""Back up database and storage to one consistent point."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from keeping import backups
from keeping.commands import at_least_one, failures_in_one_line, folder


class Command(BaseCommand):
    help = (
        "Back up all rows of one moment and every file that they name into FOLDER, while the program serves. "
        "A file that is there already is not copied again. Keys are not in it: keep .env elsewhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=folder)
        parser.add_argument(
            "--keep",
            type=at_least_one,
            metavar="N",
            help="keep the newest N back-ups, forget the others",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        say = self.stdout.write if options["verbosity"] else str
        with failures_in_one_line():
            backup = backups.make(options["folder"], say=say)
            for name in (
                backups.forget(options["folder"], options["keep"]) if options["keep"] else ()
            ):
                say(f"Forgotten: {name}")
        for row, fault in backup.manifest.faults.items():
            self.stderr.write(f"{row}: {fault}")
        say(f"Back-up: {backup.folder}")
        if backup.manifest.faults:
            raise CommandError(
                f"{len(backup.manifest.faults)} files are not in the storage as they should be, so not in "
                "the back-up either; everything else is. See manage.py check_storage."
            )

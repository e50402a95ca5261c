"""Load the Bank of Russia's directory of banks."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from counterparties import bank_directory


class Command(BaseCommand):
    help = (
        "Put the Bank of Russia's directory of banks (ED807, XML or ZIP) in the place of the one in "
        "force, all of it or nothing, and say what was added, changed and closed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("file", nargs="?", type=Path, help="an ED807 file, .xml or .zip")
        source.add_argument(
            "--download", action="store_true", help="get the newest one from BANKS_URL"
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="take a file even when it is older than the directory in force, or lacks half of "
            "its banks",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["download"]:
                outcome = bank_directory.download()
            else:
                with options["file"].open("rb") as file:
                    outcome = bank_directory.load(file, is_forced=options["force"])
        except bank_directory.NotLoaded as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from error
        if options["verbosity"]:
            self.stdout.write(str(outcome))

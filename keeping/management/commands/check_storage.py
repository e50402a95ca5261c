"""Tell whether the storage holds what the rows say."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from keeping import checking
from keeping.commands import failures_in_one_line, folder
from keeping.objects import Shelf


class Command(BaseCommand):
    help = (
        "Find documents without files, files without rows and files that are not what was received; one line "
        "each, and exit 1 when any is left."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--quick", action="store_true", help="compare names and sizes, read no files"
        )
        parser.add_argument(
            "--mend",
            action="store_true",
            help="write folders' marks again, move files without a row to found/, forget lost files of forms",
        )
        parser.add_argument(
            "--from",
            dest="backup",
            type=folder,
            metavar="FOLDER",
            help="with --mend: put lost and changed files back out of the back-ups in this folder",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        shelf = Shelf(options["backup"] / "files") if options["backup"] else None
        left = 0
        with failures_in_one_line():
            found = list(checking.problems(hashes=not options["quick"]))
            if options["mend"]:
                checking.refuse_another_installations_storage(
                    sum(problem.what == "unknown" for problem in found)
                )
            for problem in found:
                done = checking.mend(problem, shelf) if options["mend"] else ""
                left += not done
                self.stdout.write(f"{problem}; {done}" if done else str(problem))
        if left:
            self.stderr.write(f"{left} problems found.")
            raise SystemExit(1)
        if options["verbosity"]:
            self.stdout.write("The storage holds what the rows say.")

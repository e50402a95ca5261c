"""Make this installation what a back-up holds."""

from argparse import ArgumentParser
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from audit import selectors as audit
from keeping import backups, checking, restoring
from keeping.commands import failures_in_one_line, folder, zero_or_more


class Command(BaseCommand):
    help = (
        "Restore a back-up into an empty database (of either kind) and a storage where no other file lies in "
        "the way, verify it, and hold the letters that were waiting. Stop web, worker and beat first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=folder)
        parser.add_argument(
            "--of", default="", metavar="NAME", help="which back-up; the newest by default"
        )
        add_settling(parser)
        parser.add_argument(
            "--other-keys",
            action="store_true",
            help="the keys are lost for good: restore all the same, the history will not verify",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with failures_in_one_line():
            backup = backups.read(options["folder"], options["of"])
            for name in restoring.lost_keys(backup):
                self.stderr.write(
                    f"{name} is not the one of the back-up, nor one of its fallbacks."
                )
            lost = restoring.restore(
                backup,
                send=options["send_letters"],
                gap=options["gap"],
                other_keys=options["other_keys"],
                say=self.stdout.write,
            )
            count = 0
            for problem in chain(lost, audit.problems(), checking.problems(hashes=False)):
                self.stdout.write(str(problem))
                count += 1
            audit.write_checkpoint(timezone.now())
        if count:
            self.stderr.write(f"Restored {backup.name}; {count} things above need a look.")
            raise SystemExit(1)
        self.stdout.write(
            f"Restored {backup.name}. Every chain of events is whole, every file is there."
        )


def add_settling(parser: ArgumentParser) -> None:
    """What any restore ends with, as options."""
    parser.add_argument(
        "--send-letters",
        action="store_true",
        help="letters that were waiting go by themselves; only when nothing ran after the back-up",
    )
    parser.add_argument(
        "--gap",
        type=zero_or_more,
        default=restoring.GAP,
        metavar="N",
        help="leave N numbers out, so that none given after the back-up is given again (%(default)s)",
    )

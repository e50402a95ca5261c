"""Pin the history under the key in force, after AUDIT_KEY was changed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit import checkpoints, seals, services, verification


class Command(BaseCommand):
    help = (
        "After AUDIT_KEY was changed and every process runs with the new one: verify the history, then pin "
        "every row of it under the new key. From then on an older key proves no new row."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--again",
            action="store_true",
            help="this key has sealed before, and you know why rows of an older key came after it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        first = seals.read() is None
        fine = (services.UNSEALED,) if first or options["again"] else ()
        found = [
            problem
            for problem in verification.problems()
            if not (options["again"] and problem.endswith(checkpoints.OLD_KEY))
            and not any(words in problem for words in fine)
        ]
        for problem in found:
            self.stdout.write(problem)
        if found:
            raise CommandError("Nothing was sealed: look at the problems above first.")
        now = timezone.now()
        key = seals.write(now)
        checkpoints.write(now)
        if options["verbosity"]:
            self.stdout.write(f"Sealed: {key}")

"""`manage.py seed`: years of a made-up holding's payments, for measuring with many rows."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from demo.organisation import PASSWORD
from demo.volume import loading
from demo.volume.size import Size


class Command(BaseCommand):
    """Into an empty database whose settings say SEED_ALLOWED=1, and into no other."""

    help = "Fill an empty database with many payment requests, for measuring."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--requests", type=int, default=10_000)
        parser.add_argument("--companies", type=int, help="one for fifty requests, unless given")
        parser.add_argument("--years", type=int, default=3)
        parser.add_argument("--seed", type=int, default=1, help="another number, other data")
        parser.add_argument("--password", default=PASSWORD, help="of every log-in")
        parser.add_argument("--processes", type=int, default=2, help="on PostgreSQL")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SEED_ALLOWED:
            raise CommandError("Not here: SEED_ALLOWED=1 marks a database that may be filled so.")
        if not loading.is_empty():
            raise CommandError("There are people, companies or requests here: nothing was changed.")
        size = Size(
            requests=_at_least_one(options["requests"], "requests"),
            companies=_at_least_one(options["companies"] or _companies(options), "companies"),
            years=_at_least_one(options["years"], "years"),
            seed=options["seed"],
            now=timezone.now(),
        )
        self.began = time.monotonic()
        loading.load(
            size,
            password=options["password"],
            processes=options["processes"],
            said=self._say,
        )
        self._say("Done. Log in as director, supervisor1, manager1, accountant1, auditor, admin")

    def _say(self, text: str) -> None:
        self.stdout.write(f"{time.monotonic() - self.began:7.1f} s  {text}")


def _companies(options: dict[str, Any]) -> int:
    return max(int(options["requests"]) // 50, 20)


def _at_least_one(number: int, name: str) -> int:
    if number < 1:
        raise CommandError(f"--{name}: 1 or more")
    return number

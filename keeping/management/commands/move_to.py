"""Move this installation to another database and storage."""

import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from keeping import moving
from keeping.commands import failures_in_one_line, folder


class Command(BaseCommand):
    help = (
        "Copy every row and every file to where NEW_ENV, the .env of the new installation, says, and compare "
        "both sides: from SQLite and files to PostgreSQL and S3, or any other way. Stop web, worker and beat "
        "first; run it again when it was interrupted. Nothing here is changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("new_env", type=folder)

    def handle(self, *args: Any, **options: Any) -> None:
        new_env = options["new_env"]
        with failures_in_one_line():
            lost = moving.move(moving.settings_of(new_env), say=self.stdout.write)
        for line in lost:
            self.stderr.write(line)
        # The new installation speaks for itself, with its own settings and nothing of ours.
        self.stdout.flush()
        for check in (["verify_audit"], ["check_storage", "--quick"]):
            done = subprocess.run(
                [sys.executable, "manage.py", *check],
                cwd=settings.BASE_DIR,
                env=moving.environment_of(new_env),
                check=False,
            )
            if done.returncode:
                raise CommandError(
                    f"manage.py {check[0]} has something to say about the new installation."
                )
        self.stdout.write(f"Moved. Take {new_env.name} as .env and start web, worker and beat.")

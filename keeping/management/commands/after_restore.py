"""What must follow a restore that was not made by `manage.py restore`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from keeping import restoring
from keeping.commands import failures_in_one_line
from keeping.management.commands.restore import add_settling


class Command(BaseCommand):
    help = (
        "After a restore by the database's own tools, before worker and beat start: hold the letters that "
        "were waiting and leave a gap in the numbers. (`manage.py restore` does both by itself.)"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_settling(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        with failures_in_one_line():
            restoring.settle(
                send=options["send_letters"], gap=options["gap"], say=self.stdout.write
            )

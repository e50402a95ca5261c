"""Django's own `migrate`, one at a time: hosts that are upgraded together wait for the first of them."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from keeping.databases import one_at_a_time


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with one_at_a_time(connections[options["database"]]):
            super().handle(*args, **options)

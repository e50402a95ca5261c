"""`manage.py demo`: the demo company's story, told up to this moment."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from demo import loading
from demo.fonts import FontsMissing
from demo.organisation import PASSWORD


class Command(BaseCommand):
    """Loads the story once; a second run changes nothing."""

    help = "Load the demo company: people, counterparties, and three weeks of payment requests."

    def handle(self, *args: Any, **options: Any) -> None:
        if loading.is_loaded():
            self.stdout.write(_("The demo company is here already: nothing was changed."))
            return
        if loading.is_in_use():
            raise CommandError(
                _("There are counterparties here already: the demo needs an empty database.")
            )
        try:
            loaded = loading.load(now=timezone.now())
        except FontsMissing as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("The demo company is ready: {requests} payment requests. Log in as:").format(
                requests=len(loaded.pks)
            )
        )
        for user in loaded.cast.people.values():
            self.stdout.write(
                f"  {user.username:<12} {PASSWORD}   {user.full_name}, {user.position}"
            )

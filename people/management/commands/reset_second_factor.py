"""`manage.py reset_second_factor NAME`: for the administrator who has lost their own."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.refusals import Refused
from people import services
from people.models import User


class Command(BaseCommand):
    help = "Take away every second factor of a person and end their sessions; it stands in their history."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="the person's log-in name")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError("Nobody has this log-in name.")
        try:
            services.reset_second_factor(person_id=person.pk, actor=None)
        except Refused as refusal:
            raise CommandError(refusal.reason) from refusal
        self.stdout.write(
            "Reset: the password alone opens this log-in until a new factor is set up."
        )

"""What whoever has just installed the program does next."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import override

from people import start
from people.models import User


class Command(BaseCommand):
    help = "Say where the program is and, while there is no administrator, how to make one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--command",
            default="python manage.py",
            help="how commands are run here (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with override(settings.LANGUAGE_CODE):
            self.stdout.write(_("Signoff is at %(url)s/") % {"url": settings.PUBLIC_URL})
            if not start.somebody_exists():
                said = _("Nobody is here yet. Open %(url)s/start/ and type the setup code %(code)s")
                facts = {"url": settings.PUBLIC_URL, "code": start.setup_code()}
                self.stdout.write(said % facts)
            elif not User.objects.filter(is_administrator=True, is_active=True).exists():
                self.stdout.write(_("Nobody can administer it yet. Make the first administrator:"))
                self.stdout.write(f"\n    {options['command']} createsuperuser\n\n")
            self.stdout.write(_("What is not in order here, if anything:"))
            self.stdout.write(f"\n    {options['command']} doctor\n")

"""What is wrong with this installation, in plain words, and what to do about it."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext

from config import doctor
from config.doctor.findings import Check, Finding, Level


class Command(BaseCommand):
    help = "Say what is wrong with this installation and what to do; exits 1 when anything is at fault."

    requires_system_checks: list[
        str
    ] = []  # it says more than they do, and must run when they would not

    def add_arguments(self, parser: CommandParser) -> None:
        languages = [code for code, _name in settings.LANGUAGES]
        parser.add_argument("--language", choices=languages, default=settings.LANGUAGE_CODE)
        parser.add_argument("--json", action="store_true", help="for programs: a list of findings")

    def handle(self, *args: Any, **options: Any) -> None:
        with override(options["language"]):
            found = list(self.listen(options["json"]))
            if options["json"]:
                self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
            levels = [finding["level"] for finding in found]
            faults, warnings = levels.count(Level.FAULT), levels.count(Level.WARNING)
            if not options["json"]:
                self.stdout.write("\n" + _summary(faults, warnings))
        if faults:
            raise SystemExit(1)

    def listen(self, quietly: bool) -> Any:
        """Each finding as it comes, as plain values; printed at once, since some take seconds."""
        last: Check | None = None
        for check, finding in doctor.look():
            if not quietly:
                self.tell("" if check is last else str(check.title), finding)
            last = check
            yield {
                "check": check.code,
                "level": finding.level,
                "text": finding.text,
                "advice": finding.advice,
            }

    def tell(self, title: str, finding: Finding) -> None:
        """One finding, and its advice below it."""
        words, style = {
            Level.OK: (pgettext("doctor", "ok"), self.style.SUCCESS),
            Level.WARNING: (pgettext("doctor", "warning"), self.style.WARNING),
            Level.FAULT: (pgettext("doctor", "FAULT"), self.style.ERROR),
            Level.UNKNOWN: (pgettext("doctor", "unknown"), self.style.WARNING),
        }[finding.level]
        self.stdout.write(f"{style(f'{words:<12}')} {title:<22} {finding.text}")
        if finding.advice:
            self.stdout.write(f"{'':<36}→ {finding.advice}")
        self.stdout.flush()


def _summary(faults: int, warnings: int) -> str:
    if not faults and not warnings:
        return _("All is in order.")
    said = [
        ngettext("%(number)s fault", "%(number)s faults", faults) % {"number": faults},
        ngettext("%(number)s warning", "%(number)s warnings", warnings) % {"number": warnings},
    ]
    return ", ".join(text for text, number in zip(said, (faults, warnings), strict=True) if number)

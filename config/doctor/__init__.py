"""Looking an installation over: each thing that it stands on, in plain words, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.doctor import data, outside, places, secrets, work
from config.doctor.findings import Check, Finding, Level, fault, words_of

CHECKS = (
    Check("keys", gettext_lazy("Keys and passwords"), secrets.guessable),
    Check("database", gettext_lazy("Database"), data.database),
    Check("migrations", gettext_lazy("Migrations"), data.migrations, ("database",)),
    Check("clock", gettext_lazy("Clock and time zone"), data.clock, ("database",)),
    Check("people", gettext_lazy("Log-ins"), secrets.people, ("migrations",)),
    Check("broker", gettext_lazy("Broker"), work.broker),
    Check("worker", gettext_lazy("Worker"), work.worker, ("broker", "migrations")),
    Check("beat", gettext_lazy("Scheduler"), work.beat, ("migrations",)),
    Check("backlog", gettext_lazy("Queue"), work.backlog, ("migrations",)),
    Check("totals", gettext_lazy("Running totals"), work.running_totals, ("migrations",)),
    Check("storage", gettext_lazy("Storage"), places.storage),
    Check("mail", gettext_lazy("Mail server"), outside.mail),
    Check("public_url", gettext_lazy("Address"), outside.public_url),
    Check("disk", gettext_lazy("Free disk"), places.disk),
    Check("made", gettext_lazy("Static files"), places.made),
    Check("pango", gettext_lazy("PDF files"), places.pango),
    Check("banks", gettext_lazy("Directory of banks"), outside.banks, ("migrations",)),
)


def look() -> Iterator[tuple[Check, Finding]]:
    """Look at everything, in order; what stands on something that is at fault is not looked at."""
    bad: set[str] = set()
    for check in CHECKS:
        if missing := bad & set(check.needs):
            titles = ", ".join(str(other.title) for other in CHECKS if other.code in missing)
            bad.add(check.code)
            yield check, Finding(Level.UNKNOWN, _("Not looked at, before this: %s") % titles)
            continue
        try:
            findings = list(check.look())
        except Exception as error:  # one surprise must not hide what the other checks would say
            kind = type(error).__name__
            findings = [fault(_("The check itself failed: %s") % f"{kind}: {words_of(error)}")]
        if any(finding.level is Level.FAULT for finding in findings):
            bad.add(check.code)
        for finding in findings:
            yield check, finding

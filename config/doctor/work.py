"""Whether the work behind the pages is done: broker, worker, scheduler, and what has piled up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.services import totals
from config import health
from config.celery import app
from config.doctor.findings import Finding, fault, ok, warning, words_of
from documents import selectors as documents
from notifications import selectors as notifications
from outbox.selectors import Backlog, last_seen

PING_SECONDS = 2.0
FRESH = timedelta(minutes=3)
MANY_MESSAGES = 1_000
# Some hundred decisions a second for as long as folding takes to come.
MANY_LINES = 20_000
LATE = timedelta(minutes=15)


def broker() -> Iterator[Finding]:
    """It answers."""
    try:
        with health.broker_connection() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except Exception as error:  # each transport has errors of its own
        yield fault(
            _("It does not answer, or does not let us in: %(words)s") % {"words": words_of(error)},
            _(
                "See that Valkey (or Redis) runs and that BROKER_URL names it. Nothing is lost meanwhile."
            ),
        )
        return
    waiting = health.waiting_messages() or 0
    if waiting > MANY_MESSAGES:
        yield warning(
            ngettext(
                "It answers, and %(number)s wake-up waits.",
                "It answers, and %(number)s wake-ups wait.",
                waiting,
            )
            % {"number": waiting},
            _("Run more workers, or a larger WORKER_CONCURRENCY."),
        )
    else:
        yield ok(_("It answers."))


def worker() -> Iterator[Finding]:
    """One answers, and does what it is given."""
    replies = app.control.ping(timeout=PING_SECONDS) or []
    seen = last_seen()
    fresh = seen.get("worker", FRESH) < FRESH
    if not replies and not fresh:
        yield fault(
            _("No worker answers: files are not filed and letters are not sent."),
            _("Start it: the line `worker` of the Procfile. What waits is then done by itself."),
        )
    elif not fresh and seen.get("beat", FRESH) < FRESH and "worker" in seen:
        yield fault(
            _("A worker answers, but has done nothing for %(minutes)s minutes.")
            % {"minutes": int(seen["worker"].total_seconds() // 60)},
            _("Look at its log, and start it again."),
        )
    else:
        number = max(len(replies), 1)
        yield ok(
            ngettext("%(number)s worker answers.", "%(number)s workers answer.", number)
            % {"number": number}
        )


def beat() -> Iterator[Finding]:
    """It said so within the last minutes."""
    seen = last_seen().get("beat")
    if seen is not None and seen < FRESH:
        yield ok(_("It works."))
        return
    said = (
        _("It was never seen.")
        if seen is None
        else _("It was last seen %(minutes)s minutes ago.")
        % {"minutes": int(seen.total_seconds() // 60)}
    )
    yield fault(
        said,
        _(
            "Start one, and only one: the line `beat` of the Procfile. Without it nothing is tried again,"
            " and there are no digests."
        ),
    )


def backlog() -> Iterator[Finding]:
    """Nothing waits for long, and nothing was given up."""
    backlogs = [*documents.backlogs(), *notifications.backlogs()]
    findings = [finding for found in backlogs for finding in _of(found)]
    yield from findings or [ok(_("Nothing waits for long, and nothing has failed."))]


def running_totals() -> Iterator[Finding]:
    """They are written, and folded: what piles up makes pages slower, though never wrong."""
    if missing := totals.missing_triggers():
        yield fault(
            ngettext(
                "%(number)s trigger that writes them is missing.",
                "%(number)s triggers that write them are missing.",
                len(missing),
            )
            % {"number": len(missing)},
            "python manage.py check_totals",
        )
        return
    lines = totals.unfolded(most=MANY_LINES + 1)
    if lines > MANY_LINES:
        yield warning(
            _(
                "More than %(number)s lines are not folded: the dashboard and the calendar become slower."
            )
            % {"number": MANY_LINES},
            _("A worker does it every half minute. If one answers, look at its log."),
        )
    else:
        yield ok(_("They are written and folded."))


def _of(found: Backlog) -> Iterator[Finding]:
    kind = {
        "folder": _("Folders"),
        "document": _("Documents"),
        "letter": _("Letters"),
        "notice": _("Notices"),
        "digest": _("Digests"),
    }[found.kind]
    late = timezone.now() - found.due_since if found.due_since else timedelta()
    if late > LATE:
        yield fault(
            _("%(kind)s: %(number)s to be acted on, the oldest for %(minutes)s minutes.")
            % {"kind": kind, "number": found.due, "minutes": int(late.total_seconds() // 60)},
            _("If a worker answers, look at its log."),
        )
    gave_up = {
        reason: number
        for (outcome, reason), number in found.failures.items()
        if outcome == "gave_up"
    }
    if gave_up and found.kind != "digest":  # which are notices as well
        reasons = ", ".join(f"{reason} ({number})" for reason, number in sorted(gave_up.items()))
        yield warning(
            _("%(kind)s that failed: %(reasons)s") % {"kind": kind, "reasons": reasons},
            _("Their cards say what happened and have 'try again'."),
        )

"""Work that comes by the clock."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from approvals import exports, selectors, services
from approvals.models import Export
from approvals.services import identity, totals
from counterparties.lookup import services as lookup
from counterparties.lookup.parties import LookupFailed
from counterparties.models import Company, CompanyEvent
from outbox import services as outbox
from people.models import PasswordRequest

# A million rows take minutes; the claim is renewed on the way.
EXPORT_MAY_TAKE = 30 * 60
LOOK_AGAIN_AFTER = timedelta(hours=20)
# Of one run. An hour later comes the next one, and no run takes longer than a task may.
MOST_COMPANIES = 200
RUN = timedelta(minutes=3)
RENAMED_SINCE = timedelta(days=2)


@shared_task(name="counterparties.refresh_states")
def refresh_states() -> None:
    """Look again at companies with open requests, about once a day each, the longest unseen first.

    Stops where the next question would meet the same failure (a limit, a dead service): the next
    run begins there. Running it twice asks about nobody twice.
    """
    if not lookup.is_on():
        return
    now = timezone.now()
    for company in selectors.companies_to_look_at(now - LOOK_AGAIN_AFTER)[:MOST_COMPANIES]:
        if timezone.now() - now > RUN:
            return
        try:
            lookup.refresh_state(company)
        except LookupFailed as failure:
            if failure.is_general:
                return


@shared_task(name="approvals.follow_names")
def follow_names() -> None:
    """Sort requests by their company's name of today, where it was changed past `services.update_company`."""
    renamed = CompanyEvent.objects.filter(
        kind="company.edited", at__gt=timezone.now() - RENAMED_SINCE
    )
    for company in Company.objects.filter(pk__in=renamed.values("subject")):
        services.follow_name(company)


@shared_task(name="exports.make", soft_time_limit=EXPORT_MAY_TAKE, time_limit=EXPORT_MAY_TAKE + 60)
def make_export(pk: int) -> None:
    """Write one file of the registry."""
    exports.make(pk)


@shared_task(name="exports.sweep")
def sweep_exports() -> None:
    """Find what nobody was woken for."""
    for pk in outbox.due(Export, now=timezone.now()):
        outbox.wake(make_export, pk)


@shared_task(name="exports.clean")
def clean_exports() -> None:
    """Take away files that are a day old."""
    exports.clean(timezone.now())


@shared_task(name="totals.fold")
def fold_totals() -> None:
    """Keep the running totals short."""
    totals.fold()


@shared_task(name="identity.answer")
def answer_password_request(pk: int) -> None:
    """Send a link to whoever has forgotten a password, if it is somebody."""
    identity.answer_password_request(pk)


@shared_task(name="identity.sweep")
def sweep_password_requests() -> None:
    """Find what nobody was woken for."""
    for pk in outbox.due(PasswordRequest, now=timezone.now()):
        outbox.wake(answer_password_request, pk)

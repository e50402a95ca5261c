"""The planned pay day: proposed by the organisation's pay days, moved by accountants."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import pay_days, policies
from approvals.models import PaymentRequest
from approvals.selectors import organisation_settings
from approvals.services.recording import is_repeat, record
from audit.refusals import Invalid, refuse_if
from people.models import User


@transaction.atomic
def plan_day(
    *,
    payment_request_id: int,
    actor: User,
    day: datetime.date,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> PaymentRequest:
    """Move the planned pay day; the day by which the author wants it paid stays. Raises Forbidden, Conflict,
    Invalid."""
    now = now or timezone.now()
    payment_request = PaymentRequest.objects.locked(payment_request_id)
    if is_repeat(payment_request, actor=actor, kind="request.planned", form_key=form_key):
        return payment_request
    refuse_if(policies.why_not_plan(payment_request, actor))
    if day < timezone.localdate(now):
        raise Invalid({"day": [_("That day has passed: today or later.")]})
    before = payment_request.planned_on
    if day == before:
        return payment_request
    payment_request.planned_on = day
    payment_request.save(update_fields=["planned_on"])
    record(
        payment_request,
        kind="request.planned",
        actor=actor,
        now=now,
        form_key=form_key,
        planned_on=[before.isoformat(), day.isoformat()],
    )
    return payment_request


def propose_day(payment_request: PaymentRequest, *, now: datetime.datetime) -> None:
    """Plan a locked request that is being sent for approval (the caller saves it)."""
    payment_request.planned_on = pay_days.propose(
        payment_request.pay_by, at=now, settings=organisation_settings()
    )


def keep_day_possible(payment_request: PaymentRequest, *, now: datetime.datetime) -> None:
    """What is approved too late for its planned day goes to the next pay day (the caller saves it).

    Only where the organisation names its pay days or a cut-off: without them a late day shows as overdue.
    """
    settings = organisation_settings()
    if not settings.pay_weekdays and settings.pay_cut_off is None:
        return
    if payment_request.planned_on < pay_days.earliest(now, settings):
        payment_request.planned_on = pay_days.propose(
            payment_request.planned_on, at=now, settings=settings
        )

"""Corrections of companies, as far as requests are concerned."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals.models import PaymentRequest
from approvals.search import company_key
from approvals.services.orders import refresh_orders
from approvals.services.papers import refresh_papers
from approvals.states import Status
from counterparties import services as counterparties
from counterparties.models import Company
from people.models import User


@transaction.atomic
def update_company(
    *, company_id: int, actor: User, now: datetime.datetime | None = None, **fields: Any
) -> Company:
    """Correct a company; papers and orders of its requests that are sent and not paid are drawn up anew.

    All its requests move to where its new name stands in their order.

    Raises what counterparties.services.update_company raises.
    """
    now = now or timezone.now()
    company = counterparties.update_company(company_id=company_id, actor=actor, now=now, **fields)
    follow_name(company)
    live = PaymentRequest.objects.filter(status__in=[Status.ON_APPROVAL, Status.APPROVED])
    ours = live.filter(company_id=company_id) | live.filter(payer_id=company_id)
    for pk in sorted(ours.values_list("pk", flat=True)):
        payment_request = PaymentRequest.objects.locked(pk)
        refresh_papers(payment_request, actor=actor, now=now)
        refresh_orders(payment_request, actor=actor, now=now)
    return company


def follow_name(company: Company) -> int:
    """Give a company's requests the key that they are sorted by, where they have another; how many had."""
    key = company_key(company)
    requests = PaymentRequest.objects.filter(company=company).exclude(company_key=key)
    return requests.update(company_key=key)

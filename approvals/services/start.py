"""The first start: the first administrator and, if they like, our first organisation with its account."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.models import OrganisationSettings
from approvals.selectors import organisation_settings
from audit.refusals import Conflict
from counterparties import services as counterparties
from people import start
from people.models import User


@transaction.atomic
def begin(
    *,
    person: dict[str, Any],
    organisation: dict[str, Any] | None = None,
    account: dict[str, Any] | None = None,
) -> User:
    """Make the first administrator, where nobody exists; all of it or nothing.

    `person` is what people.start.make_first takes, `organisation` and `account` what the services of
    counterparties take. The caller has checked the setup code. Raises Conflict when somebody else was
    first, and Invalid.
    """
    # Two who press at once wait for each other on the row of settings, and the second finds the first.
    organisation_settings()
    OrganisationSettings.objects.select_for_update().get(pk=1)
    if User.objects.exists():
        raise Conflict(_("This installation has an administrator already. Log in."))
    first = start.make_first(**person)
    if organisation is not None:
        company = counterparties.create_company(actor=first, is_own=True, **organisation)
        if account is not None:
            counterparties.add_account(company_id=company.pk, actor=first, **account)
    return first

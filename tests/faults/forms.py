"""Forms as people fill them in before the rig's web server."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django.utils import timezone

from approvals.tests.builders import World


def request_form(world: World, **changes: Any) -> dict[str, Any]:
    """A complete request to `world.company`, to be saved as a draft, under a key of its own."""
    return {
        "form_key": str(uuid.uuid4()),
        "action": "save",
        "company": world.company.pk,
        "bank_account": world.account.pk,
        "contact": world.contact.pk,
        "payer": world.payer.pk,
        "amount": "49 050,00",
        "currency": "RUB",
        "vat_rate": "22",
        "vat_amount": "",
        "pay_by": (timezone.localdate() + datetime.timedelta(days=3)).isoformat(),
        "invoice_number": "К-1",
        "purpose": "Оплата по счёту № К-1 за бумагу",
        "justification": "Строка первая,\nстрока «вторая» & <третья>",
        **changes,
    }


def decision_form(**changes: Any) -> dict[str, Any]:
    """A decision's form, under a key of its own."""
    return {"form_key": str(uuid.uuid4()), **changes}

"""May this person do this to a company now? None is yes; a refusal holds the reason."""

from __future__ import annotations

from django.utils.translation import gettext as _

from audit.refusals import Forbidden, Refused
from counterparties.models import Company
from people.models import User


def why_not_create_company(actor: User, *, is_own: bool = False) -> Refused | None:
    """Managers, accountants and administrators; our own organisations: administrators."""
    if is_own and not actor.is_administrator:
        return Forbidden(_("Only administrators change our own organisations."))
    if not (actor.is_manager or actor.is_accountant or actor.is_administrator):
        return Forbidden(_("Managers, accountants and administrators change counterparties."))
    return None


def why_not_edit_company(company: Company, actor: User) -> Refused | None:
    """The same people; the company's accounts and contacts go with it."""
    return why_not_create_company(actor, is_own=company.is_own)

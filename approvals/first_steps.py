"""What comes next after the first start, and what of it is done: by what there is, never by a tick."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from approvals.models import Category, SettingsEvent
from counterparties.selectors import current_accounts, own_companies
from notifications.models import LetterState, TestLetter
from people.models import Department, User


@dataclass(frozen=True)
class Step:
    """One thing to do: where, and why."""

    code: str
    text: str
    why: str
    url: str
    is_done: bool


def first_steps() -> list[Step]:
    """In the order in which they are best done."""
    return [
        Step(
            "organisation",
            _("Our organisation"),
            _("whose money is paid: requisites and a settlement account"),
            reverse("approvals:organisations"),
            current_accounts().filter(company__in=own_companies()).exists(),
        ),
        Step(
            "departments",
            _("Departments"),
            _("the heads approve where nobody has a supervisor"),
            reverse("approvals:departments"),
            Department.objects.exists(),
        ),
        Step(
            "people",
            _("Invite people"),
            _("managers file requests, accountants pay them"),
            reverse("approvals:people"),
            User.objects.filter(is_manager=True).exists()
            and User.objects.filter(is_accountant=True).exists(),
        ),
        Step(
            "categories",
            _("Budget items"),
            _("what requests are filed under"),
            reverse("approvals:categories"),
            Category.objects.exists(),
        ),
        Step(
            "storage",
            _("Check the storage"),
            _("whether documents can be kept"),
            reverse("approvals:checks"),
            _storage_is_good(),
        ),
        Step(
            "mail",
            _("Send a test letter"),
            _("whether letters go out"),
            reverse("approvals:checks"),
            TestLetter.objects.filter(state=LetterState.SENT).exists(),
        ),
    ]


def _storage_is_good() -> bool:
    """What the newest check found."""
    checks = SettingsEvent.objects.filter(kind="storage.checked").order_by("-seq")
    return bool((checks.values_list("data__is_good", flat=True).first()) or False)

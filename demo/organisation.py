"""The firm itself: departments, people, budget items, settings, counterparties with accounts and contacts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, time
from typing import Any

from django.contrib.auth.hashers import make_password

from approvals.models import Category
from approvals.selectors import organisation_settings
from counterparties import services
from counterparties.models import BankAccount, Company, CompanyKind, Contact
from demo.days import Days
from demo.plan import the_beginning
from demo.story import Account, Bank, Person, Story
from demo.story import Company as CompanyOfStory
from people.models import Department, User

PASSWORD = "demo"  # noqa: S105 - everybody may know it
ENTERED_BY = "manager"
MORNING = time(9)
# Entered later than the rest, and by whom nobody has confirmed yet.
NEW_ACCOUNT, NEW_ACCOUNT_DAY = "c12-tochka", -3
ROLES = {
    "manager": "is_manager",
    "accountant": "is_accountant",
    "auditor": "is_auditor",
    "administrator": "is_administrator",
}


@dataclass
class Cast:
    """Rows by the keys that the story names them with."""

    people: dict[str, User] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    companies: dict[str, Company] = field(default_factory=dict)
    accounts: dict[str, BankAccount] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)


def build(story: Story, days: Days) -> Cast:
    """Write all of it, through the services where there are any."""
    cast = Cast()
    _people(story, cast)
    cast.categories = {
        key: Category.objects.get_or_create(name=name)[0] for key, name in story.categories.items()
    }
    row = organisation_settings()
    row.default_approver = cast.people[story.default_approver]
    row.acceptance_step = story.acceptance_step
    row.save(update_fields=["default_approver", "acceptance_step"])
    began = days.at(the_beginning(story, days), MORNING)
    for company in story.companies.values():
        _company(story, days, cast, company, began)
    return cast


def _people(story: Story, cast: Cast) -> None:
    departments = {
        key: Department.objects.create(name=name) for key, name in story.departments.items()
    }
    for number, person in enumerate(story.people.values(), start=1):
        cast.people[person.username] = _person(person, number, departments[person.department])
    for person in story.people.values():
        if person.supervisor:
            user = cast.people[person.username]
            user.supervisor = cast.people[person.supervisor]
            user.save(update_fields=["supervisor"])
    # Hashing takes long by design, and eight different hashes of one public word protect nobody.
    User.objects.filter(is_demo=True).update(password=make_password(PASSWORD))
    for key, username in story.heads.items():
        departments[key].head = cast.people[username]
        departments[key].save(update_fields=["head"])


def _person(person: Person, number: int, department: Department) -> User:
    roles: dict[str, Any] = {ROLES[person.role]: True}
    return User.objects.create_user(
        person.username,
        full_name=person.full_name,
        position=person.position,
        email=f"{person.username}@listbereg.example",
        phone=f"+7 495 000-00-{number:02}",
        department=department,
        is_demo=True,
        **roles,
    )


def _company(
    story: Story, days: Days, cast: Cast, company: CompanyOfStory, began: datetime
) -> None:
    actor = cast.people["admin" if company.is_own else ENTERED_BY]
    row = services.create_company(
        actor=actor,
        now=began,
        is_own=company.is_own,
        kind=CompanyKind.SOLE_PROPRIETOR if company.is_person else CompanyKind.ORGANISATION,
        name=company.name,
        full_name=company.full_name,
        inn=company.inn,
        kpp=company.kpp,
        ogrn=company.ogrn,
        legal_address=company.legal_address,
    )
    cast.companies[company.key] = row
    for account in company.accounts:
        now = days.at(days.day(NEW_ACCOUNT_DAY), MORNING) if account.key == NEW_ACCOUNT else began
        cast.accounts[account.key] = services.add_account(
            company_id=row.pk, actor=actor, now=now, **_account(account, story.banks[account.bank])
        )
    for contact in company.contacts:
        fields = asdict(contact)
        cast.contacts[fields.pop("key")] = services.add_contact(
            company_id=row.pk, actor=actor, now=began, **fields
        )


def _account(account: Account, bank: Bank) -> dict[str, Any]:
    return {**asdict(bank), "number": account.number, "is_main": account.main}

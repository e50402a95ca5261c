"""What is done to companies, their bank accounts and contacts.

Every service takes what was typed, checks all of it and raises `Invalid` by field. `form_key`
makes a repeat of the same form by the same person answer with what the first one made. `now` is
read once when not given.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import services as audit
from audit.refusals import Invalid, refuse_if
from counterparties import checks, policies, selectors
from counterparties.lookup import services as lookup
from counterparties.models import BankAccount, Company, CompanyEvent, Contact
from documents import services as documents
from people.models import User

# Names in the storage; people see them in their own language.
COMPANIES_FOLDER = "Companies"
REQUESTS_FOLDER = "Payment requests"

COMPANY_FIELDS = ("kind", "name", "full_name", "inn", "kpp", "ogrn", "legal_address")
ACCOUNT_FIELDS = ("bik", "bank_name", "correspondent_account", "number", "currency")
CONTACT_FIELDS = ("full_name", "position", "email", "phone", "language")

Row = TypeVar("Row", bound=Model)


@transaction.atomic
def create_company(
    *,
    actor: User,
    now: datetime | None = None,
    form_key: UUID | None = None,
    is_own: bool = False,
    **fields: Any,
) -> Company:
    """A company with its folder and the folder of its requests. `fields`: see COMPANY_FIELDS."""
    now = now or timezone.now()
    refuse_if(policies.why_not_create_company(actor, is_own=is_own))
    if (first := _made_before(Company, actor, form_key)) is not None:
        return first
    try:
        company = Company(
            **checks.clean_company(fields),
            is_own=is_own,
            created_by=actor,
            created_at=now,
            form_key=form_key,
        )
        _save_company(company)
    except ValidationError as error:
        # Another request of the same form may have come in between.
        if (first := _made_before(Company, actor, form_key)) is not None:
            return first
        raise _invalid(error) from error
    _make_folders(company, now)
    _tell(
        company,
        "company.created",
        actor,
        now,
        form_key,
        _facts(company, COMPANY_FIELDS),
    )
    lookup.take_known_state(company, now=now)
    return company


@transaction.atomic
def update_company(
    *,
    company_id: int,
    actor: User,
    now: datetime | None = None,
    form_key: UUID | None = None,
    **fields: Any,
) -> Company:
    """Change some of COMPANY_FIELDS; the rest and the folder stay. All is checked anew."""
    now = now or timezone.now()
    company = _locked(company_id)
    refuse_if(policies.why_not_edit_company(company, actor))
    if audit.repeated(
        CompanyEvent,
        subject=company,
        actor=actor,
        kind="company.edited",
        form_key=form_key,
    ):
        return company
    before = _facts(company, COMPANY_FIELDS)
    try:
        cleaned = checks.clean_company({**before, **fields}, exclude=company)
        if changes := _changes(company, cleaned):
            _save_company(company)
    except ValidationError as error:
        raise _invalid(error) from error
    if changes:
        _tell(company, "company.edited", actor, now, form_key, {"changes": changes})
        if "inn" in changes:
            lookup.forget_state(company)
        if changes.keys() & {"inn", "kpp", "ogrn"}:
            lookup.take_known_state(company, now=now)
    return company


@transaction.atomic
def add_account(
    *,
    company_id: int,
    actor: User,
    now: datetime | None = None,
    form_key: UUID | None = None,
    is_main: bool = False,
    replaces_id: int | None = None,
    **fields: Any,
) -> BankAccount:
    """A new account of the company, in the place of `replaces_id` if given: accounts are never
    edited.

    `fields`: see ACCOUNT_FIELDS. The first account is the main one, and whatever replaces the main
    one is.
    """
    now = now or timezone.now()
    company = _locked(company_id)
    refuse_if(policies.why_not_edit_company(company, actor))
    if (first := _made_before(BankAccount, actor, form_key)) is not None:
        return first
    current = {account.pk: account for account in selectors.accounts_of(company)}
    replaces = current.get(replaces_id) if replaces_id is not None else None
    if replaces_id is not None and replaces is None:
        raise Invalid({"replaces": [_("This account is not in use any more.")]})
    is_main = is_main or not current or (replaces is not None and replaces.is_main)
    try:
        cleaned = checks.clean_account(fields, company=company, replaces=replaces)
        account = BankAccount(
            **cleaned,
            company=company,
            is_main=is_main,
            replaces=replaces,
            created_by=actor,
            created_at=now,
            form_key=form_key,
        )
        _save_account(account, now)
    except ValidationError as error:
        raise _invalid(error) from error
    facts = {
        "account": account.pk,
        **cleaned,
        "replaces": replaces.pk if replaces else None,
    }
    kind = "company.account_replaced" if replaces else "company.account_added"
    _tell(company, kind, actor, now, form_key, facts)
    return account


@transaction.atomic
def add_contact(
    *,
    company_id: int,
    actor: User,
    now: datetime | None = None,
    form_key: UUID | None = None,
    **fields: Any,
) -> Contact:
    """A person on the company's side. `fields`: see CONTACT_FIELDS."""
    now = now or timezone.now()
    company = _locked(company_id)
    refuse_if(policies.why_not_edit_company(company, actor))
    if (first := _made_before(Contact, actor, form_key)) is not None:
        return first
    try:
        cleaned = checks.clean_contact(fields)
    except ValidationError as error:
        raise _invalid(error) from error
    contact = Contact(
        **cleaned, company=company, created_by=actor, created_at=now, form_key=form_key
    )
    contact.search = selectors.contact_search_text(contact)
    contact.save(force_insert=True)
    _tell(
        company,
        "company.contact_added",
        actor,
        now,
        form_key,
        {"contact": contact.pk, **cleaned},
    )
    return contact


@transaction.atomic
def update_contact(
    *,
    contact_id: int,
    actor: User,
    now: datetime | None = None,
    form_key: UUID | None = None,
    **fields: Any,
) -> Contact:
    """Change some of CONTACT_FIELDS; letters that were sent keep what they were sent with."""
    now = now or timezone.now()
    company = _locked(Contact.objects.values_list("company_id", flat=True).get(pk=contact_id))
    contact = Contact.objects.get(pk=contact_id)
    refuse_if(policies.why_not_edit_company(company, actor))
    if audit.repeated(
        CompanyEvent,
        subject=company,
        actor=actor,
        kind="company.contact_edited",
        form_key=form_key,
    ):
        return contact
    try:
        cleaned = checks.clean_contact({**_facts(contact, CONTACT_FIELDS), **fields})
    except ValidationError as error:
        raise _invalid(error) from error
    if changes := _changes(contact, cleaned):
        contact.search = selectors.contact_search_text(contact)
        contact.save(update_fields=[*changes, "search"])
        facts = {
            "contact": contact.pk,
            "full_name": contact.full_name,
            "changes": changes,
        }
        _tell(company, "company.contact_edited", actor, now, form_key, facts)
    return contact


def _locked(company_id: int) -> Company:
    """Everything done to one company waits for one another here."""
    return Company.objects.select_for_update(of=("self",), no_key=True).get(pk=company_id)


def _made_before(model: type[Row], actor: User, form_key: UUID | None) -> Row | None:
    if form_key is None:
        return None
    return model._default_manager.filter(created_by=actor, form_key=form_key).first()


def _save_company(company: Company) -> None:
    """Save; what another transaction wrote since the check becomes the same error as before it."""
    company.search = selectors.search_text(company)
    try:
        with transaction.atomic():
            if company._state.adding:
                company.save(force_insert=True)
            else:
                company.save(update_fields=[*COMPANY_FIELDS, "search"])
    except IntegrityError as error:
        checks.refuse_same_company(company.inn, company.kpp, exclude=company)
        raise ValidationError(_("It was saved by another request just now.")) from error


def _save_account(account: BankAccount, now: datetime) -> None:
    accounts = BankAccount.objects.filter(company_id=account.company_id)
    try:
        with transaction.atomic():
            if account.replaces is not None:
                accounts.filter(pk=account.replaces.pk).update(replaced_at=now, is_main=False)
            if account.is_main:
                accounts.filter(is_main=True).update(is_main=False)
            account.save(force_insert=True)
    except IntegrityError:
        checks.refuse_same_account(
            account.bik,
            account.number,
            company=account.company,
            replaces=account.replaces,
        )
        raise


def _make_folders(company: Company, now: datetime) -> None:
    root = documents.ensure_folder(parent=None, name=COMPANIES_FOLDER, now=now)
    company.folder = documents.make_unique_folder(
        parent=root, names=_folder_names(company), now=now
    )
    company.requests_folder = documents.ensure_folder(
        parent=company.folder, name=REQUESTS_FOLDER, now=now
    )
    company.save(update_fields=["folder", "requests_folder"])


def _folder_names(company: Company) -> list[str]:
    """'<name> (<INN>)', on a clash '(<INN>-<KPP>)'; without both, the folder's own ID."""
    marks = ["{public_id}"]
    if company.inn and company.kpp:
        marks.insert(0, f"{company.inn}-{company.kpp}")
    if company.inn:
        marks.insert(0, company.inn)
    return [f"{company.name} ({mark})" for mark in marks]


def _facts(row: Model, fields: tuple[str, ...]) -> dict[str, str]:
    return {field: getattr(row, field) for field in fields}


def _changes(row: Model, cleaned: dict[str, str]) -> dict[str, list[str]]:
    """Set what differs, and tell it: {"name": ["before", "after"]}."""
    changes = {}
    for field, value in cleaned.items():
        before = getattr(row, field)
        if before != value:
            changes[field] = [before, value]
            setattr(row, field, value)
    return changes


def _tell(
    company: Company,
    kind: str,
    actor: User,
    now: datetime,
    form_key: UUID | None,
    data: dict[str, Any],
) -> None:
    audit.append(
        subject=company,
        event_model=CompanyEvent,
        kind=kind,
        actor=actor,
        now=now,
        data=data,
        form_key=form_key,
    )


def _invalid(error: ValidationError) -> Invalid:
    return Invalid(
        error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
    )

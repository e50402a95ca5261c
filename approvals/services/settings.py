"""How the organisation works, changed by administrators: each change an event of the settings' chain."""

from __future__ import annotations

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import policies
from approvals.models import Category, OrganisationSettings, SettingsEvent
from approvals.selectors import organisation_settings
from audit import services as audit
from audit.refusals import Invalid, refuse_if
from documents import trial
from people.models import User

# Every column that a form may set; the chain's own are not among them.
FIELDS = tuple(
    field.name
    for field in OrganisationSettings._meta.concrete_fields
    if field.name not in {"id", "audit_seq", "audit_hash"}
)


@transaction.atomic
def change_settings(
    *, actor: User, now: datetime.datetime | None = None, **fields: Any
) -> OrganisationSettings:
    """Save these of FIELDS, checked by the form. Raises Forbidden; Invalid where the approver has left."""
    row = locked(actor)
    if unknown := fields.keys() - set(FIELDS):
        raise TypeError(f"not to be changed here: {', '.join(sorted(unknown))}")
    before = {name: getattr(row, name) for name in fields}
    changed = {name: value for name, value in fields.items() if value != before[name]}
    approver = changed.get("default_approver")
    if approver is not None and not approver.is_active:
        raise Invalid({"default_approver": [_("This log-in is closed.")]})
    if not changed:
        return row
    for name, value in changed.items():
        setattr(row, name, value)
    try:
        row.clean_fields(exclude={*FIELDS, "id", "audit_seq", "audit_hash"} - changed.keys())
    except ValidationError as error:
        raise Invalid(error.message_dict) from error
    changes = {name: [_fact(before[name]), _fact(value)] for name, value in changed.items()}
    tell(row, "settings.changed", actor=actor, now=now, saved=changed, changes=changes)
    return row


@transaction.atomic
def save_category(
    *,
    actor: User,
    category_id: int | None,
    name: str,
    now: datetime.datetime | None = None,
) -> Category:
    """A new budget item, or another name for one. Raises Forbidden; Invalid where the name is taken."""
    row = locked(actor)
    category = Category() if category_id is None else Category.objects.get(pk=category_id)
    was, category.name = category.name, " ".join(name.split())
    if category.name == was:
        return category
    taken = Invalid({"name": [_("There is a budget item of this name already.")]})
    others = Category.objects.exclude(pk=category.pk).values_list("name", flat=True)
    # Few, and SQLite compares Cyrillic letters by their case.
    if category.name.casefold() in {other.casefold() for other in others}:
        raise taken
    try:
        with transaction.atomic():
            category.save()
    except IntegrityError as error:
        raise taken from error
    kind = "category.added" if category_id is None else "category.renamed"
    tell(row, kind, actor=actor, now=now, category=category.pk, name=category.name, was=was)
    return category


@transaction.atomic
def open_category(
    *, actor: User, category_id: int, is_active: bool, now: datetime.datetime | None = None
) -> Category:
    """Offer a budget item again, or no longer: requests keep theirs. The same again changes nothing."""
    row = locked(actor)
    category = Category.objects.get(pk=category_id)
    if category.is_active != is_active:
        category.is_active = is_active
        category.save(update_fields=["is_active"])
        kind = "category.reopened" if is_active else "category.closed"
        tell(row, kind, actor=actor, now=now, category=category.pk, name=category.name)
    return category


def check_storage(*, actor: User, now: datetime.datetime | None = None) -> tuple[str, str]:
    """Write, read back and delete a small file where the documents lie, with no transaction open.

    What went wrong, in the storage's words, and what to do about it; ('', '') when nothing did. That it was
    checked, and whether it was in order, is an event. Raises Forbidden.
    """
    refuse_if(policies.why_not_administer(actor))
    try:
        with trial.kept():
            words, advice = "", ""
    except trial.TrialFailed as error:
        words, advice = str(error), trial.advice_for(error)
    with transaction.atomic():
        tell(locked(actor), "storage.checked", actor=actor, now=now, is_good=not words)
    return words, advice


def tell(
    row: OrganisationSettings,
    kind: str,
    *,
    actor: User,
    now: datetime.datetime | None = None,
    saved: Any = (),
    **data: Any,
) -> None:
    """Append to the chain of the settings, whose row the caller has locked."""
    audit.append(
        subject=row,
        event_model=SettingsEvent,
        kind=kind,
        actor=actor,
        now=now or timezone.now(),
        data=data,
        saved=saved,
    )


def locked(actor: User) -> OrganisationSettings:
    """The row of settings, locked to the end of the transaction. Raises Forbidden."""
    refuse_if(policies.why_not_administer(actor))
    organisation_settings()
    return OrganisationSettings.objects.select_for_update(of=("self",), no_key=True).get(pk=1)


def _fact(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    return value.isoformat() if isinstance(value, datetime.time) else value

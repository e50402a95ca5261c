"""Tables of people and counterparties: read and kept, judged, and then done once, as they were shown."""

from __future__ import annotations

import datetime
from dataclasses import asdict
from types import ModuleType
from typing import IO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import policies
from approvals.imports import companies, people
from approvals.imports.columns import COLUMNS
from approvals.imports.fates import CHANGED, FAULT, NEW, SAME, Fate, digest
from approvals.imports.reading import Row, read
from approvals.models import DataImport
from approvals.services import settings
from audit.refusals import Conflict, Invalid, refuse_if
from people.models import User

JUDGES: dict[str, ModuleType] = {"people": people, "companies": companies}
# Tables that nobody came back to hold names and addresses: they go.
KEPT = datetime.timedelta(days=7)


def upload(
    *,
    actor: User,
    kind: str,
    file: IO[bytes],
    file_name: str,
    now: datetime.datetime | None = None,
) -> DataImport:
    """Read a table and keep its rows; nothing else is written. Raises Forbidden; Invalid at `file`."""
    refuse_if(policies.why_not_administer(actor))
    now = now or timezone.now()
    try:
        rows = read(file, file_name, COLUMNS[kind])
    except ValidationError as error:
        raise Invalid({"file": error.messages}) from error
    DataImport.objects.filter(applied_at=None, created_at__lt=now - KEPT).delete()
    return DataImport.objects.create(
        kind=kind,
        file_name=file_name[:200],
        rows=[asdict(row) for row in rows],
        created_by=actor,
        created_at=now,
    )


def fates_of(row: DataImport, actor: User) -> list[Fate]:
    """What would become of each row now."""
    found: list[Fate] = JUDGES[row.kind].judge([Row(**fields) for fields in row.rows], actor)
    return found


@transaction.atomic
def apply(
    *,
    import_id: int,
    actor: User,
    shown: str,
    good_only: bool,
    invite: bool,
    now: datetime.datetime | None = None,
) -> DataImport:
    """Do what was shown (`shown` is its digest), all rows in one transaction; a second time nothing more.

    Raises Forbidden; Conflict where it would come out otherwise by now, or a row is wrong and not only the
    good ones were asked for.
    """
    refuse_if(policies.why_not_administer(actor))
    # Whatever imports wait for one another, and for changes of the settings.
    organisation = settings.locked(actor)
    row = DataImport.objects.select_for_update(of=("self",)).get(pk=import_id, created_by=actor)
    if row.applied_at is not None:
        return row
    fates = fates_of(row, actor)
    if digest(fates) != shown:
        raise Conflict(_("Something has changed since this was shown. Look at it again."))
    if not good_only and any(fate.kind == FAULT for fate in fates):
        raise Conflict(_("Some rows are wrong: correct the file, or import the good ones alone."))
    good = [fate for fate in fates if fate.is_good]
    if not good:
        raise Conflict(_("There is nothing to import."))
    try:
        JUDGES[row.kind].apply(good, actor=actor, invite=invite)
    except Invalid as refusal:
        raise Conflict(refusal.reason) from refusal
    row.applied_at, row.rows = now or timezone.now(), []
    row.result = {
        kind: sum(fate.kind == kind for fate in fates) for kind in (NEW, CHANGED, SAME, FAULT)
    }
    row.save(update_fields=["applied_at", "rows", "result"])
    settings.tell(organisation, "import.done", actor=actor, what=row.kind, **row.result)
    return row

"""Asking for a file of the registry: the row is the promise, `approvals.exports` keeps it."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from approvals import policies, tasks
from approvals.columns import chosen
from approvals.forms import RegistryForm
from approvals.models import Export, ExportFormat
from approvals.registry import filter_of, look_of
from audit.refusals import Invalid, refuse_if
from outbox import services as outbox
from people.models import User

LONGEST_QUERY = 2000


@transaction.atomic
def request_export(
    *,
    actor: User,
    query: str,
    file_format: str,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> Export:
    """Promise a file of what the filter `query` shows this person, in their columns, order and language.

    The same form_key by the same person gets the first answer. Raises Conflict (enough are being made
    already), Invalid (no such format, a filter that is too long).
    """
    now = now or timezone.now()
    if form_key and (first := _made_with(form_key, actor)):
        return first
    if file_format not in ExportFormat.values:
        raise Invalid({"file_format": [_("Choose Excel or CSV.")]})
    kept = filter_of(QueryDict(query))
    if len(kept.urlencode()) > LONGEST_QUERY:
        raise Invalid({"query": [_("This filter is too long to be exported.")]})
    refuse_if(policies.why_not_export(actor))
    look = look_of(actor)
    form = RegistryForm(kept, user=actor)
    form.is_valid()
    try:
        with transaction.atomic():
            export = Export.objects.create(
                owner=actor,
                file_format=file_format,
                query=kept.urlencode(),
                columns=[column.code for column in chosen(look.columns)],
                sort=form.order(look.sort),
                language=(get_language() or actor.language)[:2],
                created_at=now,
                next_try_at=now,
                form_key=form_key,
            )
    except IntegrityError:
        if form_key and (first := _made_with(form_key, actor)):
            return first
        raise
    outbox.wake(tasks.make_export, export.pk)
    return export


def _made_with(form_key: UUID, actor: User) -> Export | None:
    return Export.objects.filter(owner=actor, form_key=form_key).first()

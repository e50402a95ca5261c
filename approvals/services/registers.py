"""Registers of a day's payments: drawn up by an accountant, anew when the day has changed."""

from __future__ import annotations

import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from approvals import policies
from approvals.models import Register, RegisterEvent
from approvals.papers.register import register_values, says_otherwise
from approvals.registers import day_of, newest_version
from approvals.selectors import organisation_settings
from approvals.services.papers import file_name
from audit.refusals import Invalid, refuse_if
from audit.services import append
from documents import papers
from documents.models import Document, DocumentKind, Folder, FolderState
from documents.services import check_folder, ensure_folder
from people.formats import date_short
from people.models import User

FOLDER = "Registers of payments"


@transaction.atomic
def draw_up_register(
    *,
    on: datetime.date,
    actor: User,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> tuple[Register, bool]:
    """A version of the day's register, and whether it is a new one: none is made where nothing has changed.

    The same form_key by the same person answers the first version. Raises Forbidden, Invalid (an empty day).
    """
    now = now or timezone.now()
    refuse_if(policies.why_not_draw_up_register(actor))
    folder = _locked_folder(on, now)
    if form_key and (made := Register.objects.filter(drawn_by=actor, form_key=form_key).first()):
        if made.day_on == on:
            return made, False
        form_key = None  # the key of another form: this one is a new attempt
    day = day_of(on)
    if not day.groups:
        raise Invalid({"__all__": [_("Nothing is to be paid on this day, and nothing was paid.")]})
    newest = newest_version(on)
    if newest is not None and not says_otherwise(newest.document.paper, day):
        return newest, False
    version = papers.next_version(folder=folder, kind=DocumentKind.REGISTER)
    language = organisation_settings().paper_language
    with translation.override(language):
        title = _("Register of payments for %(day)s") % {"day": date_short(on)}
        draft = papers.Draft(
            kind=DocumentKind.REGISTER,
            template="register",
            language=language,
            title=title,
            file_name=file_name(title, version),
            values=register_values(day, actor, at=now, version=version),
            version=version,
        )
    document = papers.draw_up(folder=folder, draft=draft, actor=actor, now=now)
    register = Register.objects.create(
        day_on=on, document=document, drawn_by=actor, drawn_at=now, form_key=form_key
    )
    append(
        subject=register,
        event_model=RegisterEvent,
        kind="register.drawn_up",
        actor=actor,
        now=now,
        form_key=form_key,
        data={
            "day": on.isoformat(),
            "document": document.original_name,
            "document_id": document.pk,
            "version": version,
            "values_sha256": papers.digest_of(draft.values),
        },
    )
    return register, True


@transaction.atomic
def retry_register(
    *, document: Document, actor: User, now: datetime.datetime | None = None
) -> bool:
    """Try again to make a register that could not be made or filed, or waits. Raises Forbidden."""
    refuse_if(policies.why_not_retry_register(actor))
    if document.folder.state == FolderState.FAULT:
        check_folder(folder=document.folder, now=now)
        return True
    return papers.make_again(document=document, now=now)


def _locked_folder(on: datetime.date, now: datetime.datetime) -> Folder:
    """'Registers of payments/2026/2026-11-24', locked: the versions of a day are made one after another."""
    folder = None
    for name in (FOLDER, str(on.year), on.isoformat()):
        folder = ensure_folder(parent=folder, name=name, now=now)
    if folder is None:
        raise AssertionError("three names make a folder")
    return Folder.objects.select_for_update(of=("self",), no_key=True).get(pk=folder.pk)

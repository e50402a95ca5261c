"""What administrators do with the templates of papers.

The press works for seconds: it is asked with no transaction open, and what it found good is then written.
"""

from __future__ import annotations

import datetime
from typing import IO
from uuid import UUID

from approvals import policies
from approvals.papers.trial import Trial, fill_trial, print_trial
from audit.refusals import refuse_if
from documents import pictures, press, templates
from documents.models import TemplateVersion
from documents.press import Template
from documents.templates import current_template
from people.models import User


def save_template(
    template: Template,
    *,
    actor: User,
    trial: Trial | None,
    based_on: int,
    note: str = "",
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> tuple[TemplateVersion | None, tuple[str, ...]]:
    """A new version of an HTML template, after the one that its editing began with; and the press's notes.

    No version where it says what the one in force says. It is tried first, where there is a request to try it
    on. Raises Forbidden, Conflict, press.TemplateFault and press.PressMissing; then nothing is written.
    """
    refuse_if(policies.why_not_administer(actor))
    notes = press.check(template)
    if trial is not None:
        notes = print_trial(template, trial).notes
    in_force = current_template(template.kind)
    if (in_force.source, in_force.css) == (template.source, template.css):
        return None, notes
    version = templates.save_html(
        kind=template.kind,
        source=template.source,
        css=template.css,
        note=note,
        author=actor,
        based_on=based_on,
        form_key=form_key,
        now=now,
    )
    return version, notes


def save_docx_template(
    kind: str,
    *,
    content: bytes,
    name: str,
    actor: User,
    trial: Trial | None,
    note: str = "",
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> TemplateVersion:
    """A DOCX template in the place of the one in force. It is tried like an HTML one; raises the same."""
    refuse_if(policies.why_not_administer(actor))
    press.check_docx(content)
    if trial is not None:
        fill_trial(kind, content, trial)
    return templates.save_docx(
        kind=kind,
        content=content,
        name=name,
        note=note,
        author=actor,
        form_key=form_key,
        now=now,
    )


def save_picture(
    name: str, *, file: IO[bytes], actor: User, now: datetime.datetime | None = None
) -> None:
    """A logo or a stamp for papers. Raises Forbidden, Invalid, press.PressMissing."""
    refuse_if(policies.why_not_administer(actor))
    content, content_type = pictures.picture_of(file)
    pictures.save(name=name, content=content, content_type=content_type, author=actor, now=now)


def take_picture_away(name: str, *, actor: User) -> None:
    """Papers do without it from now on. Raises Forbidden."""
    refuse_if(policies.why_not_administer(actor))
    pictures.take_away(name=name)


def restore_template(
    version: TemplateVersion,
    *,
    actor: User,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> TemplateVersion:
    """An earlier version again. Raises Forbidden, Conflict."""
    refuse_if(policies.why_not_administer(actor))
    return templates.go_back(version=version, author=actor, form_key=form_key, now=now)


def restore_original(
    kind: str,
    template_format: str,
    *,
    actor: User,
    form_key: UUID | None = None,
    now: datetime.datetime | None = None,
) -> TemplateVersion:
    """The product's own template again. Raises Forbidden, Conflict."""
    refuse_if(policies.why_not_administer(actor))
    return templates.go_back_to_original(
        kind=kind, template_format=template_format, author=actor, form_key=form_key, now=now
    )

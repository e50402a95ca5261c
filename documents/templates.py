"""Versions of the templates that papers are printed from: saved one after another, never changed.

The newest version of a kind and format is in force. Going back, to an earlier version or to the original, is
a version too, so that it can be told when which of them was in force.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.refusals import Conflict, Invalid
from documents import originals, sniffing
from documents.models import TemplateFormat, TemplateVersion
from documents.press import Template
from people.models import User

LARGEST_DOCX = 2 * 1024 * 1024
HTML, DOCX = TemplateFormat.HTML, TemplateFormat.DOCX


def current_template(kind: str) -> Template:
    """The template that papers of this kind are printed with."""
    newest = _newest_template(kind, TemplateFormat.HTML)
    return template_of(newest) if newest else originals.original(kind)


def template_of(version: TemplateVersion) -> Template:
    """What an HTML version prints with; of one that went back to the original, the original as it is now."""
    if version.is_original:
        return originals.original(version.kind)
    return Template(version.kind, version.source, version.css, version.number)


def current_docx(kind: str) -> TemplateVersion | None:
    """The DOCX template that papers of this kind are filled into as well; None where there is none."""
    newest = _newest_template(kind, TemplateFormat.DOCX)
    return None if newest is None or newest.is_original else newest


def newest_docx(kind: str) -> TemplateVersion:
    """The DOCX template that is in force, or was last. Raises DoesNotExist."""
    rows = TemplateVersion.objects.filter(kind=kind, format=TemplateFormat.DOCX, is_original=False)
    return rows.latest("number")


def _newest_template(kind: str, template_format: str) -> TemplateVersion | None:
    rows = TemplateVersion.objects.filter(kind=kind, format=template_format)
    return rows.order_by("-number").first()


def versions_of(kind: str, template_format: str = HTML) -> QuerySet[TemplateVersion]:
    """Newest first, without their texts and files."""
    rows = TemplateVersion.objects.filter(kind=kind, format=template_format)
    return rows.select_related("author").defer("source", "css", "docx").order_by("-number")


def newest_of_each(template_format: str) -> dict[str, TemplateVersion]:
    """Kind -> its newest version, without texts and files; kinds that have none are left out."""
    rows = TemplateVersion.objects.filter(format=template_format).select_related("author")
    # The last of each kind wins.
    return {row.kind: row for row in rows.defer("source", "css", "docx").order_by("number")}


def newest_number(kind: str, template_format: str = HTML) -> int:
    """The number of the version in force; 0 where there has been none yet."""
    numbers = TemplateVersion.objects.filter(kind=kind, format=template_format)
    return numbers.order_by("-number").values_list("number", flat=True).first() or 0


def save_html(
    *,
    kind: str,
    source: str,
    css: str,
    note: str,
    author: User,
    based_on: int,
    form_key: UUID | None = None,
    now: datetime | None = None,
) -> TemplateVersion:
    """A new version after number `based_on`; Conflict when somebody has saved another one since."""
    fields = {"source": source, "css": css, "note": note}
    return _save(kind, HTML, author, based_on, form_key, now, **fields)


def save_docx(
    *,
    kind: str,
    content: bytes,
    name: str,
    note: str,
    author: User,
    form_key: UUID | None = None,
    now: datetime | None = None,
) -> TemplateVersion:
    """A DOCX template, in the place of whichever is in force."""
    fields = {"docx": content, "docx_name": name[:200], "note": note}
    return _save(kind, DOCX, author, newest_number(kind, DOCX), form_key, now, **fields)


def go_back(
    *,
    version: TemplateVersion,
    author: User,
    form_key: UUID | None = None,
    now: datetime | None = None,
) -> TemplateVersion:
    """The same once more as the newest version."""
    names = ("source", "css", "docx", "docx_name", "is_original")
    fields = {name: getattr(version, name) for name in names}
    based_on = newest_number(version.kind, version.format)
    return _save(
        version.kind,
        version.format,
        author,
        based_on,
        form_key,
        now,
        repeats=version.number,
        **fields,
    )


def go_back_to_original(
    *,
    kind: str,
    template_format: str,
    author: User,
    form_key: UUID | None = None,
    now: datetime | None = None,
) -> TemplateVersion:
    """The product's own template again; of DOCX there is none, so that nothing more is filled in."""
    based_on = newest_number(kind, template_format)
    return _save(kind, template_format, author, based_on, form_key, now, is_original=True)


def docx_of(file: IO[bytes]) -> bytes:
    """What an uploaded file holds, as far as can be seen without filling it in. Raises Invalid."""
    content = file.read(LARGEST_DOCX + 1)
    if len(content) > LARGEST_DOCX:
        limit = LARGEST_DOCX // 1024**2
        raise Invalid({"file": [_("Over %(limit)s MB.") % {"limit": limit}]})
    try:
        sniffing.judge(io.BytesIO(content), "template.docx")  # whatever it is called
    except ValidationError as error:
        raise Invalid({"file": error.messages}) from error
    return content


def _save(
    kind: str,
    template_format: str,
    author: User,
    based_on: int,
    form_key: UUID | None,
    now: datetime | None,
    **fields: Any,
) -> TemplateVersion:
    repeated = _made_by_form(author, form_key)
    if repeated is not None:
        return repeated
    try:
        # The unique number decides between two who save at once.
        with transaction.atomic():
            if newest_number(kind, template_format) != based_on:
                raise _overtaken(kind, template_format)
            return TemplateVersion.objects.create(
                kind=kind,
                format=template_format,
                number=based_on + 1,
                author=author,
                at=now or timezone.now(),
                form_key=form_key,
                **fields,
            )
    except IntegrityError:
        repeated = _made_by_form(author, form_key)
        if repeated is None:
            raise _overtaken(kind, template_format) from None
        return repeated


def _made_by_form(author: User, form_key: UUID | None) -> TemplateVersion | None:
    if form_key is None:
        return None
    return TemplateVersion.objects.filter(author=author, form_key=form_key).first()


def _overtaken(kind: str, template_format: str) -> Conflict:
    newest = versions_of(kind, template_format).first()
    who = newest.author.short_name if newest else ""
    return Conflict(_("Another version was saved meanwhile: %(who)s.") % {"who": who})

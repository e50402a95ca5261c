"""The organisation's own pictures on its papers: a logo and a stamp, PNG or JPEG."""

from __future__ import annotations

import io
from datetime import datetime
from typing import IO

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.refusals import Invalid
from documents import press, sniffing
from documents.models import Picture, PictureName
from documents.press import Template
from people.models import User

LARGEST = 500 * 1024
_TYPES = ("image/png", "image/jpeg")
# Shown once before it is kept: a picture that cannot be printed would spoil every paper.
_TRIAL = Template("picture", '<img src="asset:picture" width="100">', "")


def all_pictures() -> dict[str, bytes]:
    """Name -> picture, of those that there are."""
    rows = Picture.objects.values_list("name", "content")
    return {name: bytes(content) for name, content in rows}


def picture_of(file: IO[bytes]) -> tuple[bytes, str]:
    """What an uploaded file holds, and its type. Raises Invalid, and press.PressMissing: it is tried."""
    content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Invalid({"file": [_("Over %(limit)s KB.") % {"limit": LARGEST // 1024}]})
    try:
        content_type, _name = sniffing.judge(io.BytesIO(content), "picture")
    except ValidationError:
        content_type = ""
    if content_type not in _TYPES or not _can_be_printed(content):
        raise Invalid({"file": [_("This is not a picture that can be printed (PNG or JPEG).")]})
    return content, content_type


def save(
    *, name: str, content: bytes, content_type: str, author: User, now: datetime | None = None
) -> None:
    """Put it in the place of the one of its name, if there is one."""
    fields = {
        "content": content,
        "content_type": content_type,
        "author": author,
        "at": now or timezone.now(),
    }
    Picture.objects.update_or_create(name=PictureName(name), defaults=fields)


def take_away(*, name: str) -> None:
    """Papers are printed without it from now on."""
    Picture.objects.filter(name=name).delete()


def _can_be_printed(content: bytes) -> bool:
    try:
        printed = press.print_pdf(
            _TRIAL, values={}, language="en", title="", assets={"picture": content}
        )
    except press.TemplateFault:
        return False
    return not any("asset:picture" in note for note in printed.notes)

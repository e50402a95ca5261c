"""Where things lie: the storage, free disk, and what an installation has made of its files."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from config.doctor.findings import Finding, fault, ok, words_of
from documents import press, trial

MEGABYTE = 1024 * 1024
ROOM_FOR_DATA, ROOM_FOR_SCRATCH = 1024 * MEGABYTE, 20 * MEGABYTE


def storage() -> Iterator[Finding]:
    """It keeps a file and gives it back; browsers reach what they are sent to."""
    try:
        with trial.kept() as link:
            yield ok(_("A file was written, read back and deleted."))
            if link:
                yield from _fetched(link)
    except trial.TrialFailed as error:
        yield fault(
            _("A file could not be kept: %(words)s") % {"words": words_of(error)},
            trial.advice_for(error),
        )


def _fetched(link: str) -> Iterator[Finding]:
    try:
        answer = httpx.get(link, timeout=5)
    except httpx.HTTPError as error:
        said = words_of(error)
    else:
        if answer.status_code == 200:
            return
        said = f"HTTP {answer.status_code}"
    yield fault(
        _("Browsers do not reach the storage at S3_PUBLIC_URL: %(words)s") % {"words": said},
        _("Set it to where the S3 is reached from outside, or leave it out."),
    )


def disk() -> Iterator[Finding]:
    """Room, and the right to write, where the program writes."""
    embedded = not settings.USES_S3 or settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    room_for_uploads = 4 * settings.MAX_UPLOAD_MB * MEGABYTE
    needed = {
        settings.DATA_DIR: ROOM_FOR_DATA if embedded else ROOM_FOR_SCRATCH,
        Path(tempfile.gettempdir()): room_for_uploads,
    }
    for folder, least in needed.items():
        yield _room_in(folder, least)


def _room_in(folder: Path, least: int) -> Finding:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as trial_file:
            trial_file.write(b"x")
    except OSError as error:
        return fault(
            _("%(folder)s cannot be written to: %(words)s")
            % {"folder": folder, "words": error.strerror or words_of(error)},
            _("Give the program's user the right to, or make room."),
        )
    free = shutil.disk_usage(folder).free
    said = {"folder": folder, "free": free // MEGABYTE}
    if free < least:
        return fault(
            _("%(folder)s has %(free)s MB left.") % said,
            _("Make room: at least %(least)s MB.") % {"least": least // MEGABYTE},
        )
    return ok(_("%(folder)s has %(free)s MB left.") % said)


def made() -> Iterator[Finding]:
    """Static files and translations, which are made when the program is installed."""
    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        yield fault(
            _("The static files are not collected: no page can be shown."),
            "python manage.py collectstatic --noinput",
        )
    elif not settings.ASSETS_DIR.is_dir():
        yield fault(_("The front-end files are not there."), "make setup")
    elif not (settings.LOCALE_PATHS[0] / "ru" / "LC_MESSAGES" / "django.mo").exists():
        yield fault(
            _("The translations are not compiled: everything is in English."),
            "python scripts/messages.py",
        )
    else:
        yield ok(_("Static files and translations are there."))


def pango() -> Iterator[Finding]:
    """The library that makes PDF files."""
    if press.is_ready():
        yield ok(_("PDF files can be made."))
    else:
        yield fault(
            _("pango is missing: no PDF file is made, and documents wait."),
            _("Install it (`make system`), here and wherever a worker runs."),
        )

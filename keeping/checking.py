"""Whether the storage holds what the rows say, and nothing else; and mending what can be mended safely.

The storage is listed first and the rows are read after it: a row is always written before its file, so a file
that was listed and has no row has none for good. What looks wrong is looked at once more before it is said.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from django.apps import apps as installed

from audit import selectors as audit
from documents import storage
from documents.models import Document, Upload
from documents.selectors import Promised, promised_files
from documents.storage import INCOMING, Missing, Store
from keeping.failures import Refusal
from keeping.objects import Differs, Shelf, fetched, hash_of, in_parallel, put, text_of

FOUND = "found"
What = Literal["missing", "differs", "unknown", "form"]


@dataclass(frozen=True)
class Problem:
    """One thing that does not fit. `file` is what the row says; of an unknown file only the key is known."""

    what: What
    file: Promised

    def __str__(self) -> str:
        return {
            "missing": f"{self.file.row}: no file at {self.file.key}",
            "differs": f"{self.file.row}: another file at {self.file.key}",
            "unknown": f"no row names the file {self.file.key}",
            "form": f"{self.file.row}: the file of a form that nobody has sent is gone",
        }[self.what]


def problems(*, hashes: bool) -> Iterator[Problem]:
    """What does not fit; with `hashes` every file is read, without it names and sizes are compared."""
    store = storage.store()
    with closing(sqlite3.connect("")) as listed:  # a temporary file: a million keys need no memory
        listed.execute(
            "CREATE TABLE there (key TEXT PRIMARY KEY, size INTEGER, known INTEGER) WITHOUT ROWID"
        )
        listed.executemany("INSERT OR IGNORE INTO there VALUES (?, ?, 0)", store.listing())
        for key in audit.evidence():
            listed.execute("UPDATE there SET known = 1 WHERE key = ?", [key])
        yield from filter(None, in_parallel(_looker(store, hashes), _known(listed)))
        yield from _forms(store)
        unknown = listed.execute("SELECT key, size FROM there WHERE NOT known ORDER BY key")
        for key, size in unknown:
            if not key.startswith((f"{INCOMING}/", f"{audit.FOLDER}/", f"{FOUND}/", ".readyz-")):
                yield Problem("unknown", Promised("", key, "", size))


def mend(problem: Problem, backup: Shelf | None = None) -> str:
    """Put right what can be put right without a doubt; what was done, empty for nothing.

    A missing or changed file comes out of a back-up, by its hash; a folder's mark is written again; a file
    without a row goes to `found/`, where no new document can be written over it; the row of a form's lost
    file goes, so that the form asks for the file again.
    """
    file, store = problem.file, storage.store()
    if problem.what == "form":
        Upload.objects.filter(pk=int(file.row.split()[1])).delete()
        return "forgotten"
    if problem.what == "unknown":
        return _put_aside(store, file.key)
    if file.text is not None and problem.what == "missing":
        put(store, file, text_of(file))
        return "written again"
    if file.text is None and backup is not None:
        try:
            with backup.opened(file.sha256) as content:
                put(store, file, content)
            return "put back from the back-up"
        except (FileNotFoundError, Differs):
            return ""
    return ""


def refuse_another_installations_storage(unknown: int) -> None:
    """Files are put aside one by one, but not a whole storage that belongs to somebody else."""
    if unknown > max(100, Document.objects.count()):
        raise Refusal(
            f"{unknown} files have no row, more than there are documents: is this the right storage?"
        )


def _known(listed: sqlite3.Connection) -> Iterator[tuple[Promised, int | None]]:
    """What rows name, and the size that was listed."""
    for file in promised_files(installed, "default"):
        row = listed.execute("SELECT size FROM there WHERE key = ?", [file.key]).fetchone()
        for key in filter(None, (file.key, file.also_at)):
            listed.execute("UPDATE there SET known = 1 WHERE key = ?", [key])
        yield file, row[0] if row else None


def _looker(store: Store, hashes: bool) -> Callable[[tuple[Promised, int | None]], Problem | None]:
    def look(named: tuple[Promised, int | None]) -> Problem | None:
        file, size = named
        if size == file.size and not hashes and file.text is None:
            return None
        found: What = "missing"
        for key in filter(None, (file.key, file.also_at)):
            try:
                if hash_of(store, key)[0] == file.sha256:
                    return None
                found = "differs"
            except Missing:
                continue
        return Problem(found, file)

    return look


def _forms(store: Store) -> Iterator[Problem]:
    for upload in Upload.objects.order_by("pk").iterator():
        try:
            store.size(upload.key)
        except Missing:
            if Upload.objects.filter(pk=upload.pk).exists():
                yield Problem("form", Promised(f"upload {upload.pk}", upload.key, "", upload.size))


def _put_aside(store: Store, key: str) -> str:
    aside = f"{FOUND}/{datetime.now(UTC):%Y-%m-%d}/{key}"
    try:
        digest, size = hash_of(store, key)
    except Missing:
        return ""
    with fetched(store.chunks(key), digest) as content:
        put(store, Promised("", aside, digest, size), content)
    store.delete(key)
    return f"moved to {aside}"

"""Back-ups in a folder: each with all rows of one moment, and one shelf of files for all of them.

    FOLDER/2026-11-24T071500.000Z/manifest.json  counts, sums, digests, migrations, fingerprints of keys
    FOLDER/2026-11-24T071500.000Z/rows/*.gz      a line a row
    FOLDER/2026-11-24T071500.000Z/files.gz       a line a file: its key in the storage and its hash
    FOLDER/files/ab/abcdef…                      the files, under their hashes

The rows come first, from one snapshot, and then the files that they name: a stored file is never changed or
deleted, so whatever the rows name is still there, and the two fit however long the copying takes.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings

from audit import selectors as audit
from documents import storage
from documents.selectors import Promised
from keeping import databases, ids
from keeping.failures import Refusal
from keeping.objects import Differs, Shelf, every_file, evidence, in_parallel
from keeping.rows import Table, Tally, tables

FORMAT = 1
LEVEL = 3  # gzip's: half of the size for a tenth of the time that the last percent would take
KEYS = ("AUDIT_KEY", "SHARE_LINK_KEY", "SECOND_FACTOR_KEY", "SECRET_KEY")

Say = Callable[[str], object]


@dataclass
class Manifest:
    """What one back-up holds. `faults`: row -> what was wrong with its file when the back-up was made."""

    made_at: str
    database: str
    migrations: databases.Applied
    tables: dict[str, dict[str, Any]]
    last_ids: dict[str, int]
    files: dict[str, Any]
    keys: dict[str, str]
    faults: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True)
class Backup:
    """One back-up and where it lies."""

    folder: Path
    manifest: Manifest
    is_proved: bool

    @property
    def name(self) -> str:
        """The moment that it is of."""
        return self.folder.name

    @property
    def shelf(self) -> Shelf:
        """Where its files are."""
        return Shelf(self.folder.parent / "files")

    def rows(self, table: Table) -> Iterator[str]:
        """The table's lines."""
        with gzip.open(self.folder / "rows" / f"{table.label}.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                yield line.rstrip("\n")

    def promised(self) -> Iterator[Promised]:
        """Its files' keys and hashes. Raises Refusal when the list is not the manifest's."""
        digest = sha256()
        with gzip.open(self.folder / "files.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                digest.update(line.encode())
                yield Promised(**json.loads(line))
        if digest.hexdigest() != self.manifest.files["sha256"]:
            raise Refusal(f"{self.name}: the list of files was changed")


def make(folder: Path, *, say: Say) -> Backup:
    """A back-up of this installation as it is now. Raises Refusal, StorageError."""
    with _locked(folder):
        for left in folder.glob("*.part"):
            shutil.rmtree(left)
        now = datetime.now(UTC)
        draft = folder / f"{now:%Y-%m-%dT%H%M%S}.{now.microsecond // 1000:03}Z.part"
        (draft / "rows").mkdir(mode=0o700, parents=True)
        manifest = _write_rows(draft, now)
        say(f"Rows of {len(manifest.tables)} tables, as they were at {manifest.made_at}")
        backup = Backup(draft, manifest, is_proved=True)
        copied = 0
        for row, fault in in_parallel(_copier(backup.shelf), backup.promised()):
            copied += fault is None
            if fault:
                manifest.faults[row] = fault
        say(f"{copied} files were copied, {manifest.files['count'] - copied} needed no copy")
        _write_manifest(draft, manifest)
        whole = draft.with_suffix("")
        os.rename(draft, whole)
        return Backup(whole, manifest, is_proved=True)


def found(folder: Path) -> list[str]:
    """The names of the whole back-ups in a folder, oldest first."""
    return sorted(path.parent.name for path in folder.glob("*Z/manifest.json"))


def read(folder: Path, name: str = "") -> Backup:
    """One back-up, the newest unless it is named. Raises Refusal."""
    names = found(folder)
    if not names or (name and name not in names):
        raise Refusal(f"There is no {name or 'whole back-up'} in {folder}")
    place = folder / (name or names[-1])
    try:
        content = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
        said = json.loads(content["said"])
        if said["format"] != FORMAT:
            raise Refusal(
                f"{place}: a back-up of format {said['format']}, this program reads {FORMAT}"
            )
        manifest = Manifest(**said)
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{place}: its manifest is damaged") from error
    return Backup(place, manifest, audit.is_proved(content["said"].encode(), content["proof"]))


def forget(folder: Path, keep: int) -> list[str]:
    """Take away all but the newest `keep` back-ups, and the files that none of the others names."""
    with _locked(folder):
        names = found(folder)[:-keep]
        for name in names:
            shutil.rmtree(folder / name)
        if names:
            kept = {file.sha256 for name in found(folder) for file in read(folder, name).promised()}
            for path in Shelf(folder / "files").all():
                if path.name not in kept:
                    path.unlink()
        return names


def problems(backup: Backup) -> Iterator[str]:
    """What is wrong with a back-up itself: rows or files that are not what was written, a line each."""
    if not backup.is_proved:
        yield f"{backup.name}: it was changed, or made under another AUDIT_KEY"
    for row, fault in backup.manifest.faults.items():
        yield f"{backup.name}: {row}: {fault}, already when it was made"
    for table in tables(databases.models_at(backup.manifest.migrations)):
        digest, count = sha256(), 0
        try:
            for line in backup.rows(table):
                digest.update(line.encode() + b"\n")
                count += 1
        except (OSError, EOFError):
            pass
        expected = backup.manifest.tables[table.label]
        if (count, digest.hexdigest()) != (expected["count"], expected["sha256"]):
            yield f"{backup.name}: the rows of {table.label} are not those that were written"

    def look(file: Promised) -> str:
        if file.text is None and file.row not in backup.manifest.faults:
            try:
                with backup.shelf.opened(file.sha256):
                    return ""
            except FileNotFoundError:
                return f"{backup.name}: {file.row}: its file {file.sha256} is missing"
            except Differs:
                return f"{backup.name}: {file.row}: its file {file.sha256} was changed"
        return ""

    yield from filter(None, in_parallel(look, backup.promised()))


def _write_rows(draft: Path, now: datetime) -> Manifest:
    proofs = evidence(storage.store())
    with databases.snapshot() as alias:
        migrations = databases.applied(alias)
        apps = databases.models_at(migrations)
        kept = tables(apps)
        tallies = {table.label: _write_table(draft, table, alias) for table in kept}
        count, size, digest = 0, 0, sha256()
        with gzip.open(draft / "files.gz", "wt", LEVEL, encoding="utf-8") as lines:
            for file in every_file(apps, alias, proofs):
                line = json.dumps(asdict(file), ensure_ascii=False) + "\n"
                digest.update(line.encode())
                lines.write(line)
                count, size = count + 1, size + file.size
        return Manifest(
            made_at=now.isoformat(timespec="seconds"),
            database=settings.DATABASES["default"]["ENGINE"].rpartition(".")[2],
            migrations=migrations,
            tables={label: tally.as_json() for label, tally in tallies.items()},
            last_ids=ids.last_given(alias, kept),
            files={"count": count, "bytes": size, "sha256": digest.hexdigest()},
            keys={name: audit.fingerprint(getattr(settings, name)) for name in KEYS},
        )


def _write_table(draft: Path, table: Table, alias: str) -> Tally:
    tally = Tally()
    with gzip.open(draft / "rows" / f"{table.label}.gz", "wt", LEVEL, encoding="utf-8") as lines:

        def write(line: str) -> None:
            lines.write(f"{line}\n")

        for _row in table.tallied(table.read(alias), tally, write):
            pass
    return tally


def _copier(shelf: Shelf) -> Callable[[Promised], tuple[str, str | None]]:
    """Puts a file on the shelf; answers its row, and '' for no copy needed, None for copied, or the fault."""
    store = storage.store()

    def copy(file: Promised) -> tuple[str, str | None]:
        if file.text is not None or shelf.has(file):
            return file.row, ""
        fault = f"no file at {file.key}"
        for key in filter(None, (file.key, file.also_at)):
            try:
                shelf.add(store.chunks(key), file.sha256)
                return file.row, None
            except storage.Missing:
                continue
            except Differs:
                fault = f"another file at {key}"
        return file.row, fault

    return copy


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    said = json.dumps(asdict(manifest), ensure_ascii=False, sort_keys=True)
    content = json.dumps({"said": said, "proof": audit.proof(said.encode())}, ensure_ascii=False)
    with (folder / "manifest.json").open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One back-up at a time in a folder; raises Refusal when there is one already."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with cast(IO[str], (folder / ".lock").open("w")) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refusal(f"Another back-up works in {folder}") from error
        yield

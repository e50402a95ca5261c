"""Files on their way: several at a time, hashed while they pass, read back where they arrive."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, TypeVar, cast

from django.apps.registry import Apps

from audit import selectors as audit
from documents.selectors import Promised, promised_files
from documents.storage import CHUNK, Chunks, Missing, Store

WORKERS = 8
BATCH = 200
IN_MEMORY = 4 * 1024 * 1024

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Differs(Exception):
    """What lies there is another file than the row's."""


def evidence(store: Store) -> list[Promised]:
    """What proves the history beside its rows; no row names it. Ask before the rows are read, never after:
    a checkpoint that is newer than the rows would say that some are missing."""
    found = []
    for key in audit.evidence():
        digest, size = hash_of(store, key)
        found.append(Promised(f"evidence {key}", key, digest, size))
    return found


def every_file(apps: Apps, using: str, evidence: list[Promised]) -> Iterator[Promised]:
    """All that must go along: what rows name, and what proves the history."""
    yield from promised_files(apps, using)
    yield from evidence


def in_parallel(work: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
    """The answers, in order; memory holds a batch at most. The first failure ends it."""
    source = iter(items)
    with ThreadPoolExecutor(WORKERS) as pool:
        while batch := list(islice(source, BATCH)):
            yield from pool.map(work, batch)


def hash_of(store: Store, key: str) -> tuple[str, int]:
    """SHA-256 and size of what really lies there; raises Missing."""
    digest, size = hashlib.sha256(), 0
    with closing(store.chunks(key)) as chunks:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


@contextmanager
def fetched(chunks: Chunks, sha256: str) -> Iterator[IO[bytes]]:
    """The bytes as a file that can be read again; raises Differs when they are not those of `sha256`."""
    digest = hashlib.sha256()
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file, closing(chunks):
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
        if digest.hexdigest() != sha256:
            raise Differs
        file.seek(0)
        yield cast(IO[bytes], file)


def is_there(store: Store, file: Promised) -> bool:
    """Whether the very bytes lie at the file's key already; raises Differs when others do."""
    try:
        if store.size(file.key) == file.size and hash_of(store, file.key)[0] == file.sha256:
            return True
    except Missing:
        return False
    raise Differs


def put(store: Store, file: Promised, content: IO[bytes]) -> None:
    """Write the file and read it back; raises Differs when something else comes back."""
    store.put(file.key, content, content_type=file.content_type)
    if hash_of(store, file.key)[0] != file.sha256:
        raise Differs


def text_of(file: Promised) -> IO[bytes]:
    """The content of a file that the row itself holds."""
    return io.BytesIO((file.text or "").encode())


class Shelf:
    """Files in a folder of this machine under their own hashes: one copy, however many back-ups name it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the bytes of this hash lie, or would lie."""
        return self.folder / sha256[:2] / sha256

    def has(self, file: Promised) -> bool:
        """Whether it is there, by its size; it got its name only after it was hashed."""
        try:
            return self.path(file.sha256).stat().st_size == file.size
        except FileNotFoundError:
            return False

    def add(self, chunks: Chunks, sha256: str) -> None:
        """Keep the bytes; raises Differs when they are others. They appear whole or not at all."""
        path = self.path(sha256)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with fetched(chunks, sha256) as file:
            descriptor, draft = tempfile.mkstemp(suffix=".part", dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as target:
                    while chunk := file.read(CHUNK):
                        target.write(chunk)
                    target.flush()
                    os.fsync(target.fileno())
                os.replace(draft, path)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(draft)

    @contextmanager
    def opened(self, sha256: str) -> Iterator[IO[bytes]]:
        """The bytes, hashed anew; raises FileNotFoundError or Differs."""
        with self.path(sha256).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise Differs
            file.seek(0)
            yield file

    def all(self) -> Iterator[Path]:
        """Every file on the shelf, also what a crash left half written."""
        yield from self.folder.glob("??/*")

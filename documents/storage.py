"""Where the bytes lie: any S3, or a folder of this machine. Keys are paths without a leading slash.

Django's storage knows where and with what credentials; copying on the server's side, reading a range and
writing over what is there are done here. Every failure is a StorageError, whatever lies below.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Protocol

import boto3
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from storages.backends.s3 import S3Storage
from urllib3.exceptions import HTTPError

INCOMING = "incoming"
CHUNK = 256 * 1024
# How long a link that a browser follows by itself is good for.
LINK_SECONDS = 300


class StorageError(Exception):
    """The storage did not do what was asked: no answer, no room, no right."""


class Missing(StorageError):
    """There is nothing under this key."""


class Chunks:
    """The bytes of an opened object, a piece at a time; `close` it, or read it to its end."""

    def __init__(self, source: Any, remaining: int | None = None) -> None:
        self._source = source
        self._remaining = remaining

    def __iter__(self) -> Chunks:
        return self

    def __next__(self) -> bytes:
        size = CHUNK if self._remaining is None else min(CHUNK, self._remaining)
        with _failures_as_ours():
            chunk: bytes = self._source.read(size) if size else b""
        if not chunk:
            self.close()
            raise StopIteration
        if self._remaining is not None:
            self._remaining -= len(chunk)
        return chunk

    def close(self) -> None:
        self._source.close()


class Store(Protocol):
    """What both kinds of storage can do."""

    def prepare(self) -> None:
        """Make the bucket or the folder if there is none."""

    def put(self, key: str, file: IO[bytes], *, content_type: str = "") -> None:
        """Write the whole file under `key`, over what is there; it appears whole or not at all."""

    def copy(self, source: str, target: str) -> None:
        """Copy without the bytes passing through here where the storage can; over what is there."""

    def chunks(self, key: str, start: int = 0, end: int | None = None) -> Chunks:
        """The bytes from `start` to `end` inclusive; opened at once, so that Missing is raised here."""

    def link(self, key: str, *, content_type: str, disposition: str) -> str:
        """Where a browser fetches the object by itself, for a while; empty where it cannot."""

    def delete(self, key: str) -> None:
        """Take it away; nothing there is fine."""

    def size(self, key: str) -> int:
        """How many bytes lie there; raises Missing."""

    def listing(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Key and size of everything whose key begins with `prefix`, a folder with its slash."""

    def incoming_before(self, moment: datetime) -> Iterator[str]:
        """Keys in `incoming/` that were written before `moment`."""


class FolderStore:
    """Files below a folder of this machine."""

    def __init__(self, storage: FileSystemStorage) -> None:
        self._storage = storage

    def prepare(self) -> None:
        with _failures_as_ours():
            self._path(INCOMING).mkdir(parents=True, exist_ok=True)

    def put(self, key: str, file: IO[bytes], *, content_type: str = "") -> None:
        with _failures_as_ours():
            path = self._path(key)
            # A name that nobody looks at until the file is whole; what a crash leaves there goes after a day.
            part = self._path(f"{INCOMING}/{uuid.uuid4().hex}.part")
            for folder in {part.parent, path.parent}:
                folder.mkdir(parents=True, exist_ok=True)
            try:
                descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as target:
                    shutil.copyfileobj(file, target, CHUNK)
                    target.flush()
                    os.fsync(target.fileno())
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)

    def copy(self, source: str, target: str) -> None:
        with _failures_as_ours(), self._path(source).open("rb") as file:
            self.put(target, file)

    def chunks(self, key: str, start: int = 0, end: int | None = None) -> Chunks:
        with _failures_as_ours():
            file = self._path(key).open("rb")
            file.seek(start)
        return Chunks(file, None if end is None else end - start + 1)

    def link(self, key: str, *, content_type: str, disposition: str) -> str:
        return ""

    def delete(self, key: str) -> None:
        with _failures_as_ours():
            self._path(key).unlink(missing_ok=True)

    def size(self, key: str) -> int:
        with _failures_as_ours():
            return self._path(key).stat().st_size

    def listing(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        root = self._path("")
        with _failures_as_ours():
            for folder, _folders, files in os.walk(root / prefix):
                for name in files:
                    path = Path(folder, name)
                    try:
                        size = path.stat().st_size
                    except FileNotFoundError:
                        continue  # moved or cleaned meanwhile
                    yield path.relative_to(root).as_posix(), size

    def incoming_before(self, moment: datetime) -> Iterator[str]:
        folder = self._path(INCOMING)
        with _failures_as_ours():
            paths = list(folder.iterdir()) if folder.is_dir() else []
        for path in paths:
            try:
                written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except FileNotFoundError:
                continue  # filed or cleaned meanwhile
            if written < moment:
                yield f"{INCOMING}/{path.name}"

    def _path(self, key: str) -> Path:
        return Path(self._storage.path(key))


class S3Store:
    """Objects of a bucket."""

    def __init__(self, storage: S3Storage) -> None:
        self._location = storage.location.strip("/")
        self._bucket = storage.bucket_name
        self._region = storage.region_name
        self._client = storage.connection.meta.client

    def prepare(self) -> None:
        with _failures_as_ours():
            try:
                self._client.head_bucket(Bucket=self._bucket)
            except ClientError as error:
                if _status(error) != 404:
                    raise
                place = (
                    {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
                    if self._region not in {None, "", "us-east-1"}
                    else {}
                )
                self._client.create_bucket(Bucket=self._bucket, **place)

    def put(self, key: str, file: IO[bytes], *, content_type: str = "") -> None:
        extra = {"ContentType": content_type} if content_type else {}
        with _failures_as_ours():
            self._client.put_object(**self._at(key), Body=file, **extra)

    def copy(self, source: str, target: str) -> None:
        with _failures_as_ours():
            self._client.copy_object(CopySource=self._at(source), **self._at(target))

    def chunks(self, key: str, start: int = 0, end: int | None = None) -> Chunks:
        extra = {"Range": f"bytes={start}-{'' if end is None else end}"} if start or end else {}
        with _failures_as_ours():
            body = self._client.get_object(**self._at(key), **extra)["Body"]
        # Without the length a store that ignores ranges would send the whole object.
        return Chunks(body, None if end is None else end - start + 1)

    def link(self, key: str, *, content_type: str, disposition: str) -> str:
        """Made without asking the store, but for whether the object is there: raises Missing."""
        if not settings.S3_PUBLIC_URL:
            return ""
        with _failures_as_ours():
            self._client.head_object(**self._at(key))
            return str(
                _public_client(settings.S3_PUBLIC_URL).generate_presigned_url(
                    "get_object",
                    Params={
                        **self._at(key),
                        "ResponseContentType": content_type,
                        "ResponseContentDisposition": disposition,
                    },
                    ExpiresIn=LINK_SECONDS,
                )
            )

    def delete(self, key: str) -> None:
        with _failures_as_ours():
            self._client.delete_object(**self._at(key))

    def size(self, key: str) -> int:
        with _failures_as_ours():
            return int(self._client.head_object(**self._at(key))["ContentLength"])

    def listing(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        root = self._at("")["Key"]
        for item in self._items(root + prefix):
            yield item["Key"].removeprefix(root), int(item["Size"])

    def incoming_before(self, moment: datetime) -> Iterator[str]:
        root = self._at("")["Key"]
        for item in self._items(f"{root}{INCOMING}/"):
            if item["LastModified"] < moment:
                yield item["Key"].removeprefix(root)

    def _items(self, prefix: str) -> Iterator[dict[str, Any]]:
        with _failures_as_ours():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix
            )
            for page in pages:
                yield from page.get("Contents", [])

    def _at(self, key: str) -> dict[str, str]:
        return {
            "Bucket": self._bucket,
            "Key": f"{self._location}/{key}" if self._location else key,
        }


def store(of: Storage | None = None) -> Store:
    """The storage that the settings name, or another one of a known kind."""
    storage: Any = default_storage if of is None else of
    with _failures_as_ours():
        if isinstance(storage, S3Storage):
            return S3Store(storage)
        if isinstance(storage, FileSystemStorage):
            return FolderStore(storage)
    raise TypeError(f"This storage is not known here: {type(storage)}")


@lru_cache
def _public_client(address: str) -> Any:
    """The same S3 by the name that browsers know; it only signs, and reaches nobody."""
    storage: Any = default_storage
    return boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id=storage.access_key,
        aws_secret_access_key=storage.secret_key,
        region_name=storage.region_name,
        config=storage.client_config,
    )


def read(key: str, limit: int = CHUNK) -> bytes:
    """The first `limit` bytes under `key`."""
    with closing(store().chunks(key, 0, limit - 1)) as chunks:
        return b"".join(chunks)


def sha256(key: str) -> str:
    """The hash of what really lies under `key`, read back from the storage."""
    digest = hashlib.sha256()
    with closing(store().chunks(key)) as chunks:
        for chunk in chunks:
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _failures_as_ours() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        kind = Missing if _status(error) == 404 and code != "NoSuchBucket" else StorageError
        raise kind(f"{error.operation_name}: {code}") from error
    except FileNotFoundError as error:
        raise Missing(type(error).__name__) from error
    except (BotoCoreError, Boto3Error, HTTPError, OSError) as error:
        raise StorageError(type(error).__name__) from error


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))

"""Once a day all heads go to the storage: who holds the database alone cannot cut a chain and hide it.

A checkpoint is a gzip file of lines `chain subject seq hash`, closed by an HMAC line over all of them. The
newest is what is compared; older ones may be deleted.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import IO, Any, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from audit.models import AuditedModel, ChainedEvent
from audit.services import event_models

FOLDER = "audit"
BATCH = 1_000


def write(now: datetime) -> str:
    """Put a checkpoint of every chain's head into the storage; its key there."""
    key = f"{FOLDER}/heads-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.gz"
    with tempfile.TemporaryFile() as file:
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
            seal = _seal()
            for line in _heads():
                seal.update(line)
                packed.write(line)
            packed.write(f"seal {seal.hexdigest()}\n".encode())
        file.seek(0)
        return default_storage.save(key, File(file))


def newest() -> str | None:
    """The key of the newest checkpoint, if there is any."""
    try:
        _folders, files = default_storage.listdir(FOLDER)
    except FileNotFoundError:  # a folder on disk that nothing was written to; S3 lists nothing
        return None
    names = sorted(name for name in files if name.startswith("heads-"))
    return f"{FOLDER}/{names[-1]}" if names else None


def problems(key: str) -> Iterator[str]:
    """What the database no longer has of a checkpoint, a line a fault."""
    if not _is_sealed(key):
        yield f"{key}: the checkpoint was changed, or not written by this installation"
        return
    models = {model._meta.label_lower: model for model in event_models()}
    with default_storage.open(key) as file, gzip.open(cast(IO[bytes], file)) as lines:
        while batch := list(islice(lines, BATCH)):
            yield from _lost([line.decode().split() for line in batch], models, key)


def _heads() -> Iterator[bytes]:
    for model in event_models():
        subjects = cast(
            type[AuditedModel], cast(Any, model)._meta.get_field("subject").related_model
        )
        heads = subjects._default_manager.filter(audit_seq__gt=0).order_by("pk")
        for pk, seq, digest in heads.values_list("pk", "audit_seq", "audit_hash").iterator():
            yield f"{model._meta.label_lower} {pk} {seq} {digest}\n".encode()


def _lost(rows: list[list[str]], models: dict[str, type[ChainedEvent]], key: str) -> Iterator[str]:
    for label, model in models.items():
        expected = {(int(row[1]), int(row[2])): row[3] for row in rows if row[0] == label}
        if not expected:
            continue
        subjects, numbers = zip(*expected, strict=True)
        found = cast(Any, model)._default_manager.filter(
            subject_id__in=subjects, seq__gte=min(numbers), seq__lte=max(numbers)
        )
        kept = {
            (subject, seq): digest
            for subject, seq, digest in found.values_list("subject_id", "seq", "hash")
        }
        for (subject, seq), digest in expected.items():
            if kept.get((subject, seq)) != digest:
                yield (
                    f"{model._meta.db_table}, subject {subject}: event {seq} is not the one "
                    f"that the checkpoint {key} knows"
                )


def _is_sealed(key: str) -> bool:
    seal, said = _seal(), b""
    try:
        with default_storage.open(key) as file, gzip.open(cast(IO[bytes], file)) as lines:
            for line in lines:
                if line.startswith(b"seal "):
                    said = line.split()[1]
                    break
                seal.update(line)
    except (EOFError, gzip.BadGzipFile):
        return False
    return hmac.compare_digest(seal.hexdigest().encode(), said)


def _seal() -> hmac.HMAC:
    return hmac.new(f"checkpoint:{settings.AUDIT_KEY}".encode(), digestmod=hashlib.sha256)

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

from django.core.files import File
from django.core.files.storage import default_storage

from audit import keys, seals
from audit.models import AuditedModel, ChainedEvent
from audit.services import event_models

FOLDER = "audit"
BATCH = 1_000
OLD_KEY = "the checkpoint was written with an older key, after the key in force had sealed"


def write(now: datetime) -> str:
    """Put a checkpoint of every chain's head into the storage; its key there."""
    # Names are in the order of time, of two in one second as well.
    key = f"{FOLDER}/heads-{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.gz"
    with tempfile.TemporaryFile() as file:
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
            seal = _seal(keys.all_keys()[0])
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
    proved_by = _sealed_with(key)
    if proved_by is None:
        yield f"{key}: the checkpoint was changed, or not written by this installation"
        return
    if proved_by and seals.read() is not None:
        yield f"{key}: {OLD_KEY}"
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


def _sealed_with(key: str) -> int | None:
    """0: the key in force closed the checkpoint; more: an older one; None: no key of ours."""
    made, said = [_seal(one) for one in keys.all_keys()], b""
    try:
        with default_storage.open(key) as file, gzip.open(cast(IO[bytes], file)) as lines:
            for line in lines:
                if line.startswith(b"seal "):
                    said = line.split()[1]
                    break
                for seal in made:
                    seal.update(line)
    except (EOFError, gzip.BadGzipFile):
        return None
    for number, seal in enumerate(made):
        if hmac.compare_digest(seal.hexdigest().encode(), said):
            return number
    return None


def _seal(key: str) -> hmac.HMAC:
    return hmac.new(f"checkpoint:{key}".encode(), digestmod=hashlib.sha256)

"""What a change of AUDIT_KEY closes: everything up to now is pinned under the new key.

An older key still has to prove old rows, so whoever got hold of it could write rows that verify. A seal says,
under the key in force, which rows there were when the key was changed (the last primary key, how many, and a
digest over all their hashes). Rows after it count only when the key in force proves them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypedDict, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, models, transaction

from audit import keys
from audit.models import ChainedEvent
from audit.services import event_models

FOLDER = "audit"


class Sealed(TypedDict):
    """One table's rows as they were: the greatest primary key, how many rows, and all their hashes as one."""

    last: int
    count: int
    digest: str


def name() -> str:
    """Where the seal of the key in force lies in the storage."""
    return f"{FOLDER}/sealed-{keys.fingerprint(keys.all_keys()[0])}.json"


def names() -> list[str]:
    """Where all seals lie, those of older keys too."""
    try:
        _folders, files = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return []
    return sorted(f"{FOLDER}/{file}" for file in files if file.startswith("sealed-"))


def write(now: datetime) -> str:
    """Seal every event that there is; its key in the storage. A second seal takes the first one's place."""
    tables = {model._meta.db_table: _pinned(model, _last(model)) for model in event_models()}
    text = json.dumps({"at": now.astimezone(UTC).isoformat(), "tables": tables}, sort_keys=True)
    content = json.dumps({"said": text, "proof": _proof(text)}).encode()
    default_storage.delete(name())
    return default_storage.save(name(), ContentFile(content))


def read() -> dict[str, Sealed] | None:
    """Table -> what was sealed under the key in force; None without a seal that this key made."""
    try:
        with default_storage.open(name()) as file:
            content = json.loads(file.read())
        text, proof = content["said"], content["proof"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return None
    if not keys.is_same(_proof(text), str(proof)):
        return None
    return cast(dict[str, Sealed], json.loads(text)["tables"])


def problems(sealed: dict[str, Sealed]) -> Iterator[str]:
    """Where rows up to the seal are no longer those that were sealed, a line a table."""
    for model in event_models():
        table = model._meta.db_table
        if table in sealed and _pinned(model, sealed[table]["last"]) != sealed[table]:
            yield f"{table}: the rows up to {sealed[table]['last']} are not those that were sealed"


def _last(model: type[ChainedEvent]) -> int:
    """The greatest primary key, once every transaction that may still add a smaller one has ended."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        return int(_rows(model).aggregate(last=models.Max("pk"))["last"] or 0)


def _pinned(model: type[ChainedEvent], last: int) -> Sealed:
    digest, count = hashlib.sha256(), 0
    rows = _rows(model).filter(pk__lte=last).order_by("pk").values_list("pk", "hash")
    for pk, said in rows.iterator(chunk_size=5_000):
        digest.update(f"{pk} {said}\n".encode())
        count += 1
    return {"last": last, "count": count, "digest": digest.hexdigest()}


def _rows(model: type[ChainedEvent]) -> models.QuerySet[Any]:
    return cast(Any, model)._default_manager.all()  # type: ignore[no-any-return]


def _proof(text: str) -> str:
    return keys.digest(f"seal:{keys.all_keys()[0]}", text.encode())

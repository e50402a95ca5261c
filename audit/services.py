"""Writing events into their chains, and telling whether any chain was tampered with.

Each row carries an HMAC over all that it says and over the row before it; the subject holds the head. So a
row that was changed, taken out, cut off at the end or put in by somebody without the key shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from audit import keys
from audit.models import AuditedModel, ChainedEvent
from audit.operations import missing_triggers

Event = TypeVar("Event", bound=ChainedEvent)

BATCH = 500
UNSEALED = (
    "events are proved by an older key alone and lie after the last seal (manage.py seal_audit)"
)
HASHED = ("subject_id", "seq", "kind", "actor_id", "at", "data", "form_key", "previous_hash")


def append(
    *,
    subject: AuditedModel,
    event_model: type[Event],
    kind: str,
    actor: models.Model | None,
    now: datetime,
    data: Mapping[str, Any],
    form_key: UUID | None = None,
    saved: Iterable[str] = (),
) -> Event:
    """Write what happened to `subject` (a row that the caller has locked) and move its head.

    `saved` are columns of the subject that the caller has changed: they are written with the head, in one
    statement.

    `data` holds JSON facts: text, whole numbers, booleans, lists and objects of them; money as text.
    """
    _refuse_floats(data)
    facts = json.loads(_canonical(data))
    event = event_model(
        seq=subject.audit_seq + 1,
        kind=kind,
        at=now,
        data=facts,
        form_key=form_key,
        previous_hash=subject.audit_hash,
        subject_id=subject.pk,
        actor_id=actor.pk if actor else None,
    )
    event.hash = event_hash(event)
    event.save(force_insert=True)
    subject.audit_seq, subject.audit_hash = event.seq, event.hash
    subject.save(update_fields=[*saved, "audit_seq", "audit_hash"])
    return event


def repeated(
    event_model: type[ChainedEvent],
    *,
    subject: AuditedModel,
    actor: models.Model,
    kind: str,
    form_key: UUID | None,
) -> bool:
    """Whether this person's very same form has already done this to `subject`: a double click."""
    if form_key is None:
        return False
    events = _events(event_model).filter(subject_id=subject.pk, actor_id=actor.pk)
    return events.filter(kind=kind, form_key=form_key).exists()


def event_hash(event: ChainedEvent) -> str:
    """The HMAC of everything that a row says, and of the row before it, under the key in force."""
    return keys.digest(keys.all_keys()[0], _text_of(event))


def bulk_hasher(
    event_model: type[ChainedEvent],
) -> Callable[[int, int, str, int | None, str, str, str], str]:
    """What `append` writes as the hash of a row, for whole histories that are written in bulk.

    The function takes the row's subject, number, kind, actor, time ('2026-11-24T09:00:00.000000+00:00'),
    facts as `as_text` writes them, and the hash before it.
    """
    proved = keys.prover(settings.AUDIT_KEY)
    chain = event_model._meta.label_lower

    def hashed(
        subject: int, seq: int, kind: str, actor: int | None, at: str, data: str, previous: str
    ) -> str:
        said = (
            f'{{"actor":{"null" if actor is None else actor},"at":"{at}","chain":"{chain}",'
            f'"data":{data},"form_key":null,"kind":"{kind}","previous":"{previous}",'
            f'"seq":{seq},"subject":{subject}}}'
        )
        return proved(said.encode())

    return hashed


def as_text(data: Mapping[str, Any]) -> str:
    """Facts of an event as the one JSON text that is proved."""
    return _canonical(data)


def event_models() -> list[type[ChainedEvent]]:
    """Every kind of event that is installed."""
    return [model for model in apps.get_models() if issubclass(model, ChainedEvent)]


def verify() -> list[str]:
    """What is wrong, a line a fault; an empty list when every chain is whole."""
    return list(problems())


def problems(sealed: Mapping[str, int] | None = None) -> Iterator[str]:
    """The same, while it goes: memory does not grow with the number of rows.

    `sealed`: table -> the last row that may be proved by an older key (see `audit.seals`).
    """
    for event_model in event_models():
        table = event_model._meta.db_table
        for trigger in missing_triggers(connection, table):
            yield f"{table}: the trigger {trigger} is missing, rows can be changed"
        old = OldRows((sealed or {}).get(table, 0))
        for subject_id in _suspects(event_model, old):
            yield from _faults(event_model, subject_id)
        if old.count:
            yield f"{table}: {old.count} {UNSEALED}, the first is {old.first}"


@dataclass
class OldRows:
    """What only an older key proves, and no seal covers."""

    sealed_up_to: int
    count: int = 0
    first: str = ""

    def add(self, pk: int, subject_id: int, seq: int) -> None:
        """A row that an older key proves."""
        if pk > self.sealed_up_to:
            self.count += 1
            self.first = self.first or f"subject {subject_id}, event {seq}"


def _suspects(event_model: type[ChainedEvent], old: OldRows) -> Iterator[int]:
    """Subjects whose chain looks wrong at a first, unlocked reading (it may be growing meanwhile)."""
    subjects = _subject_model(event_model)._default_manager.order_by("pk")
    events = _events(event_model).order_by("subject_id", "seq", "pk")
    last = None
    while True:
        heads = list(
            (subjects.filter(pk__gt=last) if last is not None else subjects).values_list(
                "pk", "audit_seq", "audit_hash"
            )[:BATCH]
        )
        span = events.filter(subject_id__gt=last) if last is not None else events
        if heads:
            last = heads[-1][0]
            span = span.filter(subject_id__lte=last)
        yield from _broken(heads, span, old)
        if not heads:
            return


def _broken(
    heads: list[tuple[int, int, str]], events: models.QuerySet[Any], old: OldRows
) -> Iterator[int]:
    """Of one stretch of subjects, those whose events do not lead to their head."""
    label = events.model._meta.label_lower
    expected = {pk: (seq, digest) for pk, seq, digest in heads}
    found: dict[int, tuple[int, str]] = dict.fromkeys(expected, (0, ""))
    wrong: dict[int, None] = {}
    rows = events.values_list("pk", *HASHED, "hash").iterator(chunk_size=BATCH)
    for pk, *said, digest in rows:
        subject_id, seq, previous = said[0], said[1], said[-1]
        last_seq, last_digest = found.get(subject_id, (0, ""))
        key = keys.which_proves(_text(label, *said), digest)
        if (seq, previous) != (last_seq + 1, last_digest) or key is None:
            wrong[subject_id] = None
        elif key:
            old.add(pk, subject_id, seq)
        found[subject_id] = (seq, digest)
    wrong.update(dict.fromkeys(pk for pk, head in found.items() if expected.get(pk) != head))
    yield from wrong


def _faults(event_model: type[ChainedEvent], subject_id: int) -> Iterator[str]:
    """What is wrong with one chain, read again while nobody can add to it."""
    table = event_model._meta.db_table
    where = f"{table}, subject {subject_id}"
    with transaction.atomic():
        subject = (
            _subject_model(event_model)
            ._default_manager.select_for_update(of=("self",))
            .filter(pk=subject_id)
            .first()
        )
        events = list(_events(event_model).filter(subject_id=subject_id).order_by("seq", "pk"))
    if subject is None:
        yield f"{where}: {len(events)} events of a subject that is gone"
        return
    seq, digest = 0, ""
    for event in events:
        if event.seq > seq + 1:
            yield f"{where}: missing, events {seq + 1} to {event.seq - 1}"
        elif event.seq != seq + 1:
            yield f"{where}: a foreign row {event.pk} says that it is event {event.seq}"
        elif event.previous_hash != digest:
            yield f"{where}: event {event.seq} does not follow the one before it"
        if keys.which_proves(_text_of(event), event.hash) is None:
            yield f"{where}: event {event.seq} was changed, or not written by this installation"
        seq, digest = event.seq, event.hash
    if seq < subject.audit_seq:
        yield f"{where}: cut off, events {seq + 1} to {subject.audit_seq} are missing"
    elif seq > subject.audit_seq:
        yield f"{where}: {seq - subject.audit_seq} events after the last that the subject knows"
    elif digest != subject.audit_hash:
        yield f"{where}: the last event is not the one that the subject knows"


def whole_events(event_model: type[Event], subject: AuditedModel) -> list[Event]:
    """A subject's events in their order, as far as the chain is whole; nothing is locked."""
    whole: list[Event] = []
    digest = ""
    for event in _events(event_model).filter(subject_id=subject.pk).order_by("seq", "pk"):
        follows = (event.seq, event.previous_hash) == (len(whole) + 1, digest)
        if not follows or keys.which_proves(_text_of(event), event.hash) is None:
            break
        whole.append(event)
        digest = event.hash
    return whole


def _events(event_model: type[ChainedEvent]) -> models.QuerySet[Any]:
    """All rows of one kind; `subject` and `actor` are fields of the concrete model alone."""
    return cast(Any, event_model)._default_manager.all()  # type: ignore[no-any-return]


def _subject_model(event_model: type[ChainedEvent]) -> type[AuditedModel]:
    return cast(type[AuditedModel], cast(Any, event_model)._meta.get_field("subject").related_model)


def _text_of(event: ChainedEvent) -> bytes:
    return _text(event._meta.label_lower, *(getattr(event, name) for name in HASHED))


def _text(
    label: str,
    subject_id: int,
    seq: int,
    kind: str,
    actor_id: int | None,
    at: datetime,
    data: Any,
    form_key: UUID | None,
    previous_hash: str,
) -> bytes:
    """What the HMAC is made over."""
    said = {
        "chain": label,
        "subject": subject_id,
        "seq": seq,
        "kind": kind,
        "actor": actor_id,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "data": data,
        "form_key": str(form_key) if form_key else None,
        "previous": previous_hash,
    }
    return _canonical(said).encode()


# Made once: `json.dumps` with options makes an encoder a call, and verifying calls it for every row.
_canonical = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode


def _refuse_floats(value: Any) -> None:
    """One text for one value, whatever database it has been through: a float has none."""
    if isinstance(value, float):
        raise TypeError("A fact of an event is never a float: write money as text.")
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("The names of an event's facts are text.")
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)

"""Making an export: claim, read the rows, write the file, put it into the storage, tell its owner.

The amounts are read once, with the keys: so the file's sums are those of its rows, whatever changes
meanwhile.
"""

from __future__ import annotations

import datetime
import logging
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from approvals import registry
from approvals.columns import chosen
from approvals.export_columns import Row, headings_of, values_of, wanted
from approvals.export_files import CONTENT_TYPES, Preface, table_file
from approvals.forms import RegistryForm
from approvals.models import Export, ExportState, PaymentRequest
from approvals.registry_words import conditions_of
from documents import files
from notifications.models import NoticeKind
from notifications.services import notify
from outbox import services as outbox
from people.formats import moment

logger = logging.getLogger(__name__)

CHUNK = 1000
# Of a hundred thousand rows the progress moves twenty times, and the claim is renewed as often.
TOLD_EVERY = 5000
KEPT_FOR = datetime.timedelta(days=1)
FOLDER = "exports"
UNEXPECTED = "Something went wrong while the file was made"


class ClaimLost(Exception):
    """Somebody else makes the file now, or its row is gone."""


@dataclass
class Rows:
    """The keys of the filter's requests in their order, and what each costs: some tens of bytes a request."""

    keys: array[int] = field(default_factory=lambda: array("q"))
    kopecks: array[int] = field(default_factory=lambda: array("q"))
    currencies: list[str] = field(default_factory=list)
    currency_of: array[int] = field(default_factory=lambda: array("b"))

    def add(self, key: int, amount: Decimal, currency: str) -> None:
        if currency not in self.currencies:
            self.currencies.append(currency)
        self.keys.append(key)
        self.kopecks.append(int(amount * 100))
        self.currency_of.append(self.currencies.index(currency))

    def amount(self, place: int) -> Decimal:
        return Decimal(self.kopecks[place]) / 100

    def currency(self, place: int) -> str:
        return self.currencies[self.currency_of[place]]

    def totals(self) -> list[tuple[str, Decimal, int]]:
        """Currency, sum and number, a line a currency."""
        sums, counts = [0] * len(self.currencies), [0] * len(self.currencies)
        for kopecks, currency in zip(self.kopecks, self.currency_of, strict=True):
            sums[currency] += kopecks
            counts[currency] += 1
        lines = zip(self.currencies, sums, counts, strict=True)
        return sorted((name, Decimal(total) / 100, count) for name, total, count in lines)


def make(pk: int) -> None:
    """Make one export, unless somebody else has it or it is not due."""
    export = outbox.claim(Export, pk)
    if export is None:
        return
    if export.attempts > outbox.MAX_ATTEMPTS:  # every worker died over it
        _give_up(export)
        return
    try:
        _make(export)
    except ClaimLost:
        logger.warning("export.claim_lost", extra={"export_id": pk})
    except files.StorageError as error:
        logger.warning("export.not_stored", extra={"export_id": pk, "error": str(error)})
        _try_again(export, files.STORAGE_SILENT)
    except Exception:
        logger.exception("export.failed", extra={"export_id": pk})
        _try_again(export, UNEXPECTED)


def clean(now: datetime.datetime) -> None:
    """Take away what was made, or failed, more than a day ago; what the storage keeps goes an hour later."""
    old = Export.objects.filter(created_at__lt=now - KEPT_FOR, next_try_at=None)
    for export in old.order_by("pk")[:500]:
        try:
            files.delete(export.key)
        except files.StorageError as error:
            logger.warning(
                "export.not_deleted", extra={"export_id": export.pk, "error": str(error)}
            )
            continue
        export.delete()


def file_name(export: Export) -> str:
    """'Реестр заявок на оплату 24.11.2026 14-05.xlsx', in the language that it was made in."""
    with translation.override(export.language):
        at = moment(export.created_at).replace(":", "-")
        return f"{pgettext('registry', 'Payment requests')} {at}.{export.file_format}"


def _make(export: Export) -> None:
    started = timezone.now()
    with (
        tempfile.TemporaryDirectory(prefix="export-") as folder,
        translation.override(export.language),
    ):
        path = Path(folder) / f"export.{export.file_format}"
        count = _write(export, path)
        key = f"{FOLDER}/{export.pk}-{export.claim_id}.{export.file_format}"
        size = path.stat().st_size
        with path.open("rb") as file:
            files.put(key, file, content_type=CONTENT_TYPES[export.file_format])
    now = timezone.now()
    with transaction.atomic():
        made = outbox.finish(
            export, state=ExportState.READY, key=key, size=size, made_at=now, rows_done=count
        )
        if made:
            _tell(export, NoticeKind.EXPORT_READY, now, rows=count)
    if not made:
        files.delete(key)
        raise ClaimLost
    seconds = (now - started).total_seconds()
    logger.info("export.made", extra={"export_id": export.pk, "rows": count, "seconds": seconds})


def _write(export: Export, path: Path) -> int:
    form = RegistryForm(QueryDict(export.query), user=export.owner)
    form.is_valid()  # as on the page, what is not valid filters nothing
    rows = _read(registry.Asked(export.owner, form.criteria()).all_in_order(export.sort))
    _progress(export, 0, total=len(rows.keys))
    columns = chosen(export.columns)
    table = table_file(export.file_format, path, headings_of(columns), _preface(export, form, rows))
    try:
        for place, row in enumerate(_rows(rows)):
            table.add(values_of(columns, row, rows.amount(place), rows.currency(place)))
            if place % TOLD_EVERY == TOLD_EVERY - 1:
                _progress(export, place + 1)
    finally:
        table.close()
    return len(rows.keys)


def _read(requests: Any) -> Rows:
    rows = Rows()
    found = requests.values_list("pk", "amount", "currency")
    for key, amount, currency in found.iterator(chunk_size=TOLD_EVERY):
        rows.add(key, amount, currency)
    return rows


def _rows(rows: Rows) -> Iterator[Row]:
    """What stands in each row, in the order of the keys; a query a thousand."""
    for start in range(0, len(rows.keys), CHUNK):
        keys = rows.keys[start : start + CHUNK]
        found = {row["pk"]: row for row in wanted(PaymentRequest.objects.filter(pk__in=keys))}
        for key in keys:
            yield found[key]


def _preface(export: Export, form: RegistryForm, rows: Rows) -> Preface:
    conditions = "; ".join(condition.text for condition in conditions_of(form))
    made = f"{moment(timezone.now())}, {export.owner}"
    return Preface(
        title=pgettext("registry", "Payment requests"),
        lines=[(_("Filter"), conditions or _("no conditions")), (_("Made"), made)],
        sums=[
            (
                _("Total, %(currency)s") % {"currency": currency},
                total,
                ngettext("%(number)s request", "%(number)s requests", count) % {"number": count},
            )
            for currency, total, count in rows.totals()
        ],
    )


def _progress(export: Export, done: int, **more: int) -> None:
    """Tell how far it is, which renews the claim. Raises ClaimLost."""
    facts = {"state": ExportState.MAKING, "rows_done": done, "claimed_at": Now()}
    mine = Export.objects.filter(pk=export.pk, claim_id=export.claim_id)
    if not mine.update(**facts, **({"rows_total": more["total"]} if more else {})):
        raise ClaimLost


def _try_again(export: Export, reason: str) -> None:
    with transaction.atomic():
        mine = outbox.retry_or_give_up(export, error=reason, state=ExportState.FAILED)
        if mine and export.state == ExportState.FAILED:
            _tell(export, NoticeKind.EXPORT_FAILED, timezone.now())


def _give_up(export: Export) -> None:
    with transaction.atomic():
        if outbox.give_up(export, error=UNEXPECTED, state=ExportState.FAILED):
            _tell(export, NoticeKind.EXPORT_FAILED, timezone.now())


def _tell(export: Export, kind: str, now: datetime.datetime, **facts: Any) -> None:
    url = reverse("approvals:exports")
    context = {"url": url, "number_of_rows": facts.get("rows"), "request_id": None, "purpose": ""}
    notify(user=export.owner, kind=kind, context=context, now=now, by_mail=False)

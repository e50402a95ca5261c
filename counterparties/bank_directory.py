"""Keeping the directory of banks: loaded whole, in one transaction, from a file or from the Bank of
Russia.
"""

from __future__ import annotations

import io
import time
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import IO

import httpx
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from counterparties import ed807
from counterparties.models import Bank, BankDirectory

DAYS_BACK = 10
FIELDS = (
    "name",
    "town",
    "correspondent_account",
    "participant_type",
    "accounts",
    "closed_on",
    "licence_withdrawn_on",
)
BATCH = 200  # rows in one statement: SQLite takes a limited number of values
# A full directory loses a few banks a month. One that loses half of them was cut.
FEW_BANKS = 500
# A directory is out at most some holidays before its day.
DAYS_AHEAD = 31

TIMEOUT = httpx.Timeout(10, connect=5)
WHOLE_DOWNLOAD = 60  # seconds, for all of the days together
# The site's guard turns away what does not look like a browser.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


class NotLoaded(Exception):
    """The directory stays as it was; the text says, in English and for the operator, why."""


@dataclass(frozen=True)
class Outcome:
    """Which directory is in force now, how many banks it names, and what this load did."""

    business_date: date
    version: int
    total: int
    added: int
    changed: int
    closed: int

    @property
    def has_changes(self) -> bool:
        return bool(self.added or self.changed or self.closed)

    def __str__(self) -> str:
        what = f"{self.added} added, {self.changed} changed, {self.closed} closed"
        return (
            f"Directory of {self.business_date} (version {self.version}): {self.total} banks; "
            f"{what if self.has_changes else 'nothing has changed'}."
        )


@dataclass
class _Changes:
    """Rows to write, each in one list."""

    added: list[Bank] = field(default_factory=list)
    changed: list[Bank] = field(default_factory=list)
    closed: list[Bank] = field(default_factory=list)


def load(file: IO[bytes], *, now: datetime | None = None, is_forced: bool = False) -> Outcome:
    """Put what an ED807 file says in the place of the directory, or raise NotLoaded.

    Banks that it does not name are closed. An older directory than the one in force, or one without
    half of its banks, is taken only when `is_forced`.
    """
    now = now or timezone.now()
    try:
        directory = ed807.read(file)
    except ed807.Unreadable as error:
        raise NotLoaded(f"The directory was not loaded: {error}.") from error
    if directory.business_date > timezone.localdate(now) + timedelta(days=DAYS_AHEAD):
        raise NotLoaded(f"The directory was not loaded: it is of {directory.business_date}.")
    return _replace(directory, now=now, is_forced=is_forced)


@transaction.atomic
def _replace(directory: ed807.Directory, *, now: datetime, is_forced: bool) -> Outcome:
    row = _locked(directory, now)
    banks = {bank.bik: bank for bank in Bank.objects.all()}
    if not is_forced:
        _refuse_older(directory, row)
        _refuse_cut(directory, banks)
    changes = _compare(directory, banks)
    Bank.objects.bulk_create(
        changes.added + changes.changed + changes.closed,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["bik"],
        update_fields=FIELDS,
    )
    outcome = Outcome(
        business_date=directory.business_date,
        version=directory.version,
        total=len(directory.entries),
        added=len(changes.added),
        changed=len(changes.changed),
        closed=len(changes.closed),
    )
    if outcome.has_changes or _issue(directory) != (row.business_date, row.version):
        facts = {name: value for name, value in asdict(outcome).items() if name != "total"}
        BankDirectory.objects.filter(pk=row.pk).update(**facts, loaded_at=now)
    return outcome


def _locked(directory: ed807.Directory, now: datetime) -> BankDirectory:
    """The row on which loads wait for one another; the first load makes it."""
    business_date, version = _issue(directory)
    BankDirectory.objects.get_or_create(
        pk=BankDirectory.PK,
        defaults={"business_date": business_date, "version": version, "loaded_at": now},
    )
    return BankDirectory.objects.select_for_update().get(pk=BankDirectory.PK)


def _compare(directory: ed807.Directory, banks: dict[str, Bank]) -> _Changes:
    """What differs from the `banks` that there are, by BIK."""
    changes, gone = _Changes(), dict(banks)
    for entry in directory.entries:
        before = gone.pop(entry.bik, None)
        bank = _bank(entry, before, day=directory.business_date)
        if before is None:
            changes.added.append(bank)
        elif bank.closed_on is not None and before.closed_on is None:
            changes.closed.append(bank)
        elif any(getattr(before, name) != getattr(bank, name) for name in FIELDS):
            changes.changed.append(bank)
    for bank in gone.values():
        if bank.closed_on is None:
            bank.closed_on = directory.business_date
            changes.closed.append(bank)
    return changes


def _issue(directory: ed807.Directory) -> tuple[date, int]:
    return directory.business_date, directory.version


def _bank(entry: ed807.Entry, before: Bank | None, *, day: date) -> Bank:
    """The row of an entry. A bank that is closed without a day was closed when that was first told."""
    closed_on = entry.closed_on
    if entry.is_closed and closed_on is None:
        closed_on = before.closed_on if before is not None and before.closed_on else day
    return Bank(
        bik=entry.bik,
        name=entry.name,
        town=entry.town,
        correspondent_account=entry.correspondent_account,
        participant_type=entry.participant_type,
        accounts=entry.accounts,
        closed_on=closed_on,
        licence_withdrawn_on=entry.licence_withdrawn_on,
    )


def _refuse_older(directory: ed807.Directory, row: BankDirectory) -> None:
    if _issue(directory) < (row.business_date, row.version):
        raise NotLoaded(
            f"The directory was not loaded: it is of {directory.business_date}, "
            f"the one in force of {row.business_date}."
        )


def _refuse_cut(directory: ed807.Directory, banks: dict[str, Bank]) -> None:
    in_force = [bik for bik, bank in banks.items() if bank.closed_on is None]
    kept = {entry.bik for entry in directory.entries}.intersection(in_force)
    if len(in_force) >= FEW_BANKS and len(kept) * 2 < len(in_force):
        raise NotLoaded(
            f"The directory was not loaded: it has {len(kept)} of the {len(in_force)} banks "
            "of the one in force, so it was probably cut."
        )


def download(*, now: datetime | None = None) -> Outcome:
    """Load the newest directory that the Bank of Russia offers, or raise NotLoaded.

    A file lies there for each business day, from the evening before: it is looked for from tomorrow
    on, ten days back.
    """
    now = now or timezone.now()
    today, deadline = timezone.localdate(now), time.monotonic() + WHOLE_DOWNLOAD
    try:
        with httpx.Client(
            timeout=TIMEOUT,
            follow_redirects=True,
            max_redirects=5,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        ) as client:
            for back in range(-1, DAYS_BACK + 1):
                found = _fetch(client, today - timedelta(days=back), deadline=deadline)
                if found is not None:
                    return load(found, now=now)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotLoaded(
            f"The directory was not downloaded: {_reason(error)} (see BANKS_URL)."
        ) from error
    raise NotLoaded(
        f"The directory was not downloaded: there is none of the last {DAYS_BACK} days (see BANKS_URL)."
    )


def _reason(error: Exception) -> str:
    """Without the address: it may hold a password, and this text goes to the log."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"the answer was {error.response.status_code}"
    return type(error).__name__


def _fetch(client: httpx.Client, day: date, *, deadline: float) -> IO[bytes] | None:
    """The ZIP file of a day, or nothing where there is none (404, or a page in its place)."""
    content = io.BytesIO()
    if time.monotonic() > deadline:
        raise NotLoaded("The directory was not downloaded: the site is too slow.")
    with client.stream("GET", f"{settings.BANKS_URL}{day:%Y%m%d}ED01OSBR.zip") as response:
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        response.raise_for_status()
        for chunk in response.iter_raw(ed807.CHUNK):
            content.write(chunk)
            if content.tell() > ed807.MAX_ZIP or time.monotonic() > deadline:
                raise NotLoaded(
                    "The directory was not downloaded: the file is too big or too slow."
                )
    content.seek(0)
    return content if content.getvalue().startswith(b"PK") else None

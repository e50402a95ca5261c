"""An installation out of a back-up, and what has to be done after any restore."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import IO

from django.apps import apps as installed
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from audit import selectors as audit
from documents import storage
from documents.selectors import Promised
from keeping import databases, ids, loading
from keeping.backups import Backup
from keeping.failures import Refusal
from keeping.loading import Say
from keeping.rows import tables
from notifications import services as notifications

GAP = 1_000


def restore(backup: Backup, *, send: bool, gap: int, other_keys: bool, say: Say) -> list[str]:
    """Put a back-up's files and rows into this installation. Raises Refusal, StorageError.

    A file that the back-up itself has no more is no reason to go without the rest: a line each is answered.

    `send`: letters that were waiting go by themselves, as if nothing had happened. `gap`: how many numbers
    are left out, so that none is given twice that was given after the back-up was made.
    """
    manifest = backup.manifest
    if not backup.is_proved and not other_keys:
        raise Refusal(
            "This back-up was made under another AUDIT_KEY, or was changed since. Set the keys that were in "
            "force then (an old one in AUDIT_KEY_FALLBACKS); without them the history cannot be proved."
        )
    apps = databases.models_at(manifest.migrations)
    if reason := databases.why_not_empty("default"):
        raise Refusal(f"The database is in use: {reason}. Take an empty one.")
    store = storage.store()
    store.prepare()

    def opened(file: Promised) -> AbstractContextManager[IO[bytes]]:
        return backup.shelf.opened(file.sha256)

    whole = (file for file in backup.promised() if file.row not in manifest.faults)
    lost = loading.put_files(store, whole, opened, say=say)
    loading.make_ready("default", manifest.migrations)
    kept = tables(apps)
    with databases.work_on("default"):
        loading.fill(
            "default",
            kept,
            lambda table: map(table.row, backup.rows(table)),
            expected=manifest.tables,
            last_ids=manifest.last_ids,
            gap=gap,
        )
        # Nobody may find the rows and send their letters before they are held.
        is_current = databases.is_today(manifest.migrations)
        if is_current:
            settle(send=send, gap=0, say=say)
    say(f"Rows of {len(kept)} tables were written, read back and compared")
    call_command("migrate", interactive=False, verbosity=0)
    if not is_current:
        settle(send=send, gap=0, say=say)
    return lost


@transaction.atomic
def settle(*, send: bool, gap: int, say: Say) -> None:
    """What any restore must end with, also one by the database's own tools."""
    if not send:
        letters, notices = notifications.hold_unsent()
        say(
            f"{letters} letters were waiting and are held: their cards have 'try again'. "
            f"{notices} e-mails of notices will not go"
        )
    if gap:
        kept = tables(installed)
        ids.go_on_after("default", kept, ids.last_given("default", kept), gap)
        say(f"New numbers go on {gap} further")


def lost_keys(backup: Backup) -> list[str]:
    """Names of the keys that were in force when the back-up was made and are not among those of today."""
    lost = []
    for name, was in backup.manifest.keys.items():
        today = [getattr(settings, name), *getattr(settings, f"{name}_FALLBACKS")]
        if was not in map(audit.fingerprint, today):
            lost.append(name)
    return lost

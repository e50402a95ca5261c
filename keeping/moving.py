"""From one installation's database and storage straight into another's, of whatever kinds they are."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO
from unittest.mock import patch

from django.apps import apps as installed
from django.conf import settings
from django.core.files.storage import storages

from documents import storage
from documents.selectors import Promised
from documents.storage import Missing, Store
from keeping import databases, ids, loading
from keeping.failures import Refusal
from keeping.loading import Say
from keeping.objects import every_file, evidence, fetched
from keeping.rows import Tally, tables

TARGET = "target"
KEYS = ("AUDIT_KEY", "SHARE_LINK_KEY", "SECOND_FACTOR_KEY")


def settings_of(env_file: Path) -> ModuleType:
    """The settings as they would be with this file as the installation's `.env`, and nothing else set.

    Raises Refusal with what is missing in it.
    """
    if not env_file.is_file():
        raise Refusal(f"There is no {env_file}")
    spec = importlib.util.spec_from_file_location(
        "config.settings_of_target", settings.BASE_DIR / "config" / "settings.py"
    )
    if spec is None or spec.loader is None:
        raise Refusal("config/settings.py cannot be read")
    module = importlib.util.module_from_spec(spec)
    with patch.dict(os.environ, environment_of(env_file), clear=True):
        try:
            spec.loader.exec_module(module)
        except SystemExit as error:
            raise Refusal(f"{env_file}: {error}") from error
    return module


def environment_of(env_file: Path) -> dict[str, str]:
    """The environment of a process that belongs to the other installation: no setting of ours is in it."""
    example = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
    ours = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    others = {
        name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in ours
    }
    return others | {"ENV_FILE": str(env_file)}


def move(target: ModuleType, *, say: Say) -> list[str]:
    """Copy every row and every file into the target's database and storage, and compare both sides.

    What was lost or changed in the storage before is lost there too: a line each is answered.
    Run again after an interruption: files that arrived are not copied again, and rows, which go in one
    transaction, are compared when they are there already. Raises Refusal, StorageError.
    """
    _refuse_other_keys(target)
    migrations = databases.applied("default")
    if not databases.is_today(migrations):
        raise Refusal("This database is not up to date: run manage.py migrate first.")
    if _is_same(settings.DATABASES["default"], target.DATABASES["default"]):
        raise Refusal("The target's database is the one that is in use already.")
    source = storage.store()
    arriving = storage.store(storages.create_storage(target.STORAGES["default"]))
    arriving.prepare()
    proofs = evidence(source)
    kept = tables(installed)
    with (
        databases.opened(TARGET, target.DATABASES["default"]),
        databases.snapshot(frozen=True) as snapshot,
    ):
        there = _what_is_there(migrations)
        files = every_file(installed, snapshot, proofs)
        lost = loading.put_files(arriving, files, _opener(source), say=say)
        if there is None:
            loading.make_ready(TARGET, migrations)
            with databases.work_on(TARGET):
                sent = loading.fill(
                    TARGET,
                    kept,
                    lambda table: table.read(snapshot),
                    expected=None,
                    last_ids=ids.last_given(snapshot, kept),
                )
        else:
            sent = {table.label: table.tally(snapshot) for table in kept}
            if sent != there:
                different = [label for label in sent if sent[label] != there[label]]
                raise Refusal(
                    f"The target's database is in use: it differs in {', '.join(different)}. "
                    "Take an empty one."
                )
            say("The rows were there already, the same ones")
    _say_all(sent, say)
    return lost


def _refuse_other_keys(target: ModuleType) -> None:
    for name in KEYS:
        today = [getattr(settings, name), *getattr(settings, f"{name}_FALLBACKS")]
        then = [getattr(target, name), *getattr(target, f"{name}_FALLBACKS")]
        if not set(today) <= set(then):
            raise Refusal(
                f"{name} is another one there, so what it signed would be lost: take SECRET_KEY and, "
                "where they are set, the other keys and all fallbacks over into the new file. "
                f"(SECRET_KEY of a demo lies in {settings.DATA_DIR / 'secret_key'}.)"
            )


def _is_same(one: dict[str, object], other: dict[str, object]) -> bool:
    return all(one.get(name) == other.get(name) for name in ("ENGINE", "NAME", "HOST", "PORT"))


def _what_is_there(migrations: databases.Applied) -> dict[str, Tally] | None:
    """None: nobody has worked in the target. Else its tables' tallies, if a move may have filled them."""
    if not (reason := databases.why_not_empty(TARGET)):
        return None
    if databases.applied(TARGET) != migrations:
        raise Refusal(f"The target's database is in use: {reason}. Take an empty one.")
    return {table.label: table.tally(TARGET) for table in tables(installed)}


def _opener(source: Store) -> Callable[[Promised], AbstractContextManager[IO[bytes]]]:
    @contextmanager
    def opened(file: Promised) -> Iterator[IO[bytes]]:
        for key in filter(None, (file.key, file.also_at)):
            try:
                chunks = source.chunks(key)
            except Missing:
                continue
            with fetched(chunks, file.sha256) as content:
                yield content
            return
        raise FileNotFoundError(file.key)

    return opened


def _say_all(tallies: dict[str, Tally], say: Say) -> None:
    for label, tally in tallies.items():
        sums = "".join(f", {column} {total}" for column, total in tally.sums.items())
        say(f"{label:<40} {tally.count:>9} rows{sums}, the same on both sides")

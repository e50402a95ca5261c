"""What a back-up holds, and what it says about itself; in this process, on the run's own servers."""

from __future__ import annotations

import fcntl
import gzip
import io
import json
import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from counterparties.models import Company
from documents import storage, tasks
from documents.models import Document
from documents.tests import builders as b
from keeping import backups, databases, loading
from keeping.failures import Refusal
from keeping.objects import Shelf, put
from keeping.rows import Table
from keeping.tests.boxes import file_database
from people.models import User
from tests.stack.migrated import on_sqlite
from tests.stack.patience import until

pytestmark = pytest.mark.django_db(transaction=True)


def back_up(folder: Path, *options: str) -> backups.Backup:
    call_command("backup", folder, *options, verbosity=0)
    return backups.read(folder)


def faults(folder: Path) -> list[str]:
    return list(backups.problems(backups.read(folder)))


def row_of(backup: backups.Backup, model: type) -> list[str]:
    return list(backup.rows(Table(model)))


def test_a_file_is_kept_once_and_rows_every_time(tmp_path: Path) -> None:
    b.filed("one.pdf", b.PDF)
    b.filed("two.pdf", b.PDF)
    b.filed("three.png", b.PNG)
    first = back_up(tmp_path)
    b.filed("four.jpg", b.JPEG)
    second = back_up(tmp_path)

    assert len(row_of(first, Document)) == 3
    assert len(row_of(second, Document)) == 4
    assert len(list(Shelf(tmp_path / "files").all())) == 3
    assert second.manifest.files["count"] == 5  # with the folder's mark
    assert faults(tmp_path) == []
    assert backups.found(tmp_path) == sorted({first.name, second.name})


def test_a_file_that_was_filed_after_the_rows_were_read_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = b.promised()
    written = backups._write_rows

    def and_then_it_is_filed(*args: object) -> backups.Manifest:
        manifest = written(*args)  # type: ignore[arg-type]
        tasks.file_document(document.pk)
        return manifest

    monkeypatch.setattr(backups, "_write_rows", and_then_it_is_filed)
    backup = back_up(tmp_path)

    assert backup.manifest.faults == {}
    assert document.incoming_key in {file.key for file in backup.promised()}
    assert faults(tmp_path) == []


def test_nobody_logs_in_with_a_back_up(client, tmp_path: Path) -> None:
    client.force_login(b.person())

    backup = back_up(tmp_path)

    assert "people.user" in backup.manifest.tables
    assert "sessions.session" not in backup.manifest.tables
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert client.session.session_key.encode() not in content


def test_a_lost_file_is_said_and_the_rest_is_kept(tmp_path: Path, capsys) -> None:
    lost, changed, fine = (b.filed(f"{n}.pdf", b.PDF + n.encode()) for n in "abc")
    storage.store().delete(lost.key)
    storage.store().put(changed.key, io.BytesIO(b"something else"))

    with pytest.raises(CommandError, match="2 files are not in the storage"):
        back_up(tmp_path)

    backup = backups.read(tmp_path)
    assert set(backup.manifest.faults) == {f"document {lost.pk}", f"document {changed.pk}"}
    with backup.shelf.opened(fine.sha256) as file:
        assert file.read() == b.PDF + b"c"
    assert len(faults(tmp_path)) == 2


def test_what_was_changed_in_a_back_up_shows(tmp_path: Path, capsys) -> None:
    kept = b.filed()
    backup = back_up(tmp_path)
    call_command("check_backup", tmp_path)
    assert "is whole" in capsys.readouterr().out

    backup.shelf.path(kept.sha256).write_bytes(b"x" * kept.size)
    rows = backup.folder / "rows" / "people.user.gz"
    rows.write_bytes(
        gzip.compress(gzip.decompress(rows.read_bytes()).replace(b"manager", b"hacker!"))
    )
    manifest = backup.folder / "manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(content | {"said": content["said"].replace("T", "t")}))

    with pytest.raises(SystemExit):
        call_command("check_backup", tmp_path)
    said = capsys.readouterr().out
    assert "it was changed, or made under another AUDIT_KEY" in said
    assert "the rows of people.user are not those that were written" in said
    assert "its file" in said


def test_old_back_ups_go_with_the_files_that_only_they_have(tmp_path: Path) -> None:
    kept, gone = b.filed("one.pdf"), b.filed("two.png", b.PNG)
    first = back_up(tmp_path)
    Document.objects.filter(pk=gone.pk).delete()
    (tmp_path / "2020-01-01T000000Z.part").mkdir()  # one that was killed
    second = back_up(tmp_path, "--keep", "1")

    assert first.name < second.name
    assert backups.found(tmp_path) == [second.name]
    assert not list(tmp_path.glob("*.part"))
    assert [path.name for path in Shelf(tmp_path / "files").all()] == [kept.sha256]


def test_one_at_a_time(tmp_path: Path) -> None:
    with (tmp_path / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="Another back-up works"):
            back_up(tmp_path)


def test_what_is_no_back_up_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no whole back-up"):
        backups.read(tmp_path)
    (tmp_path / "2026-11-24T000000Z").mkdir()
    manifest = tmp_path / "2026-11-24T000000Z" / "manifest.json"
    for content in ("", "{}", "[]", '{"said": "{}", "proof": ""}'):
        manifest.write_text(content)
        with pytest.raises(Refusal, match="damaged"):
            backups.read(tmp_path)
    manifest.write_text(json.dumps({"said": '{"format": 2}', "proof": ""}))
    with pytest.raises(Refusal, match="format 2"):
        backups.read(tmp_path)


def test_the_back_up_of_a_newer_program_is_refused() -> None:
    migrations = databases.applied("default")
    assert databases.is_today(migrations)
    newer = migrations | {"people": [*migrations["people"], "9999_next"]}

    with pytest.raises(Refusal, match=r"unknown here: people\.9999_next"):
        databases.models_at(newer)
    with pytest.raises(Refusal, match="unknown here"):
        databases.models_at(migrations | {"another": ["0001_initial"]})


@pytest.mark.postgres
def test_a_snapshot_sees_nothing_of_what_comes_after_it() -> None:
    Company.objects.create(name="Before", created_at=b.NOW)

    with databases.snapshot() as alias:
        Company.objects.create(name="After", created_at=b.NOW)
        seen = list(Company.objects.using(alias).values_list("name", flat=True))

    assert seen == ["Before"]


def test_a_snapshot_of_a_file_lets_others_write(tmp_path: Path) -> None:
    with file_database(tmp_path / "one.sqlite3") as alias:
        with closing(connections[alias].cursor()) as cursor:
            cursor.execute("CREATE TABLE django_migrations (id integer)")
        with databases.snapshot(alias) as frozen, closing(connections[alias].cursor()) as cursor:
            cursor.execute("INSERT INTO django_migrations VALUES (1)")
            with connections[frozen].cursor() as reader:
                reader.execute("SELECT count(*) FROM django_migrations")
                assert reader.fetchone() == (0,)


def test_rows_that_are_not_those_of_the_manifest_stay_out(tmp_path: Path) -> None:
    b.person()
    table = Table(User)
    rows = [table.row(table.line(row)) for row in table.read("default")]
    shutil.copy(on_sqlite(), tmp_path / "one.sqlite3")
    with file_database(tmp_path / "one.sqlite3") as alias:
        databases.make_tables(alias, databases.applied("default"))

        def fill(expected: dict[str, object]) -> None:
            with databases.work_on(alias):
                loading.fill(alias, [table], lambda _t: iter(rows), expected=expected, last_ids={})

        right = table.tally("default").as_json()
        with pytest.raises(Refusal, match="not those that were kept"):
            fill({table.label: right | {"count": 2}})
        assert not User.objects.using(alias).exists()
        fill({table.label: right})
        assert User.objects.using(alias).get().username == "manager"
        assert "people_user has rows" in databases.why_not_empty(alias)


def test_a_file_in_the_way_is_not_written_over(tmp_path: Path) -> None:
    document = b.filed()
    backup = back_up(tmp_path)
    store = storage.store()
    store.put(document.key, io.BytesIO(b"x" * document.size))

    with pytest.raises(Refusal, match="another file lies at"):
        loading.put_files(
            store, backup.promised(), lambda f: backup.shelf.opened(f.sha256), say=str
        )
    assert storage.sha256(document.key) != document.sha256

    store.delete(document.key)
    backup.shelf.path(document.sha256).unlink()
    [lost] = loading.put_files(
        store, backup.promised(), lambda f: backup.shelf.opened(f.sha256), say=str
    )
    assert lost.startswith(f"document {document.pk}: its bytes are lost")


def test_a_file_is_put_under_its_own_type(tmp_path: Path) -> None:
    document = b.filed()
    [file] = [f for f in back_up(tmp_path).promised() if f.row == f"document {document.pk}"]

    put(storage.store(), file, io.BytesIO(b.PDF))

    assert file.content_type == "application/pdf"


@pytest.mark.postgres
def test_migrations_wait_for_each_other() -> None:
    order = []

    def second() -> None:
        call_command("migrate", verbosity=0)
        order.append("second")
        connections.close_all()

    thread = threading.Thread(target=second)
    with databases.one_at_a_time(connections["default"]):
        thread.start()
        until(someone_waits)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def someone_waits() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone() is not None

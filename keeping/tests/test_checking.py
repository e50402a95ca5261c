"""Documents without files, files without rows, files that are others; and what is mended."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit import selectors as audit
from documents import storage
from documents.models import Document, Upload
from documents.tests import builders as b
from keeping import checking
from keeping.objects import Shelf

pytestmark = pytest.mark.django_db


def found(*, hashes: bool = True) -> list[str]:
    return [str(problem) for problem in checking.problems(hashes=hashes)]


def mended(shelf: Shelf | None = None) -> list[str]:
    return [checking.mend(problem, shelf) for problem in list(checking.problems(hashes=True))]


def put(key: str, content: bytes) -> None:
    storage.store().put(key, io.BytesIO(content))


def test_all_that_the_program_writes_is_known(capsys) -> None:
    b.filed()
    b.promised("still on its way.pdf")
    b.received("of a form.pdf")
    audit.write_checkpoint(b.NOW)

    assert found() == found(hashes=False) == []
    call_command("check_storage")
    assert "holds what the rows say" in capsys.readouterr().out


def test_a_document_without_its_file(tmp_path: Path) -> None:
    document = b.filed()
    storage.store().delete(document.key)

    assert found() == found(hashes=False) == [f"document {document.pk}: no file at {document.key}"]
    assert mended() == [""]  # nothing to mend it from
    assert found()


def test_a_file_that_was_changed_shows_when_it_is_read() -> None:
    document = b.filed()
    put(document.key, b"x" * document.size)

    assert found(hashes=False) == []
    assert found() == [f"document {document.pk}: another file at {document.key}"]
    put(document.key, b"shorter")
    assert found(hashes=False) == found() != []


def test_what_a_back_up_has_is_put_back(tmp_path: Path) -> None:
    lost, changed, beyond = (
        b.filed("a.pdf", b.PDF + b"a"),
        b.filed("b.png", b.PNG),
        b.filed("c.jpg", b.JPEG),
    )
    shelf = Shelf(tmp_path)
    for document in (lost, changed):
        shelf.add(storage.store().chunks(document.key), document.sha256)
    storage.store().delete(lost.key)
    put(changed.key, b"x")
    storage.store().delete(beyond.key)

    assert sorted(mended(shelf)) == ["", "put back from the back-up", "put back from the back-up"]
    assert found() == [f"document {beyond.pk}: no file at {beyond.key}"]
    assert b.content_of(lost.key) == b.PDF + b"a"


def test_a_file_that_no_row_names_is_put_where_nothing_is_written_over_it() -> None:
    document = b.filed()
    stray = f"{document.folder.path}/Счёт № 644.pdf"
    put(stray, b"a file of nobody's")

    assert found() == [f"no row names the file {stray}"]
    assert mended() == [f"moved to found/{datetime.now(UTC):%Y-%m-%d}/{stray}"]
    assert found() == []
    assert b.content_of(f"found/{datetime.now(UTC):%Y-%m-%d}/{stray}") == b"a file of nobody's"


def test_a_folders_mark_is_written_again_but_not_over_anothers() -> None:
    folder = b.ready_folder("Companies")
    mark = f"{folder.path}/.folder"
    storage.store().delete(mark)
    assert found() == [f"folder {folder.pk}: no file at {mark}"]
    assert mended() == ["written again"]
    assert found() == []

    put(mark, b"0123456789")
    assert mended() == [""]


def test_the_row_of_a_forms_lost_file_is_forgotten() -> None:
    upload = b.received()
    storage.store().delete(upload.key)

    assert found() == [f"upload {upload.pk}: the file of a form that nobody has sent is gone"]
    assert mended() == ["forgotten"]
    assert not Upload.objects.exists()


def test_a_file_on_its_way_may_be_at_either_end() -> None:
    document = b.promised()
    storage.store().copy(document.incoming_key, document.key)
    assert found() == []
    storage.store().delete(document.incoming_key)
    assert found() == []
    storage.store().delete(document.key)
    assert len(found()) == 1


def test_the_command_says_what_is_left(tmp_path: Path, capsys) -> None:
    document = b.filed()
    put("stray.txt", b"stray")
    storage.store().delete(document.key)

    with pytest.raises(SystemExit):
        call_command("check_storage", "--quick")
    with pytest.raises(SystemExit):
        call_command("check_storage", "--mend", "--from", tmp_path)
    said = capsys.readouterr()
    assert "no row names the file stray.txt; moved to found/" in said.out
    assert said.err.endswith("1 problems found.\n")
    Document.objects.all().delete()
    call_command("check_storage", verbosity=0)


def test_anothers_storage_is_not_put_aside() -> None:
    for number in range(101):
        put(f"theirs/{number}.txt", b"theirs")

    with pytest.raises(CommandError, match="is this the right storage"):
        call_command("check_storage", "--mend")
    assert len(list(storage.store().listing("theirs/"))) == 101

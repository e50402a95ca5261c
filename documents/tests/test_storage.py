"""Both kinds of storage do the same: the folder always, S3 where the run has a server."""

import io
from datetime import timedelta

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.utils import timezone

from documents import storage
from documents.storage import FolderStore, Missing, StorageError, Store


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.services)])
def store(request: pytest.FixtureRequest, tmp_path, settings) -> Store:
    if request.param == "folder":
        return FolderStore(FileSystemStorage(location=tmp_path))
    assert settings.USES_S3
    return storage.store()


def put(store: Store, key: str, content: bytes) -> None:
    store.put(key, io.BytesIO(content), content_type="text/plain")


def test_what_is_put_comes_back_whole_and_in_parts(store: Store) -> None:
    content = bytes(range(256)) * 4096
    put(store, "Companies/ООО «Ромашка» 100% #1 (7)/счёт + акт.pdf", content)
    key = "Companies/ООО «Ромашка» 100% #1 (7)/счёт + акт.pdf"

    assert b"".join(store.chunks(key)) == content
    assert b"".join(store.chunks(key, 10, 19)) == content[10:20]
    assert b"".join(store.chunks(key, 1_000_000)) == content[1_000_000:]
    assert b"".join(store.chunks(key, 0, 0)) == content[:1]


def test_a_second_put_writes_over_the_first(store: Store) -> None:
    put(store, "a/b.txt", b"a longer text")
    put(store, "a/b.txt", b"short")

    assert b"".join(store.chunks("a/b.txt")) == b"short"


def test_a_copy_is_made_over_what_is_there(store: Store) -> None:
    put(store, "incoming/1", b"new")
    put(store, "Папка/счёт.pdf", b"old and longer")

    store.copy("incoming/1", "Папка/счёт.pdf")

    assert b"".join(store.chunks("Папка/счёт.pdf")) == b"new"
    assert b"".join(store.chunks("incoming/1")) == b"new"


def test_what_is_not_there_is_missing(store: Store) -> None:
    with pytest.raises(Missing):
        store.chunks("no/such.pdf")
    with pytest.raises(Missing):
        store.copy("no/such.pdf", "a/b.pdf")
    store.delete("no/such.pdf")


def test_deleted_is_missing(store: Store) -> None:
    put(store, "a/b.txt", b"text")
    store.delete("a/b.txt")

    with pytest.raises(Missing):
        store.chunks("a/b.txt")


def test_incoming_is_listed_by_age(store: Store) -> None:
    put(store, "incoming/1", b"1")
    put(store, "elsewhere/2", b"2")
    soon, earlier = timezone.now() + timedelta(minutes=1), timezone.now() - timedelta(minutes=1)

    assert list(store.incoming_before(soon)) == ["incoming/1"]
    assert list(store.incoming_before(earlier)) == []


def test_all_is_listed_with_its_size(store: Store) -> None:
    put(store, "Папка/счёт №1 + акт.pdf", b"four")
    put(store, "Папка/.folder", b"1")
    put(store, "Папка 2/b.txt", b"22")

    everything = {"Папка/счёт №1 + акт.pdf": 4, "Папка/.folder": 1, "Папка 2/b.txt": 2}
    assert dict(store.listing()) == everything
    assert dict(store.listing("Папка/")) == {
        key: size for key, size in everything.items() if key.startswith("Папка/")
    }
    assert list(store.listing("nowhere/")) == []
    assert store.size("Папка/.folder") == 1
    with pytest.raises(Missing):
        store.size("Папка/no.pdf")


def test_a_longest_path_fits(store: Store) -> None:
    key = "/".join(
        ["Companies", "Щ" * 95 + " (7707083893)", "Payment requests", "1", "Щ" * 98 + ".pdf"]
    )

    put(store, key, b"text")

    assert b"".join(store.chunks(key)) == b"text"


def test_preparing_twice_is_fine(store: Store) -> None:
    store.prepare()
    store.prepare()


def test_a_key_cannot_leave_the_folder(tmp_path) -> None:
    store = FolderStore(FileSystemStorage(location=tmp_path / "storage"))

    with pytest.raises(Exception, match="outside"):
        put(store, "../outside.txt", b"text")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_folder_is_a_storage_error(tmp_path) -> None:
    (tmp_path / "file").write_text("text")
    store = FolderStore(FileSystemStorage(location=tmp_path / "file"))

    with pytest.raises(StorageError):
        put(store, "a/b.txt", b"text")
    with pytest.raises(StorageError):
        store.prepare()


def test_a_write_that_fails_leaves_nothing_half_done(tmp_path) -> None:
    store = FolderStore(FileSystemStorage(location=tmp_path))
    put(store, "a/b.txt", b"before")

    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            raise OSError("the disk is gone")

    with pytest.raises(StorageError):
        store.put("a/b.txt", Broken())

    assert b"".join(store.chunks("a/b.txt")) == b"before"
    assert list((tmp_path / "incoming").iterdir()) == []


def test_ensure_storage_says_that_it_is_in_order(capsys) -> None:
    call_command("ensure_storage")
    call_command("ensure_storage", verbosity=0)

    assert capsys.readouterr().out.count("\n") == 1
    assert list(storage.store().incoming_before(timezone.now() + timedelta(minutes=1))) == []


def test_ensure_storage_makes_what_is_missing(settings, tmp_path) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "new" / "storage"},
        },
    }

    call_command("ensure_storage", verbosity=0)

    assert (tmp_path / "new" / "storage" / "incoming").is_dir()


def test_ensure_storage_fails_in_one_line(settings, tmp_path) -> None:
    (tmp_path / "file").write_text("text")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "file"},
        },
    }

    with pytest.raises(CommandError, match="The storage does not work"):
        call_command("ensure_storage")

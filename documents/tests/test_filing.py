"""A received file gets into its folder once, whole, whatever dies on the way."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from documents import reasons, storage, tasks
from documents.models import Document, Folder
from documents.tests import builders as b
from outbox import services as outbox

# Clocks of the program and of the database differ in what they count: milliseconds in SQLite.
LONG_AGO = outbox.LEASE + timedelta(seconds=1)

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class Mortal:
    """The storage, and a process that is killed before or after its n-th use of it."""

    def __init__(self, step: int) -> None:
        self.real = storage.store()
        self.left = step

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.die_at_zero()
            answer = getattr(self.real, name)(*args, **kwargs)
            if self.left == 0 and answer is not None:
                answer.close()  # the system closes a dead process's files
            self.die_at_zero()
            return answer

        return call

    def die_at_zero(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1


def names_in(folder: Folder) -> list[str]:
    """What really lies in the folder, without its own object."""
    if isinstance(store := storage.store(), storage.FolderStore):
        found = [path.name for path in store._path(folder.path).iterdir()]
    else:
        bucket = store._client.list_objects_v2(Bucket=store._bucket, Prefix=f"{folder.path}/")
        found = [item["Key"].rpartition("/")[2] for item in bucket["Contents"]]
    return sorted(name for name in found if name != tasks.MARKER)


def incoming() -> list[str]:
    return list(storage.store().incoming_before(timezone.now() + timedelta(minutes=1)))


def test_a_document_is_filed() -> None:
    document = b.filed()

    assert (document.state, document.incoming_key, document.next_try_at) == ("stored", "", None)
    assert document.stored_at is not None
    assert b.content_of("Companies/Счёт № 643.pdf") == b.PDF
    assert incoming() == []


def test_filing_twice_leaves_one_file() -> None:
    document = b.filed()
    tasks.file_document(document.pk)
    Document.objects.update(next_try_at=timezone.now(), state="received")
    tasks.file_document(document.pk)  # its original is gone: nothing is written over

    assert names_in(document.folder) == ["Счёт № 643.pdf"]
    assert b.content_of(document.key) == b.PDF


@pytest.mark.parametrize("step", range(12))
def test_a_worker_killed_anywhere_leaves_one_whole_file(monkeypatch, step: int) -> None:
    document = b.promised()
    mortal = Mortal(step)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "store", lambda: mortal)
        try:
            tasks.file_document(document.pk)
        except Killed:
            survived = False
        else:
            survived = True
    Document.objects.filter(claim_id__isnull=False).update(claimed_at=timezone.now() - LONG_AGO)

    for pk in outbox.due(Document, now=timezone.now()):
        tasks.file_document(pk)
    monkeypatch.setattr(tasks, "KEPT_IN_INCOMING", timedelta(minutes=-1))
    tasks.clean_incoming()

    document.refresh_from_db()
    assert document.state == "stored"
    assert names_in(document.folder) == ["Счёт № 643.pdf"]
    assert b.content_of(document.key) == b.PDF
    assert incoming() == []
    assert survived == (step >= 6)  # copy, read back, delete: before and after each


def test_whoever_lost_the_claim_changes_nothing(monkeypatch) -> None:
    document = b.promised()
    slow = outbox.claim(Document, document.pk)
    assert slow is not None
    Document.objects.update(claimed_at=timezone.now() - LONG_AGO)
    tasks.file_document(document.pk)

    assert not outbox.retry_or_give_up(slow, error="late", state="fault")
    document.refresh_from_db()
    assert (document.state, document.last_error) == ("stored", "")


def test_a_wrong_copy_is_never_stored_and_does_not_stay() -> None:
    document = b.promised()
    storage.store().put(document.incoming_key, io.BytesIO(b"%PDF-1.7 something else"))

    for _attempt in range(outbox.MAX_ATTEMPTS):
        Document.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now())
        tasks.file_document(document.pk)
        document.refresh_from_db()
        assert document.last_error == reasons.FILE_CHANGED
        assert names_in(document.folder) == []

    assert (document.state, document.next_try_at) == ("fault", None)


def test_a_copy_that_comes_right_at_the_second_time_is_stored() -> None:
    document = b.promised()
    good = b.content_of(document.incoming_key)
    storage.store().put(document.incoming_key, io.BytesIO(b"half"))
    tasks.file_document(document.pk)
    document.refresh_from_db()
    assert (document.state, document.attempts) == ("received", 1)

    storage.store().put(document.incoming_key, io.BytesIO(good))
    Document.objects.update(next_try_at=timezone.now())
    tasks.file_document(document.pk)

    document.refresh_from_db()
    assert document.state == "stored"


def test_an_original_that_is_gone_is_a_fault_with_its_reason() -> None:
    document = b.promised()
    storage.store().delete(document.incoming_key)

    tasks.file_document(document.pk)

    document.refresh_from_db()
    assert (document.state, document.last_error) == ("received", reasons.FILE_GONE)


def test_a_document_waits_for_its_folder_without_using_up_its_attempts() -> None:
    folder = b.ready_folder()
    Folder.objects.update(state="pending", next_try_at=timezone.now())
    document = b.promised(folder=folder)
    tasks.file_document(document.pk)
    document.refresh_from_db()
    assert (document.state, document.attempts) == ("received", 0)
    assert document.next_try_at > timezone.now()

    tasks.make_folder(folder.pk)
    tasks.file_document(document.pk)

    document.refresh_from_db()
    assert document.state == "stored"


def test_a_document_of_a_faulty_folder_says_what_it_waits_for() -> None:
    folder = b.ready_folder()
    Folder.objects.update(state="fault")
    document = b.promised(folder=folder)

    tasks.file_document(document.pk)

    document.refresh_from_db()
    assert (document.state, document.last_error) == ("received", reasons.FOLDER_AT_FAULT)


def test_the_sweeper_wakes_what_was_missed(settings, django_capture_on_commit_callbacks) -> None:
    document = b.promised()

    with django_capture_on_commit_callbacks() as callbacks:
        tasks.sweep()
    assert len(callbacks) == 1

    tasks.file_document(document.pk)
    with django_capture_on_commit_callbacks() as callbacks:
        tasks.sweep()
    assert callbacks == []

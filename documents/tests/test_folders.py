"""Folders: promised in a row, made in the storage, checked and mended."""

import io
import re

import pytest
from django.utils import timezone, translation

from documents import reasons, selectors, services, storage, tasks
from documents.models import Folder
from documents.tests import builders as b
from outbox import services as outbox

pytestmark = pytest.mark.django_db


def test_a_folder_is_promised_then_made() -> None:
    root = services.ensure_folder(parent=None, name="Companies", now=b.NOW)
    folder = services.ensure_folder(parent=root, name="ООО «Ромашка» (7707083893)", now=b.NOW)

    assert (folder.state, folder.next_try_at) == ("pending", b.NOW)
    tasks.make_folder(folder.pk)
    folder.refresh_from_db()

    assert (folder.state, folder.next_try_at) == ("ready", None)
    assert b.content_of("Companies/ООО «Ромашка» (7707083893)/.folder").decode() == folder.public_id
    assert folder.checked_at is not None


def test_a_folders_id_can_be_read_aloud() -> None:
    ids = {services.new_public_id() for _time in range(200)}

    assert len(ids) == 200
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{10}", public_id) for public_id in ids)


def test_the_same_folder_is_promised_once() -> None:
    first, second = (services.ensure_folder(parent=None, name="Companies") for _time in range(2))

    assert first == second
    assert Folder.objects.count() == 1


def test_a_unique_folder_takes_the_first_free_name() -> None:
    root = b.ready_folder()
    names = ["ООО «А» (7707083893)", "ООО «А» (7707083893-770701001)"]

    made = [services.make_unique_folder(parent=root, names=names).name for _time in range(4)]

    assert made[:2] == names
    assert made[2:] == [f"{names[1]} (2)", f"{names[1]} (3)"]


def test_a_name_may_hold_the_folders_own_id() -> None:
    folder = services.make_unique_folder(parent=None, names=["ИП Иванов ({public_id})"])

    assert folder.name == f"ИП Иванов ({folder.public_id})"


def test_a_hostile_company_cannot_leave_its_place() -> None:
    root = b.ready_folder()

    folder = services.make_unique_folder(parent=root, names=["../../ООО/А (1)"])

    assert folder.path == "Companies/ООО-А (1)"


def test_making_a_folder_twice_changes_nothing() -> None:
    folder = b.ready_folder()
    services.check_folder(folder=folder)
    tasks.make_folder(folder.pk)
    tasks.make_folder(folder.pk)
    folder.refresh_from_db()

    assert folder.state == "ready"


def test_another_folder_in_its_place_is_a_fault_that_says_so() -> None:
    folder = b.ready_folder()
    marker = f"{folder.path}/.folder"
    storage.store().put(marker, io.BytesIO(b"SOMEBODYS"))

    services.check_folder(folder=folder)
    tasks.make_folder(folder.pk)
    folder.refresh_from_db()

    assert (folder.state, folder.next_try_at) == ("fault", None)
    with translation.override("en"):
        assert selectors.fault_reason(folder) == reasons.FOLDER_TAKEN
    assert b.content_of(marker) == b"SOMEBODYS"


def test_a_folder_that_somebody_took_away_is_mended_by_a_check() -> None:
    folder = b.ready_folder()
    storage.store().delete(f"{folder.path}/.folder")

    services.check_folder(folder=folder)
    assert folder.state == "pending"
    tasks.make_folder(folder.pk)
    folder.refresh_from_db()

    assert folder.state == "ready"
    assert b.content_of(f"{folder.path}/.folder").decode() == folder.public_id


def test_a_storage_that_fails_is_tried_again_and_then_a_fault(settings, tmp_path) -> None:
    folder = services.ensure_folder(parent=None, name="Companies")
    (tmp_path / "file").write_text("no folder")
    works = settings.STORAGES
    settings.STORAGES = {
        **works,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "file"},
        },
    }

    for attempt in range(1, outbox.MAX_ATTEMPTS + 1):
        tasks.make_folder(folder.pk)
        folder.refresh_from_db()
        assert folder.attempts == attempt
        assert folder.last_error == reasons.STORAGE_SILENT
        if attempt < outbox.MAX_ATTEMPTS:
            assert folder.state == "pending"
            assert folder.next_try_at > timezone.now()
            Folder.objects.update(next_try_at=timezone.now())
    assert (folder.state, folder.next_try_at) == ("fault", None)

    settings.STORAGES = works
    services.check_folder(folder=folder)
    tasks.make_folder(folder.pk)
    folder.refresh_from_db()
    assert (folder.state, folder.last_error) == ("ready", "")


def test_checking_a_folder_mends_what_is_at_fault_above_and_below() -> None:
    request_folder = b.ready_folder("Companies/ООО «А»/Payment requests/12")
    document = b.promised(folder=request_folder)
    company_folder = Folder.objects.get(path="Companies/ООО «А»")
    neighbour = b.ready_folder("Companies/ООО «А» и сыновья")
    Folder.objects.exclude(pk=company_folder.pk).update(state="fault", next_try_at=None)
    type(document).objects.update(state="fault", next_try_at=None)

    services.check_folder(folder=company_folder)
    for pk in outbox.due(Folder, now=timezone.now()):
        tasks.make_folder(pk)
    tasks.file_document(document.pk)

    assert set(Folder.objects.filter(state="fault")) == {neighbour}
    document.refresh_from_db()
    assert document.state == "stored"

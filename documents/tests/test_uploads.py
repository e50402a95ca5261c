"""Receiving a file, and making it a document."""

import hashlib
import socket
import time
import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation

from audit.refusals import Invalid
from documents import services, storage, tasks
from documents.models import Document, DocumentKind, Upload
from documents.tests import builders as b

pytestmark = pytest.mark.django_db


def refusal(name: str, content: bytes) -> str:
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        b.received(name, content)
    assert not Upload.objects.exists()
    return str(refused.value.messages[0])


def test_an_upload_lies_in_incoming_and_its_row_knows_it() -> None:
    upload = b.received("Счёт № 643.pdf")

    assert upload.key.startswith("incoming/")
    assert b.content_of(upload.key) == b.PDF
    assert (upload.size, upload.sha256) == (len(b.PDF), hashlib.sha256(b.PDF).hexdigest())
    assert (upload.original_name, upload.content_type) == ("Счёт № 643.pdf", "application/pdf")


def test_an_empty_file_is_refused() -> None:
    assert refusal("a.pdf", b"") == "Empty."


def test_a_file_over_the_limit_is_refused(settings) -> None:
    settings.MAX_UPLOAD_MB = 1

    assert refusal("a.pdf", b.PDF + bytes(1024 * 1024)) == "Over 1 MB."


def test_a_file_of_exactly_the_limit_is_taken(settings) -> None:
    settings.MAX_UPLOAD_MB = 1

    assert b.received("a.pdf", b.PDF.ljust(1024 * 1024)).size == 1024 * 1024


def test_another_kind_than_its_name_says_is_refused() -> None:
    assert refusal("a.pdf", b.PNG) == "Its content is not PDF."


def test_a_storage_that_is_away_is_said_in_words_and_soon(settings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "endpoint_url": f"http://127.0.0.1:{port}",
                "bucket_name": "away",
                "access_key": "key",
                "secret_key": "secret",
                "region_name": "us-east-1",
            },
        },
    }
    begin = time.monotonic()

    text = refusal("a.pdf", b.PDF)

    assert text.startswith("The storage did not take the file.")
    assert time.monotonic() - begin < 15


def test_a_folder_that_cannot_be_written_is_said_in_words(settings, tmp_path) -> None:
    (tmp_path / "file").write_text("no folder")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "file"},
        },
    }

    assert refusal("a.pdf", b.PDF).startswith("The storage did not take the file")


def test_only_the_uploader_finds_an_upload() -> None:
    upload = b.received()

    assert services.find_upload(ref=str(upload.ref), user=b.person()) == upload
    assert services.find_upload(ref=str(upload.ref), user=b.person("another")) is None
    assert services.find_upload(ref=str(uuid.uuid4()), user=b.person()) is None
    assert services.find_upload(ref="no reference", user=b.person()) is None


def test_an_upload_becomes_a_document_once() -> None:
    folder = b.ready_folder()
    upload = b.received()

    document = services.add_document(
        folder=folder, upload=upload, kind=DocumentKind.INVOICE, actor=b.person(), now=b.NOW
    )

    assert document.state == "received"
    assert document.incoming_key == upload.key
    assert (document.uploaded_at, document.next_try_at) == (b.NOW, b.NOW)
    assert not Upload.objects.exists()
    with pytest.raises(Invalid):
        services.add_document(
            folder=folder, upload=upload, kind=DocumentKind.INVOICE, actor=b.person()
        )
    assert Document.objects.count() == 1


def test_the_same_form_gets_the_same_document() -> None:
    folder = b.ready_folder()
    form_key = uuid.uuid4()

    first, second = (
        services.add_document(
            folder=folder,
            upload=b.received(),
            kind=DocumentKind.OTHER,
            actor=b.person(),
            form_key=form_key,
        )
        for _time in range(2)
    )

    assert first == second


def test_the_key_of_another_folders_form_is_a_new_attempt() -> None:
    form_key = uuid.uuid4()
    folders = [b.ready_folder(name) for name in ("Companies", "Elsewhere")]

    made = [
        services.add_document(
            folder=folder,
            upload=b.received(),
            kind=DocumentKind.OTHER,
            actor=b.person(),
            form_key=form_key,
        )
        for folder in folders
    ]

    assert [document.folder for document in made] == folders


def test_a_form_that_fails_leaves_the_upload_for_the_next_time() -> None:
    folder = b.ready_folder()
    upload = b.received()

    with transaction.atomic():
        services.add_document(
            folder=folder, upload=upload, kind=DocumentKind.INVOICE, actor=b.person()
        )
        transaction.set_rollback(True)

    assert services.find_upload(ref=str(upload.ref), user=b.person()) == upload


def test_files_of_one_name_all_survive() -> None:
    folder = b.ready_folder()

    documents = [
        b.filed(name, content, folder)
        for name, content in [("Счёт.pdf", b.PDF), ("Счёт.pdf", b.PDF + b"2"), ("счёт.PDF", b.PDF)]
    ]

    assert [document.stored_name for document in documents] == [
        "Счёт.pdf",
        "Счёт (2).pdf",
        "счёт (3).PDF",
    ]
    assert [b.content_of(document.key) for document in documents] == [b.PDF, b.PDF + b"2", b.PDF]


def test_old_uploads_and_objects_without_a_row_go_and_young_ones_stay(monkeypatch) -> None:
    old, young = b.received(), b.received()
    waiting = b.promised()
    orphan = b.received()
    Upload.objects.filter(pk=orphan.pk).delete()
    tasks.clean_incoming()
    assert b.content_of(orphan.key) == b.PDF

    Upload.objects.filter(pk=old.pk).update(uploaded_at=timezone.now() - timedelta(days=2))
    Upload.objects.filter(pk=young.pk).update(uploaded_at=timezone.now() + timedelta(hours=1))
    monkeypatch.setattr(tasks, "KEPT_IN_INCOMING", timedelta(seconds=-5))
    tasks.clean_incoming()

    assert list(Upload.objects.all()) == [young]
    for key in (old.key, orphan.key):
        with pytest.raises(storage.Missing):
            b.content_of(key)
    assert b.content_of(young.key) == b.content_of(waiting.incoming_key) == b.PDF

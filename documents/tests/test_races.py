"""Eight at once: every file keeps its name, every folder its place, every form its one document."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from audit.refusals import Invalid
from documents import services, tasks
from documents.models import Document, DocumentKind, Folder
from documents.tests import builders as b

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def eight(work: Callable[[int], Any]) -> list[Any]:
    """What each of eight threads that start together got, answers and refusals alike."""
    start = threading.Barrier(8)
    results: list[Any] = [None] * 8

    def run(number: int) -> None:
        try:
            start.wait(timeout=20)
            results[number] = work(number)
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_eight_files_of_one_name_get_eight_names() -> None:
    folder = b.ready_folder()
    uploads = [b.received("Счёт.pdf") for _number in range(8)]

    eight(
        lambda number: services.add_document(
            folder=folder, upload=uploads[number], kind=DocumentKind.OTHER, actor=b.person()
        )
    )

    names = set(Document.objects.values_list("stored_name", flat=True))
    assert names == {"Счёт.pdf", *(f"Счёт ({number}).pdf" for number in range(2, 9))}


def test_one_form_sent_eight_times_makes_one_document() -> None:
    folder = b.ready_folder()
    uploads = [b.received() for _number in range(8)]
    form_key = uuid.uuid4()

    made = eight(
        lambda number: services.add_document(
            folder=folder,
            upload=uploads[number],
            kind=DocumentKind.OTHER,
            actor=b.person(),
            form_key=form_key,
        )
    )

    assert set(made) == {Document.objects.get()}


def test_one_upload_becomes_one_document() -> None:
    folder, upload = b.ready_folder(), b.received()

    made = eight(
        lambda _number: services.add_document(
            folder=folder, upload=upload, kind=DocumentKind.OTHER, actor=b.person()
        )
    )

    assert sum(isinstance(answer, Invalid) for answer in made) == 7
    assert Document.objects.count() == 1


def test_one_folder_is_promised_once() -> None:
    made = eight(lambda _number: services.ensure_folder(parent=None, name="Companies"))

    assert set(made) == {Folder.objects.get()}


def test_eight_folders_of_one_name_get_eight_places() -> None:
    made = eight(lambda _number: services.make_unique_folder(parent=None, names=["А (1)"]))

    assert len({folder.path for folder in made}) == 8


def test_eight_workers_file_one_document_once() -> None:
    document = b.promised()

    eight(lambda _number: tasks.file_document(document.pk))

    document.refresh_from_db()
    assert (document.state, document.attempts) == ("stored", 1)
    assert b.content_of(document.key) == b.PDF

"""Two schedulers, two sweepers, ten workers: each thing is done once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from approvals.models import Event
from approvals.tests import builders
from approvals.tests.builders import World
from audit.services import verify
from documents.models import Document, DocumentState, Folder, FolderState
from notifications.models import Letter, LetterState, Notice, NoticeMail
from tests.faults.rig import Rig, promised
from tests.stack.patience import until_none

WORKERS = 2
THREADS = 5
TIMES = 3
TASKS = {
    Folder: "documents.make_folder",
    Document: "documents.file_document",
    Letter: "notifications.deliver_letter",
    Notice: "notifications.deliver_notice",
}


@pytest.fixture
def crowd(rig: Rig) -> Iterator[None]:
    """Ten workers, and two schedulers whose sweepers come every second; none of them started by a wake-up."""
    beats = [rig.beat(f"beat-{number}", SWEEP_SECONDS="1") for number in range(2)]
    workers = [
        rig.another_worker(
            f"worker-{number}", "--pool=threads", WORKER_CONCURRENCY=str(THREADS), SWEEP_SECONDS="1"
        )
        for number in range(WORKERS)
    ]
    for process in (*workers, *beats):
        process.begin()
    yield
    for process in (*beats, *workers):
        process.kill()


@pytest.mark.usefixtures("crowd")
def test_two_beats_two_sweepers_ten_workers(rig: Rig, world: World) -> None:
    paid = [builders.paid(world) for _request in range(2)]
    for model, task in TASKS.items():
        for pk in model.objects.values_list("pk", flat=True):  # type: ignore[attr-defined]
            for _time in range(TIMES):
                rig.wake(task, pk)

    until_none(lambda: [row for model in TASKS for row in left(model)])

    assert {*Folder.objects.values_list("state", flat=True)} == {FolderState.READY}
    brought = Document.objects.filter(paper=None)
    assert {*brought.values_list("state", flat=True)} == {DocumentState.STORED}
    assert Event.objects.filter(kind="document.added").count() == brought.count() == 2 * len(paid)
    assert {document.key for document in brought} <= {*rig.keys()}
    letters = Letter.objects.all()
    assert [letter.state for letter in letters] == [LetterState.SENT] * len(paid)
    came = Counter(str(it.message["Message-ID"]) for it in rig.mailbox.to(world.contact.email))
    assert came == {letter.message_id: 1 for letter in letters}
    assert [letter.events.filter(kind="sent").count() for letter in letters] == [1] * len(paid)
    told = Notice.objects.filter(mail=NoticeMail.SENT).count()
    assert len(rig.mailbox.letters) == len(paid) + told
    assert verify() == []


def left(model: type) -> list[object]:
    """What is still to be done; the morning's digest comes in the morning."""
    digest = Notice.objects.filter(mail=NoticeMail.DIGEST).values_list("pk", flat=True)
    return [row for row in promised(model) if model is not Notice or row["pk"] not in digest]

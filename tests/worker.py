"""What the worker does, done by a test: every row that is due, until none is."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from approvals.models import Export
from approvals.tasks import answer_password_request, make_export
from documents.models import Document, DocumentState, Folder
from documents.tasks import file_document, make_folder, make_paper
from notifications.models import Letter, Notice, TestLetter
from notifications.tasks import deliver_letter, deliver_notice, deliver_test_letter
from outbox import services as outbox
from people.models import PasswordRequest

STEPS: list[tuple[Any, Any, dict[str, Any]]] = [
    (Folder, make_folder, {}),
    (Document, make_paper, {"state": DocumentState.MAKING}),
    (Document, file_document, {"state": DocumentState.RECEIVED}),
    (Letter, deliver_letter, {}),
    (PasswordRequest, answer_password_request, {}),
    (Notice, deliver_notice, {}),
    (Export, make_export, {}),
    (TestLetter, deliver_test_letter, {}),
]


def work() -> None:
    """Run the tasks that a wake-up or the sweeper would have run, folders first and letters last."""
    for model, task, only in STEPS:
        done: set[int] = set()
        while rows := set(outbox.due(model, now=timezone.now(), **only)) - done:
            for pk in sorted(rows):
                task(pk)
            done |= rows

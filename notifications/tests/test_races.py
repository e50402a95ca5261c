"""Two schedulers' tasks that come together: a person's morning digest is one e-mail."""

from __future__ import annotations

import threading

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from notifications import services, tasks
from notifications.models import Notice, NoticeKind, NoticeMail
from people.models import User

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_eight_tasks_send_one_digest(author: User) -> None:
    for number in range(20):
        services.notify(
            user=author,
            kind=NoticeKind.ACCEPTED,
            context={"number": number, "company": "ООО «Канцверба»"},
            digest=True,
        )
    Notice.objects.update(next_try_at=timezone.now())
    start = threading.Barrier(8)

    def run() -> None:
        try:
            start.wait(timeout=20)
            tasks.send_digest(author.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(mail.outbox) == 1
    assert not Notice.objects.exclude(mail=NoticeMail.SENT).exists()

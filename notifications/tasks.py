"""Sending what the rows promise: claim, act, finish. Running any of them twice changes nothing."""

from __future__ import annotations

from celery import shared_task

from notifications import delivery
from outbox import services as outbox


@shared_task(name="notifications.deliver_letter")
def deliver_letter(pk: int) -> None:
    """Hand one letter to the mail server, or say when to try again."""
    outcome = delivery.deliver_letter(pk)
    if outcome.wait is not None:
        outbox.wake(deliver_letter, pk, countdown=outcome.wait.total_seconds())
    if outcome.notice_id is not None:
        outbox.wake(deliver_notice, outcome.notice_id)


@shared_task(name="notifications.deliver_notice")
def deliver_notice(pk: int) -> None:
    """Hand one notice's e-mail to the mail server."""
    delivery.deliver_notice(pk)


@shared_task(name="notifications.deliver_test_letter")
def deliver_test_letter(pk: int) -> None:
    """Hand one test letter to the mail server, and write what it answered."""
    delivery.deliver_test_letter(pk)


@shared_task(name="notifications.send_digest")
def send_digest(user_pk: int) -> None:
    """One person's digest: everything of theirs that is due, in one e-mail."""
    delivery.send_digest(user_pk)


@shared_task(name="notifications.send_digests")
def send_digests() -> None:
    """Wake a digest for everybody who has one due."""
    for user_pk in delivery.users_with_digest():
        outbox.wake(send_digest, user_pk)


@shared_task(name="notifications.sweep")
def sweep() -> None:
    """Find what nobody was woken for."""
    for pk in delivery.due_letters():
        outbox.wake(deliver_letter, pk)
    for pk in delivery.due_notices():
        outbox.wake(deliver_notice, pk)
    for pk in delivery.due_test_letters():
        outbox.wake(deliver_test_letter, pk)
    send_digests()

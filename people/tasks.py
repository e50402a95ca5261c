"""What is cleared away every day."""

from __future__ import annotations

from celery import shared_task

from people.sessions import SessionStore


@shared_task(name="people.clear_sessions")
def clear_sessions() -> None:
    """Delete the sessions that have ended by themselves."""
    SessionStore.clear_expired()

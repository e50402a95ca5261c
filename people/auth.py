"""Who may log in: active people; demo log-ins (their passwords are public) only in a demo."""

from __future__ import annotations

from contextvars import ContextVar

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser

from people.models import User

# Who was read together with the row of a session, while the session's person is made out.
with_session: ContextVar[User | None] = ContextVar("with_session", default=None)


class PeopleBackend(ModelBackend):
    """Django asks this at log-in and again at every request, so an open session ends as well."""

    def get_user(self, user_id: int) -> User | None:
        """As Django does, without a query for whoever has just come with the session."""
        person = with_session.get()
        if person is None or person.pk != user_id:
            return super().get_user(user_id)
        return person if self.user_can_authenticate(person) else None

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        if getattr(user, "is_demo", False) and not settings.DEMO:
            return False
        return super().user_can_authenticate(user)

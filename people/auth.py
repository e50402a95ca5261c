"""Who may log in: active people; demo log-ins (their passwords are public) only in a demo."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser

from people.models import User


class PeopleBackend(ModelBackend):
    """Django asks this at log-in and again at every request, so an open session ends as well."""

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        if getattr(user, "is_demo", False) and not settings.DEMO:
            return False
        return super().user_can_authenticate(user)

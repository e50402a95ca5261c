"""Who asks, how long their session lasts, and the language of the page: their own when logged in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user, logout
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from people import sessions
from people.auth import with_session
from people.models import User

# How exact 'last seen' is: a session is not written at every page.
SEEN_EVERY = timedelta(minutes=5)


class PersonMiddleware(AuthenticationMiddleware):
    """Django's, where whoever logged in comes with the row of the session: one query for both.

    The person has a `page`: what was found out of them, and is not asked again while one page is made.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _person_of(request))  # type: ignore[assignment]


def _person_of(request: HttpRequest) -> User | AnonymousUser:
    kept: User | AnonymousUser | None = getattr(request, "_cached_user", None)
    if kept is None:
        request.session.get(SESSION_KEY)  # reads the row, if nobody has
        token = with_session.set(getattr(request.session, "person", None))
        try:
            kept = get_user(request)
        finally:
            with_session.reset(token)
        if isinstance(kept, User):
            kept.page = {}
        request._cached_user = kept  # type: ignore[attr-defined]
    return kept


class SessionLimitsMiddleware:
    """Ends a session a fixed time after log-in, and lets one that is used go on until then.

    Stands after PersonMiddleware. How long a session lasts unused is its cookie's age.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = timezone.now()
            started = sessions.moment_of(request.session, sessions.STARTED)
            seen = sessions.moment_of(request.session, sessions.SEEN)
            if started is None or seen is None:
                sessions.begin(request, now=now)
            elif now - started > settings.SESSION_LONGEST:
                logout(request)
            elif now - seen > SEEN_EVERY:
                request.session[sessions.SEEN] = now.isoformat()
        return self.get_response(request)


class UserLanguageMiddleware:
    """Stands after LocaleMiddleware and PersonMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)

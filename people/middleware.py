"""The language of a page, the person's own when logged in; and how long a session lasts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from people import sessions

# How exact 'last seen' is: a session is not written at every page.
SEEN_EVERY = timedelta(minutes=5)


class SessionLimitsMiddleware:
    """Ends a session a fixed time after log-in, and lets one that is used go on until then.

    Stands after AuthenticationMiddleware. How long a session lasts unused is its cookie's age.
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
    """Stands after LocaleMiddleware and AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)

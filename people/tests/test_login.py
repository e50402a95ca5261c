"""Who may log in, and in which language pages answer."""

from __future__ import annotations

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import translation

from people import services
from people.auth import PeopleBackend
from people.forms import LoginForm, OwnSettingsForm
from people.middleware import UserLanguageMiddleware
from people.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"


def person(**fields) -> User:
    return User.objects.create_user("olga", PASSWORD, full_name="Ольга Ким", **fields)


def log_in() -> object:
    request = RequestFactory().post("/login/")
    return authenticate(request, username="olga", password=PASSWORD)


def test_an_active_person_logs_in():
    assert log_in() is None
    user = person()
    assert log_in() == user


def test_an_inactive_person_does_not():
    person(is_active=False)
    assert log_in() is None


def test_a_demo_log_in_works_only_in_a_demo(settings):
    user = person(is_demo=True)
    settings.DEMO = True
    assert log_in() == user
    assert PeopleBackend().get_user(user.pk) == user
    settings.DEMO = False
    assert log_in() is None
    assert PeopleBackend().get_user(user.pk) is None  # an open session ends too


def test_the_log_in_form_says_one_thing_for_every_reason():
    person(is_active=False)
    request = RequestFactory().post("/login/")
    with translation.override("en"):
        closed = LoginForm(request, {"username": "olga", "password": PASSWORD})
        unknown = LoginForm(request, {"username": "nobody", "password": "x"})
        assert closed.errors == unknown.errors
        assert "Caps Lock" in closed.errors["__all__"][0]


def answer(user: object) -> HttpResponse:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{translation.get_language()} {request.LANGUAGE_CODE}")

    request = RequestFactory().get("/")
    request.user = user
    request.LANGUAGE_CODE = translation.get_language()
    return UserLanguageMiddleware(view)(request)


def test_pages_speak_the_persons_own_language():
    with translation.override("ru"):
        assert answer(person(language="en")).content == b"en en"


def test_visitors_keep_the_language_of_their_browser():
    with translation.override("en"):
        assert answer(AnonymousUser()).content == b"en en"


def test_own_settings_are_saved():
    user = person()
    form = OwnSettingsForm(
        {"language": "en", "email": "olga@example.org", "phone": "+7 900 000-00-00"}
    )
    assert form.is_valid()
    services.update_own_settings(actor=user, **form.cleaned_data)
    user.refresh_from_db()
    assert (user.language, user.email, user.phone) == (
        "en",
        "olga@example.org",
        "+7 900 000-00-00",
    )
    assert 'value="olga@example.org"' in str(OwnSettingsForm.of(user))


@pytest.mark.parametrize(
    ("field", "value"), [("language", "fr"), ("email", "olga"), ("phone", "1" * 41)]
)
def test_own_settings_are_checked(field, value):
    form = OwnSettingsForm({"language": "ru", "email": "", "phone": "", field: value})
    assert list(form.errors) == [field]


def test_a_name_longer_than_any_is_wrong_and_not_written_down():
    with translation.override("en"):
        form = LoginForm(RequestFactory().post("/login/"), {"username": "x" * 400, "password": "x"})
        assert "Caps Lock" in form.errors["username"][0]
    assert not AccessAttempt.objects.exists()

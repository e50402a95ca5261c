"""Bodies that are too large are refused before they are read."""

import io

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config.middleware import BodyLimitMiddleware


class Unread(io.BytesIO):
    """A body that must not be touched."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Nobody may come here."""
        raise AssertionError("the body was read")


def passed_on(request: HttpRequest) -> HttpResponse:
    """A view that was reached."""
    return HttpResponse("reached")


def post(length: str, **headers: str) -> HttpRequest:
    """A POST that says it is `length` bytes long."""
    request = RequestFactory().post("/", headers=headers)
    request.META["CONTENT_LENGTH"] = length
    return request


def test_a_body_at_the_limit_goes_on() -> None:
    limit = (settings.MAX_UPLOAD_MB + 1) * 1024 * 1024

    assert BodyLimitMiddleware(passed_on)(post(str(limit))).status_code == 200


@pytest.mark.django_db
def test_a_body_over_the_limit_is_413_and_stays_unread(client: Client) -> None:
    limit = (settings.MAX_UPLOAD_MB + 1) * 1024 * 1024

    answer = client.post(
        "/login/",
        data="",
        content_type="text/plain",
        CONTENT_LENGTH=str(limit + 1),
        **{"wsgi.input": Unread()},
    )

    assert answer.status_code == 413
    assert str(settings.MAX_UPLOAD_MB) in answer.content.decode()


@pytest.mark.django_db
def test_a_body_of_unknown_length_is_411(client: Client) -> None:
    answer = client.post(
        "/login/", headers={"Transfer-Encoding": "chunked"}, **{"wsgi.input": Unread()}
    )

    assert answer.status_code == 411

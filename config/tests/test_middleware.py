"""Bodies that are too large are refused before they are read."""

import io
import json

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config.logging import JsonFormatter
from config.middleware import BodyLimitMiddleware
from people.models import User


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


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What was logged, requests included."""
    caplog.set_level("INFO", "config.requests")
    return caplog


def test_a_request_gets_an_id_that_goes_back_and_into_the_log(
    client: Client, lines: pytest.LogCaptureFixture, db: None
) -> None:
    User.objects.create(username="somebody")  # where nobody is, the log-in leads to the first start
    answer = client.get("/login/")

    found = answer.headers["X-Request-Id"]
    assert len(found) == 32
    (line,) = [json.loads(JsonFormatter().format(record)) for record in lines.records[:1]]
    assert line.items() >= {"event": "http.request", "route": "login/", "status": 200}.items()
    assert client.get("/login/").headers["X-Request-Id"] != found


@pytest.mark.parametrize("given", ["short", "with space in it", "x" * 65, "счёт-счёт-счёт"])
def test_an_id_that_is_none_is_replaced(client: Client, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": given})["X-Request-Id"] != given


def test_a_machine_that_asks_whether_we_live_leaves_no_line(
    client: Client, lines: pytest.LogCaptureFixture
) -> None:
    client.get("/healthz")

    assert lines.records == []


def test_a_request_that_leads_nowhere_is_a_line_without_its_path(
    client: Client, lines: pytest.LogCaptureFixture, db: None
) -> None:
    client.get("/s/a-secret-token/nowhere/")

    (line,) = [JsonFormatter().format(record) for record in lines.records]
    assert json.loads(line)["status"] == 404
    assert "secret" not in line

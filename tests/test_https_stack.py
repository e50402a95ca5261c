"""The web process behind a proxy that ends TLS, with a public address of https: what it really answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.stack.processes import running
from tests.stack.program import Program, base_url, environment, release_without_story, service

# What the proxy says of a visitor.
Visit = Callable[..., httpx.Client]

HTTPS = {"Host": "pay.example.com", "X-Forwarded-Proto": "https"}
ADD = """
from people.models import User
User.objects.create_user("olga", "a long enough pass phrase", full_name="Ким Ольга Павловна")
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A web process alone, on the embedded defaults."""
    folder = tmp_path_factory.mktemp("https")
    public = {"PUBLIC_URL": "https://pay.example.com", "TRUSTED_PROXIES": "127.0.0.1"}
    env = environment(folder, DATABASE_URL="", BROKER_URL="", EMAIL_URL="", **public)
    for name in list(env):
        if name.startswith("S3_"):
            del env[name]
    release_without_story(env)
    with running(service("web", folder, env)):
        made = Program(base_url(env), data_dir=folder, env=env, logs=folder)
        made.manage("shell", "-v", "0", "-c", ADD)
        yield made


@pytest.fixture
def visitor(program: Program) -> Iterator[Callable[..., httpx.Client]]:
    """Makes visitors behind the proxy, whose addresses it says."""
    with ExitStack() as stack:

        def visit(address: str, **headers: str) -> httpx.Client:
            said = {**HTTPS, "X-Forwarded-For": address, **headers}
            return stack.enter_context(httpx.Client(base_url=program.base_url, headers=said))

        yield visit


def log_in(client: httpx.Client, username: str, password: str) -> httpx.Response:
    """Send the log-in form as a browser does."""
    page = client.get("/login/")
    # Secure cookies travel by https, which ends at the proxy.
    cookies = {cookie.name: cookie.value or "" for cookie in page.cookies.jar}
    cookies |= {cookie.name: cookie.value or "" for cookie in client.cookies.jar}
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"username": username, "password": password, "csrfmiddlewaretoken": token}
    sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = {"Origin": "https://pay.example.com", "Cookie": sent}
    return client.post("/login/", data=form, headers=headers)


def test_plain_http_is_led_to_https(program: Program) -> None:
    answer = httpx.get(f"{program.base_url}/login/", headers={"Host": "pay.example.com"})

    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://pay.example.com/login/"


def test_https_is_kept_to_for_a_year_with_all_hosts_below(visitor: Visit) -> None:
    for path in ("/login/", "/nowhere/", "/static/favicon.svg"):
        answer = visitor("198.51.100.1").get(path)
        said = answer.headers["Strict-Transport-Security"]
        assert said == "max-age=31536000; includeSubDomains", path


def test_cookies_are_for_this_host_by_https_alone(visitor: Visit) -> None:
    answer = log_in(visitor("198.51.100.2"), "olga", "a long enough pass phrase")

    assert answer.status_code == 303
    cookies = answer.headers.get_list("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} >= {"__Host-session", "__Host-csrf"}
    for cookie in cookies:
        assert cookie.startswith("__Host-"), cookie
        for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert part in cookie, cookie
        assert "Domain" not in cookie


def test_a_host_that_is_not_ours_is_refused(visitor: Visit) -> None:
    answer = visitor("198.51.100.3", Host="evil.example").get("/login/")

    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_nothing_says_which_versions_run_here(visitor: Visit) -> None:
    answer = visitor("198.51.100.4").get("/login/")

    assert not {"x-powered-by", "via"} & set(answer.headers)
    assert not any(character.isdigit() for character in answer.headers.get("Server", ""))


def test_wrong_passwords_are_counted_for_the_visitor_and_not_for_the_proxy(visitor: Visit) -> None:
    guesser = visitor("203.0.113.7")
    for _time in range(10):
        last = log_in(guesser, "olga", "wrong")

    assert last.status_code == 429
    # The right password no longer helps from there; elsewhere nothing has happened.
    assert log_in(guesser, "olga", "a long enough pass phrase").status_code == 429
    others = visitor("203.0.113.8")
    assert log_in(others, "olga", "a long enough pass phrase").status_code == 303

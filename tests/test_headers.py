"""What every answer says to the browser, over the table of every address; and where no address leads."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from approvals.tests.builders import PASSWORD, World
from people.models import User
from tests.authenticator import code, log_in, set_up
from tests.neighbour import body_of
from tests.test_access import Ask, asks, client_of, people, rows

pytestmark = pytest.mark.once

__all__ = ["asks", "people"]  # fixtures of the table

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What a page may load, and where its forms go: nothing inline, nothing from elsewhere.
PAGE = {
    "default-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'self'",
    "object-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
}
# Documents come with a policy of their own, stricter in what they may run.
DOCUMENTS = {"approvals:document", "approvals:public_document", "approvals:template_preview"}
# Addresses with a token in them, which no other site may learn.
PUBLIC = {"approvals:public", "approvals:public_document", "approvals:sheet"}


def faults_of(response: HttpResponseBase, name: str) -> list[str]:
    """What an answer ought to say and does not."""
    wrong = [
        f"{key}: {response.get(key)}"
        for key, said in EVERYWHERE.items()
        if response.get(key) != said
    ]
    policy = set(response.get("Content-Security-Policy", "").replace(" ;", ";").split("; "))
    if name in DOCUMENTS and response.status_code == 200:
        scripts = {"script-src 'none'", "sandbox"} & policy
        wrong += [] if scripts and "frame-ancestors 'self'" in policy else [f"policy: {policy}"]
    elif missing := PAGE - policy:
        wrong.append(f"policy lacks {missing}")
    if re.search(r"unsafe-(inline|eval)|\*|https?:", " ".join(policy)) and name not in DOCUMENTS:
        wrong.append(f"policy lets in too much: {policy}")
    referrer = "no-referrer" if name in PUBLIC else "same-origin"
    if response.get("Referrer-Policy") != referrer:
        wrong.append(f"Referrer-Policy: {response.get('Referrer-Policy')}")
    if "camera=()" not in response.get("Permissions-Policy", ""):
        wrong.append("no Permissions-Policy")
    kind = response.get("Content-Type", "")
    if kind.startswith("text/") and "charset=utf-8" not in kind:
        wrong.append(f"Content-Type: {kind}")
    return wrong


def cookies_of(client: Client) -> list[str]:
    """Cookies that a script, or another site, could use."""
    return [
        morsel.OutputString()
        for morsel in client.cookies.values()
        if morsel.value and not (morsel["httponly"] and morsel["samesite"] == "Lax")
    ]


def test_every_answer_says_what_a_browser_may_do_with_it(
    people: dict[str, User | None], asks: dict[tuple[str, str], Ask]
) -> None:
    faults: list[str] = []
    for role in ("anon", "author", "adm"):
        client = client_of(people[role])
        for row in rows():
            if row.method != "GET" or row.name == "metrics":
                continue
            path = reverse(row.name, args=asks.get((row.name, row.what), Ask()).args)
            response = client.get(path)
            body_of(response)
            found = faults_of(response, row.name)
            # What is made for somebody is kept by nobody; what says otherwise says it itself.
            kept = response.get("Cache-Control", "")
            if role != "anon" and not re.search("no-store|no-cache|max-age", kept):
                found.append(f"Cache-Control: {kept}")
            faults += [
                f"{role} {row.name} {row.what}: {fault}" for fault in found + cookies_of(client)
            ]

    assert faults == []


def test_pages_with_somebodys_requests_are_kept_nowhere(world: World) -> None:
    client = client_of(world.manager)

    for path in ("/", "/requests/", "/companies/", "/me/", "/tasks/"):
        assert {"private", "no-store"} <= set(client.get(path)["Cache-Control"].split(", ")), path


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413])
def test_refusals_say_it_too(world: World, status: int, settings: Settings) -> None:
    settings.MAX_UPLOAD_MB = 1
    client = client_of(world.auditor)
    big = {"name": "x" * (2 * 1024 * 1024 + 1)}
    answers: dict[int, Any] = {
        400: lambda: client.get("/", headers={"Host": "evil.example"}),
        403: lambda: client.get("/requests/new/"),
        404: lambda: client.get("/nowhere/"),
        405: lambda: client_of(world.manager).post("/requests/"),
        413: lambda: client.post("/companies/new/", big),
    }

    response = answers[status]()

    assert response.status_code == status
    assert faults_of(response, "") == []


def test_files_of_pages_say_it_too(settings: Settings) -> None:
    response = Client().get("/static/app.css")
    body_of(response)

    assert response.status_code == 200
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"


def test_no_page_of_ours_has_a_script_or_a_style_in_it() -> None:
    """The policy would stop them; in the sources they are a mistake."""
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\son[a-z]+=|\sstyle="
    )
    faults = [
        f"{path.name}: {match[0]}"
        for path in (django_settings.BASE_DIR / "templates").rglob("*.html")
        if "notifications" not in path.parts  # letters: mail programs know nothing else
        for match in [inline.search(path.read_text(encoding="utf-8"))]
        if match
    ]

    assert faults == []


def test_nothing_is_loaded_from_elsewhere() -> None:
    """Pages, their styles and their scripts name no other host's file."""
    elsewhere = re.compile(
        r"""(?:src|href|action)=["']https?://|url\(["']?https?:|@import|fetch\(["']https?:"""
    )
    folders = [django_settings.BASE_DIR / "templates", django_settings.BASE_DIR / "static"]
    faults = [
        str(path)
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in {".html", ".css", ".js"} and elsewhere.search(path.read_text("utf-8"))
    ]

    assert faults == []
    assert finders.find("mfa/js/webauthn.js")  # the library's own come from here too


# --- Where answers lead -----------------------------------------------------------------------------------

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    r"\\evil.example",
    r"/\evil.example/",
    "http:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://testserver@evil.example/",
    "https://evil.example\\@testserver/",
    "/\t/evil.example/",
    "http://localhost/",
    "\x00//evil.example",
]


def leads_away(place: str) -> bool:
    """Whether a browser that is sent here leaves this host."""
    return not re.match(r"/(?![/\\\t])", place) or bool(re.search(r"[\x00-\x1f\\]", place))


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_no_address_leads_elsewhere(world: World, elsewhere: str) -> None:
    form = {"username": "manager", "password": PASSWORD, "next": elsewhere}
    inside = log_in("manager")
    answers = {
        "log-in": Client().post("/login/", form),
        "already in": inside.get("/login/", {"next": elsewhere}),
        "language": Client().post("/i18n/", {"language": "en", "next": elsewhere}),
        "again": inside.post("/login/again/", {"password": PASSWORD, "next": elsewhere}),
        "passkey": inside.post("/login/passkey/", {"next": elsewhere}),
        "admin": Client().get("/admin/login/", {"next": elsewhere}),
    }
    phone, second = set_up(inside), Client()
    second.post("/login/", form)
    digits = {"code": code(phone.secret)}
    answers["second step"] = second.post("/login/second-factor/", digits)

    assert {name: a["Location"] for name, a in answers.items() if leads_away(a["Location"])} == {}


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "", "a b"]
)
def test_a_host_that_is_not_ours_is_refused(world: World, host: str) -> None:
    assert Client().get("/login/", headers={"Host": host}).status_code == 400


def test_a_forwarded_host_is_not_believed(world: World) -> None:
    answer = Client().get("/companies/", headers={"X-Forwarded-Host": "evil.example"})

    assert answer["Location"] == "/login/?next=/companies/"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_methods_that_nothing_uses_are_refused(world: World, method: str) -> None:
    client = client_of(world.manager)

    assert client.generic(method, "/requests/").status_code == 405
    assert client.generic(method, "/login/").status_code == 405


def test_a_form_of_another_site_is_refused(world: World) -> None:
    """CSRF: no token, another session's token, another origin."""
    client = Client(enforce_csrf_checks=True)
    client.get("/login/")
    token = client.cookies["csrftoken"].value
    form = {"username": "manager", "password": PASSWORD}

    assert client.post("/login/", form).status_code == 403
    assert client.post("/login/", {**form, "csrfmiddlewaretoken": "x" * 32}).status_code == 403
    evil = {"Origin": "https://evil.example"}
    good = {**form, "csrfmiddlewaretoken": token}
    assert client.post("/login/", good, headers=evil).status_code == 403
    assert client.post("/login/", good).status_code == 303


def test_pages_go_compressed_and_files_as_they_are(client: Client, world: World) -> None:
    client.force_login(world.accountant)
    packed = {"accept-encoding": "gzip, br"}
    page = client.get("/requests/", headers=packed)
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert gzip.decompress(page.content).rstrip().endswith(b"</html>")
    assert "Content-Encoding" not in client.get("/requests/")
    assert "Content-Encoding" not in client.get("/service-worker.js", headers=packed)

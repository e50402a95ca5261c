"""Single sign-on in a real browser, before a program that was started with a provider's address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.stack.processes import running
from tests.stack.program import Program, base_url, environment, release_without_story, service
from tests.stack.provider import Provider
from tests.visitors import visitors

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
ADD = """
from people.models import User
User.objects.create_user("olga", full_name="Ким Ольга Павловна", is_manager=True)
"""


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory, oidc_provider: Provider) -> Iterator[Program]:
    """A web process alone, on the embedded defaults."""
    folder = tmp_path_factory.mktemp("sso")
    env = environment(
        folder,
        DATABASE_URL="",
        BROKER_URL="",
        EMAIL_URL="",
        OIDC_ISSUER=oidc_provider.url,
        OIDC_CLIENT_ID="signoff",
        OIDC_CLIENT_SECRET="secret",
        OIDC_NAME="Лиственный берег",
        OIDC_ROLES="accounting=accountant",
    )
    release_without_story(env)
    with running(service("web", folder, env)):
        made = Program(base_url(env), data_dir=Path(env["DATA_DIR"]), env=env, logs=folder)
        made.manage("shell", "-v", "0", "-c", ADD)
        yield made


def test_the_button_the_provider_and_back(
    browser: Browser, program: Program, oidc_provider: Provider
) -> None:
    claims = {"preferred_username": "olga", "groups": ["accounting"]}
    oidc_provider.knows("mark-of-olga", **claims)
    with visitors(browser, program.base_url, PICTURES) as visit:
        person = visit()
        person.page.goto("/companies/")
        person.see("single-sign-on").click()
        expect(person.page).to_have_url(re.compile(re.escape(oidc_provider.url)))
        person.page.locator("input[name=sub]").fill("mark-of-olga")
        person.page.locator("input[name=sub]").press("Enter")

        expect(person.page).to_have_url(f"{program.base_url}/companies/")
        expect(person.page.locator(".usermenu .name")).to_contain_text("Ким")

        person.page.goto("/me/")
        expect(person.see("session")).to_have_count(1)

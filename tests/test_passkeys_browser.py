"""Passkeys in a real browser, whose authenticator is Chromium's virtual one, on http://localhost."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from tests.matrix import axe_faults
from tests.stack.program import FullStack
from tests.visitors import Visitor, visitors

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
PASSWORD = "a long enough pass phrase"
ADD = """
from people.models import User
User.objects.create_user("{name}", "{password}", full_name="Ключева Анна Юрьевна", is_manager=True)
"""
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def visit(browser: Browser, full_stack: FullStack) -> Iterator[Callable[..., Visitor]]:
    """Visitors of localhost: an address of numbers has no passkeys."""
    address = full_stack.base_url.replace("127.0.0.1", "localhost")
    with visitors(browser, address, PICTURES) as visit:
        yield visit


@pytest.fixture
def username(full_stack: FullStack) -> str:
    """Somebody of this test's own: a second factor would stand in the way of all others."""
    name = f"passkey-{uuid.uuid4().hex[:8]}"
    full_stack.manage("shell", "-v", "0", "-c", ADD.format(name=name, password=PASSWORD))
    return name


def device_of(visitor: Visitor) -> tuple[CDPSession, str]:
    """A device with passkeys in this browser."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session, made["authenticatorId"]


def add_passkey(visitor: Visitor, name: str) -> None:
    visitor.page.goto("/me/second-factor/passkeys/add/")
    visitor.fill(name=name)
    visitor.page.locator("#passkey-add").click()
    expect(visitor.see("recovery-code")).to_have_count(10)


def test_a_passkey_is_added_and_opens_the_log_in(
    visit: Callable[..., Visitor], username: str
) -> None:
    person = visit()
    device_of(person)
    person.log_in(username, PASSWORD)
    add_passkey(person, "Рабочий ноутбук")
    person.page.goto("/me/second-factor/")
    expect(person.see("passkey")).to_contain_text("Рабочий ноутбук")

    # Without the password: the device itself asks who it is.
    person.page.goto("/me/")
    person.page.locator("details[data-menu] summary").click()
    person.page.locator('form[action="/logout/"] button').click()
    person.page.locator("#passkey-login").click()
    expect(person.page).not_to_have_url("/login/")
    person.page.goto("/tasks/")
    expect(person.page.locator("h1")).to_be_visible()
    assert person.page.url.endswith("/tasks/")


def test_a_passkey_is_the_second_step(visit: Callable[..., Visitor], username: str) -> None:
    person = visit()
    device_of(person)
    person.log_in(username, PASSWORD)
    add_passkey(person, "")
    person.context.clear_cookies()

    person.log_in(username, PASSWORD)
    assert person.page.url.endswith("/login/second-factor/")
    assert axe_faults(person.page) == []
    person.page.locator("#passkey-authenticate").click()

    expect(person.page).not_to_have_url("/login/second-factor/")
    person.page.goto("/me/second-factor/")
    expect(person.see("passkey")).to_have_count(1)


def test_another_device_opens_nothing(visit: Callable[..., Visitor], username: str) -> None:
    person, thief = visit(), visit()
    device_of(person)
    person.log_in(username, PASSWORD)
    add_passkey(person, "Свой")

    device_of(thief)
    thief.log_in(username, PASSWORD)
    thief.page.locator("#passkey-authenticate").click()

    expect(thief.page.locator("[data-passkey-error]")).to_be_visible()
    thief.page.goto("/tasks/")
    assert "/login/" in thief.page.url


def test_an_address_of_numbers_offers_none(
    browser: Browser, full_stack: FullStack, username: str
) -> None:
    with visitors(browser, full_stack.base_url, PICTURES) as visit:
        person = visit()
        person.page.goto("/login/")
        expect(person.page.locator("#passkey-login")).to_be_hidden()
        person.log_in(username, PASSWORD)
        person.page.goto("/me/second-factor/passkeys/add/")
        expect(person.page.locator("[data-passkeys-missing]")).to_be_visible()

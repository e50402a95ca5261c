"""People with browsers of their own, before the running program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, FilePayload, Locator, expect

PATIENCE = 30_000
# A machine that is busy with other tests is slow and right all the same.
expect.set_options(timeout=15_000)
VISIBLE_SUBMIT = "button[name=action]:not([aria-hidden])"


class Visitor:
    """One person, in a browser context that nobody else shares; `username` "" has no log-in."""

    def __init__(self, browser: Browser, base_url: str, username: str = "", **options: Any) -> None:
        options = {"viewport": {"width": 1280, "height": 900}, "locale": "ru-RU", **options}
        self.context = browser.new_context(
            base_url=base_url, timezone_id="Europe/Moscow", **options
        )
        self.context.set_default_timeout(PATIENCE)
        self.username = username
        self.errors: list[str] = []
        self.page = self.context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        if username:
            self.log_in(username)

    def log_in(self, username: str, password: str = "demo") -> None:
        self.page.goto("/login/")
        self.page.locator("[name=username]").fill(username)
        self.page.locator("[name=password]").fill(password)
        self.page.locator("form:has([name=password]) button[type=submit]").click()
        expect(self.page).not_to_have_url("/login/")

    def see(self, testid: str, **data: object) -> Locator:
        """The elements with this data-testid and these data attributes."""
        wanted = "".join(
            f'[data-{name.replace("_", "-")}="{value}"]' for name, value in data.items()
        )
        return self.page.locator(f'[data-testid="{testid}"]{wanted}')

    def read(self, testid: str, name: str, **data: object) -> str:
        """A data attribute of the only such element."""
        return self.see(testid, **data).get_attribute(f"data-{name}") or ""

    def fill(self, **fields: Any) -> None:
        """Fill in fields by their names, whatever they are: text, choice, tick, file."""
        for name, value in fields.items():
            element = self.page.locator(f'[name="{name}"]:not([type=hidden])').first
            if isinstance(value, dict):
                element.set_input_files(FilePayload(**value))  # type: ignore[typeddict-item]
            elif isinstance(value, bool):
                element.set_checked(value)
            elif element.evaluate("element => element.tagName") == "SELECT":
                element.select_option(str(value))
            else:
                element.fill(str(value))

    def press(self, action: str) -> None:
        """Press the button of the form that posts to `action`, and wait for the answer."""
        self.page.locator(f'form[action="{action}"] button[type=submit]').first.click()

    def save(self, value: str) -> None:
        """Press a request's form's button: save or submit."""
        self.page.locator(f'{VISIBLE_SUBMIT}[value="{value}"]').click()

    def patiently(self, locator: Callable[[], Locator], name: str, value: str) -> None:
        """Look again until the worker has done its part."""
        for _attempt in range(60):
            if locator().count() and locator().first.get_attribute(name) == value:
                return
            self.page.wait_for_timeout(500)
            self.page.reload()
        expect(locator()).to_have_attribute(name, value)

    def _listen(self, message: ConsoleMessage) -> None:
        # An answer of 4xx is an 'error' on the console as well, and often just what the test wants.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.errors.append(message.text)


def file(name: str, content: bytes) -> dict[str, Any]:
    """A file to choose."""
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


@contextmanager
def visitors(browser: Browser, base_url: str, pictures: Path) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors. No console may hold an error at the end; after a failure each leaves a picture."""
    made: list[Visitor] = []

    def visit(username: str = "", **options: Any) -> Visitor:
        made.append(Visitor(browser, base_url, username, **options))
        return made[-1]

    try:
        yield visit
    except BaseException:
        pictures.mkdir(parents=True, exist_ok=True)
        for number, visitor in enumerate(made):
            name = f"{number}-{visitor.username or 'anonymous'}.png"
            visitor.page.screenshot(path=pictures / name, full_page=True)
        raise
    finally:
        for visitor in made:
            visitor.context.close()
    assert {visitor.username: visitor.errors for visitor in made if visitor.errors} == {}

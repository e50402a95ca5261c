"""Fixtures that stand on real servers. Tests that use them are marked by it and run on one worker."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.stack.browser import launch_options
from tests.stack.mailbox import Mailbox, mail_server
from tests.stack.program import FullStack, Program, embedded, full_stack
from tests.stack.provider import Provider, provider

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage

ROOT = Path(__file__).resolve().parents[2]
FAILURES = ROOT / "build" / "failures"


def worker_name() -> str:
    """Which worker of a parallel run this is."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session", name="full_stack")
def _full_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullStack]:
    """The demo company on PostgreSQL, Valkey, S3 and SMTP; web, worker and scheduler are processes."""
    with full_stack(tmp_path_factory.mktemp("full"), f"stack_{worker_name()}") as stack:
        yield stack


@pytest.fixture(scope="session", name="embedded_program")
def _embedded_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The demo company on the embedded defaults."""
    with embedded(tmp_path_factory.mktemp("embedded")) as program:
        yield program


@pytest.fixture(scope="session")
def smtp_server() -> Iterator[Mailbox]:
    """A mail server alone, for what sends letters inside the test's own process."""
    with mail_server() as mailbox:
        yield mailbox


@pytest.fixture(scope="session")
def oidc_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A company's single sign-on."""
    with provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


BROWSER = pytest.StashKey[tuple[Browser, ExitStack]]()


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Browser:
    """A browser without a window; the next file's tests find it still running."""
    stash = request.config.stash
    if BROWSER in stash and not stash[BROWSER][0].is_connected():
        close_browser(request.config)
    if BROWSER not in stash:
        with ExitStack() as stack:
            # Playwright's event loop lives in this thread, and Django refuses the database while it does.
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(**launch_options())
            stack.callback(browser.close)
            stash[BROWSER] = (browser, stack.pop_all())
    return stash[BROWSER][0]


def close_browser(config: pytest.Config) -> None:
    """Its process ends, and its event loop."""
    _browser, stack = config.stash[BROWSER]
    del config.stash[BROWSER]
    stack.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """End the browser before a file that has no use for it."""
    yield
    if BROWSER in item.config.stash:
        name = nextitem.path.name if nextitem else ""
        if not name.endswith(("_browser.py", "_stack.py")):
            close_browser(item.config)


@pytest.fixture
def context(browser: Browser, full_stack: FullStack) -> Iterator[BrowserContext]:
    """A visitor's browser: Russian, in Moscow, with relative addresses below the program's."""
    context = browser.new_context(
        base_url=full_stack.base_url,
        locale="ru-RU",
        timezone_id="Europe/Moscow",
        viewport={"width": 1280, "height": 900},
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab; a script's error or a policy's refusal fails the test, a failed test leaves a picture."""
    page = context.new_page()
    errors: list[str] = []

    def listen(message: "ConsoleMessage") -> None:
        # An answer of 4xx is an 'error' on the console as well, and often just what the test wants.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            errors.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    report = request.node.stash.get(REPORT, None)
    if report and report.failed:
        FAILURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=FAILURES / f"{request.node.name}.png", full_page=True)
    assert not errors, errors


REPORT = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep what became of the test itself, for the fixtures that end after it."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if report.when == "call":
        item.stash[REPORT] = report
    return report  # type: ignore[return-value]

"""The inbox in a browser: by keyboard alone, undone, several at once, on a phone; in the demo company."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.stack.program import FullStack
from tests.visitors import Visitor, visitors

pytestmark = [pytest.mark.postgres]

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
LATER = itertools.count(30, 10)  # days
PHONE = {"width": 390, "height": 844}

# Requests of the manager's, sent for approval, the last to be paid of all; prints their numbers.
SEND = """
import datetime
from decimal import Decimal
from django.utils import timezone
from approvals import services
from approvals.models import PaymentRequest
from approvals.selectors import organisation_settings
from people.models import User
manager = User.objects.get(username="manager")
like = PaymentRequest.objects.filter(author=manager, status="approved").first()
settings = organisation_settings()
settings.invoice_required = False
settings.save()
for place in range({count}):
    made = services.create_request(actor=manager, submit_at_once=True, fields=dict(
        payer=like.payer, company=like.company, bank_account=like.bank_account, contact=like.contact,
        amount=Decimal(1000 + place), currency="RUB", vat_rate="none", purpose="Оплата по договору",
        pay_by=timezone.localdate() + datetime.timedelta(days={later} + place)))
    print(made.pk)
settings.invoice_required = True
settings.save()
"""


@pytest.fixture(scope="module")
def visit(browser: Browser, full_stack: FullStack) -> Iterator[Callable[..., Visitor]]:
    with visitors(browser, full_stack.base_url, PICTURES) as made:
        yield made


@pytest.fixture(scope="module")
def supervisor(visit: Callable[..., Visitor]) -> Visitor:
    return visit("supervisor")


@pytest.fixture
def sent(full_stack: FullStack) -> Callable[[int], list[str]]:
    """Sends so many requests for approval and says their numbers; they stand last in the list."""

    def send(count: int) -> list[str]:
        code = SEND.replace("{count}", str(count)).replace("{later}", str(next(LATER)))
        return full_stack.manage("shell", "-v", "0", "-c", code).split()

    return send


def shown(visitor: Visitor) -> str:
    """The number of the request beside the list."""
    return visitor.read("task-card", "request-id")


def show(visitor: Visitor, number: str) -> None:
    """Choose a request's task in the list."""
    visitor.see("task", request_id=number).locator("h2 a").click()
    expect(visitor.see("task-card", request_id=number)).to_be_visible()
    # The card has the keys when its heading has the focus: before, its forms are not yet htmx's.
    expect(visitor.page.locator("#card-heading")).to_be_focused()


def test_by_keyboard_alone(supervisor: Visitor, sent: Callable[[int], list[str]]) -> None:
    first, second, third = sent(3)
    page, keys = supervisor.page, supervisor.page.keyboard
    page.goto("/")
    keys.press("g")
    keys.press("i")
    page.wait_for_url("/tasks/", wait_until="load")
    # Down to the first of the three: they are the last in the list.
    while shown(supervisor) != first:
        before = shown(supervisor)
        keys.press("j")
        expect(supervisor.see("task-card", request_id=before)).to_have_count(0)
    expect(page.locator("#card-heading")).to_be_focused()

    # As fast as one can type: the list counts the keys, and the last of them is shown.
    keys.press("j")
    keys.press("j")
    expect(supervisor.see("task-card", request_id=third)).to_be_visible()
    keys.press("k")
    keys.press("k")
    expect(supervisor.see("task-card", request_id=first)).to_be_visible()
    expect(page.locator("#card-heading")).to_be_focused()

    # Approved by one key; the next comes by itself, and the counter follows the list.
    waiting = supervisor.see("task").count()
    keys.press("a")
    expect(supervisor.see("task-card", request_id=second)).to_be_visible()
    expect(page.locator("#card-heading")).to_be_focused()
    expect(supervisor.see("task")).to_have_count(waiting - 1)
    expect(supervisor.see("menu-tasks")).to_have_text(str(waiting - 1))
    expect(supervisor.see("inbox-count")).to_have_text(str(waiting - 1))

    # A reason is asked for, and no key fires while one types it.
    keys.press("r")
    keys.type("ajkrd? нет сметы")
    expect(page.locator("dialog[open]")).to_have_count(0)
    keys.press("Control+Enter")
    expect(supervisor.see("task-card", request_id=third)).to_be_visible()

    # A question that was opened by mistake goes by Escape, and nothing is decided.
    keys.press("d")
    keys.press("Escape")
    expect(page.locator("details.ask[open]")).to_have_count(0)
    keys.press("k")
    expect(supervisor.see("task-card", request_id=third)).to_have_count(0)

    # The sheet of keys; with the switch off no key does anything.
    keys.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.locator("[data-keys-on]").uncheck()
    keys.press("Escape")
    keys.press("j")
    expect(supervisor.see("task-card", request_id=third)).to_have_count(0)
    page.locator(".inbox-head [data-open-keys]").click()
    page.locator("[data-keys-on]").check()
    keys.press("Escape")

    page.goto(f"/requests/{second}/")
    expect(supervisor.see("request-status")).to_have_attribute("data-round", "2")


def test_keys_go_by_the_list_while_a_card_is_on_its_way(
    supervisor: Visitor, sent: Callable[[int], list[str]]
) -> None:
    first, second, third = sent(3)
    page, keys = supervisor.page, supervisor.page.keyboard
    page.goto("/tasks/")
    show(supervisor, third)
    tasks = {
        number: supervisor.read("task", "task-id", request_id=number) for number in (first, second)
    }
    held: list[Route] = []
    page.route(re.compile(rf"/tasks/.*task={tasks[second]}\b"), lambda route: held.append(route))

    # The second's card is awaited: the third's is still there, and no key decides it.
    keys.press("k")
    expect(supervisor.see("task", request_id=second)).to_have_class(re.compile("is-chosen"))
    keys.press("a")
    keys.press("r")
    expect(page.locator("details.ask[open]")).to_have_count(0)
    expect(supervisor.see("task-card", request_id=third)).to_be_visible()

    # The next key counts from the second, and what arrives for the second comes too late.
    keys.press("k")
    expect(supervisor.see("task-card", request_id=first)).to_be_visible()
    expect(page.locator("#card-heading")).to_be_focused()
    for number in (first, second, third):
        expect(supervisor.see("task", request_id=number)).to_have_count(1)
    for route in held:
        route.abort()
    page.unroute_all()


def test_undo_and_the_way_back(supervisor: Visitor, sent: Callable[[int], list[str]]) -> None:
    first, second = sent(2)
    page = supervisor.page
    page.goto("/tasks/")
    show(supervisor, second)
    show(supervisor, first)
    page.go_back()
    expect(supervisor.see("task-card", request_id=second)).to_be_visible()
    page.go_forward()
    expect(supervisor.see("task-card", request_id=first)).to_be_visible()

    undo = supervisor.see("undo", task_id=supervisor.read("task-card", "task-id"))
    page.keyboard.press("a")
    expect(undo).to_be_visible()
    expect(supervisor.see("task", request_id=first)).to_have_count(0)
    page.keyboard.press("u")
    expect(supervisor.see("task-card", request_id=first)).to_be_visible()
    expect(undo).to_have_count(0)

    # The offer goes by itself when its time is over.
    page.keyboard.press("a")
    expect(undo).to_be_visible()
    expect(undo).to_have_count(0, timeout=15_000)
    page.goto(f"/requests/{first}/")
    kinds = supervisor.see("event").evaluate_all("all => all.map((it) => it.dataset.kind)")
    assert kinds[:3] == ["request.approved", "decision.undone", "request.approved"]


def test_several_at_once_with_one_refused(
    supervisor: Visitor, visit: Callable[..., Visitor], sent: Callable[[int], list[str]]
) -> None:
    numbers = sent(3)
    page = supervisor.page
    page.goto("/tasks/")
    tasks = [supervisor.read("task", "task-id", request_id=number) for number in numbers]
    for number in numbers:
        supervisor.see("task", request_id=number).locator("[name=task]").check()
    expect(page.locator("[data-ticked]")).to_have_text("3")
    expect(page.locator("[data-ticked-sum]")).to_have_text("3 003,00 ₽")
    manager = visit("manager")
    manager.page.goto(f"/requests/{numbers[1]}/")
    manager.page.locator("details:has(form[action$='/withdraw/']) summary").click()
    manager.press(f"/requests/{numbers[1]}/withdraw/")
    expect(manager.see("request-status")).to_have_attribute("data-status", "draft")

    page.locator("#bulk button[type=submit]").click()

    for task, offered in zip(tasks, (1, 0, 1), strict=True):
        expect(supervisor.see("undo", task_id=task)).to_have_count(offered)
    told = page.locator(".inbox-said .note-warning")
    expect(told).to_have_count(1)
    expect(told).to_contain_text(f"№ {numbers[1]}")
    expect(told).to_contain_text("Отозвано автором")
    for number in numbers:
        expect(supervisor.see("task", request_id=number)).to_have_count(0)


def test_remarks_with_a_mention(supervisor: Visitor, sent: Callable[[int], list[str]]) -> None:
    [number] = sent(1)
    page, keys = supervisor.page, supervisor.page.keyboard
    page.goto("/tasks/")
    show(supervisor, number)
    keys.press("m")
    keys.type("Есть договор, @Крав")
    expect(page.locator("#mention-list [role=option]")).to_have_count(1)
    keys.press("Enter")
    keys.type("?")
    keys.press("Control+Enter")

    expect(supervisor.see("comment")).to_have_count(1)
    expect(page.locator(".mention")).to_have_text("@Кравцова А. С.")
    expect(page.locator("#remark")).to_be_focused()


def test_on_a_phone_one_after_the_other(
    visit: Callable[..., Visitor], sent: Callable[[int], list[str]]
) -> None:
    first, second = sent(2)
    phone = visit("supervisor", viewport=PHONE, has_touch=True)
    page = phone.page
    page.goto("/tasks/")
    expect(phone.see("task-card")).to_be_hidden()
    phone.see("task", request_id=first).locator("h2 a").tap()
    expect(phone.see("task-card", request_id=first)).to_be_visible()
    expect(phone.see("task", request_id=second)).to_be_hidden()
    approve = page.locator("[data-decide=approve] button")
    box = approve.bounding_box()
    assert box is not None
    # In the lower half, above the menu, and large enough for a thumb.
    assert box["y"] > PHONE["height"] / 2
    assert box["height"] >= 44

    task = phone.read("task-card", "task-id")
    approve.tap()
    expect(phone.see("task-card", request_id=second)).to_be_visible()
    phone.see("undo", task_id=task).locator("button").tap()
    expect(phone.see("task-card", request_id=first)).to_be_visible()
    page.locator(".to-list").tap()
    expect(phone.see("task", request_id=second)).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]


def test_without_scripts(
    browser: Browser, full_stack: FullStack, sent: Callable[[int], list[str]]
) -> None:
    first, second = sent(2)
    with visitors(browser, full_stack.base_url, PICTURES) as made:
        plain = made("supervisor", java_script_enabled=False)
        plain.page.goto("/tasks/")
        plain.see("task", request_id=first).locator("h2 a").click()
        expect(plain.see("task-card", request_id=first)).to_be_visible()
        task = plain.read("task-card", "task-id")
        plain.page.locator("[data-decide=approve] button").click()
        expect(plain.see("task-card", request_id=second)).to_be_visible()
        plain.see("undo", task_id=task).locator("button").click()
        expect(plain.see("task-card", request_id=first)).to_be_visible()


def test_a_lost_connection_is_told(supervisor: Visitor, sent: Callable[[int], list[str]]) -> None:
    [number] = sent(1)
    page = supervisor.page
    page.goto("/tasks/")
    show(supervisor, number)
    supervisor.context.set_offline(True)
    page.keyboard.press("a")

    expect(page.locator("[data-offline-note]")).to_have_attribute("role", "alert")
    supervisor.context.set_offline(False)
    expect(page.locator("[data-decide=approve] button")).to_be_enabled()
    task = supervisor.read("task-card", "task-id")
    page.keyboard.press("a")
    expect(supervisor.see("undo", task_id=task)).to_have_count(1)
    supervisor.errors.clear()


def test_the_paper_is_shown_where_the_browser_has_a_viewer(visit: Callable[..., Visitor]) -> None:
    """Headless browsers have none: what says so is set here, and the frame is what a page would show."""
    director = visit("director")
    director.page.add_init_script(
        "Object.defineProperty(navigator, 'pdfViewerEnabled', { get: () => true })"
    )
    director.page.goto("/tasks/")

    frame = director.page.locator("[data-paper-frame] iframe")
    expect(frame).to_have_attribute("src", re.compile(r"/documents/\d+/#view=FitH$"))

"""Every page for everybody: what axe finds serious, pages wider than a phone, policies that a page breaks.

At desk and phone width, light and dark, on the demo company's data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.stack.program import FullStack
from tests.visitors import Visitor, visitors

PICTURES = Path(__file__).resolve().parents[1] / "build" / "failures"
DESK, PHONE, NARROWEST = ((1280, 900), (390, 844), (360, 740))
BAD = {"serious", "critical"}

# Who looks at what. `{draft}` and the like are numbers of the first request of that status in the registry.
PAGES = {
    "login": ("", "/login/"),
    "password-forgotten": ("", "/password/forgotten/"),
    "password-sent": ("", "/password/forgotten/sent/"),
    "invitation": ("", "/invite/{invitation}/"),
    "invitation-unknown": ("", "/invite/none/"),
    "dashboard": ("accountant", "/"),
    "dashboard-manager": ("manager", "/"),
    "registry": ("director", "/requests/"),
    "registry-filtered": ("director", "/requests/?status=paid&q=аренду"),
    "registry-preview": ("accountant", "/requests/?status=approved&show={approved}"),
    "registry-totals": ("director", "/requests/totals/?status=paid"),
    "registry-nothing": ("director", "/requests/?q=ничего-такого"),
    "exports": ("accountant", "/exports/"),
    "search": ("director", "/search/?q=счёт"),
    "search-nothing": ("director", "/search/?q=ничего-такого"),
    "search-bare": ("manager", "/search/"),
    "board": ("accountant", "/board/"),
    "board-mine": ("manager2", "/board/?mine=on"),
    "board-move": ("supervisor", "/board/{on_approval}/move/"),
    "calendar": ("accountant", "/calendar/"),
    "calendar-day": ("accountant", "/calendar/?week={today}&day={today}"),
    "form": ("manager", "/requests/new/"),
    "form-several": ("manager", "/requests/several/"),
    "form-edit": ("manager2", "/requests/{draft}/edit/"),
    "card-draft": ("manager2", "/requests/{draft}/"),
    "card-task": ("supervisor", "/requests/{on_approval}/"),
    "card-to-pay": ("accountant", "/requests/{approved}/"),
    "order-form": ("accountant", "/requests/{approved}/orders/new/"),
    "card-paid": ("accountant", "/requests/{paid}/"),
    "card-refused": ("director", "/requests/{refused}/"),
    "tasks": ("supervisor", "/tasks/"),
    "tasks-chosen": ("supervisor", "/tasks/?task={task}"),
    "tasks-decided": ("supervisor", "/tasks/?tab=decided"),
    "tasks-none": ("accountant", "/tasks/"),
    "companies": ("manager", "/companies/"),
    "company": ("accountant", "/companies/{company}/"),
    "company-contacts": ("accountant", "/companies/{company}/?tab=contacts"),
    "company-requests": ("accountant", "/companies/{company}/?tab=requests"),
    "company-documents": ("accountant", "/companies/{company}/?tab=documents"),
    "company-letters": ("accountant", "/companies/{company}/?tab=letters"),
    "company-history": ("accountant", "/companies/{company}/?tab=history"),
    "company-form": ("manager", "/companies/new/"),
    "account-form": ("manager", "/companies/{company}/accounts/new/"),
    "contact-form": ("manager", "/companies/{company}/contacts/new/"),
    "registers": ("accountant", "/registers/"),
    "register": ("accountant", "/registers/{register}/"),
    "contact": ("accountant", "/contacts/{contact}/"),
    "notices": ("manager", "/notices/"),
    "letter": ("accountant", "/letters/{letter}/"),
    "me": ("auditor", "/me/"),
    "settings": ("admin", "/settings/"),
    "how-we-work": ("admin", "/settings/organisation/"),
    "checks": ("admin", "/settings/checks/"),
    "organisations": ("admin", "/settings/organisations/"),
    "categories": ("admin", "/settings/categories/"),
    "people": ("admin", "/settings/people/?state=all"),
    "person-invite": ("admin", "/settings/people/invite/"),
    "person": ("admin", "/settings/people/{supervisor}/"),
    "person-close": ("admin", "/settings/people/{supervisor}/close/"),
    "departments": ("admin", "/settings/departments/"),
    "department": ("admin", "/settings/departments/{department}/"),
    "templates": ("admin", "/settings/templates/"),
    "template": ("admin", "/settings/templates/approval_sheet/"),
    "second-factor": ("auditor", "/me/second-factor/"),
    "second-factor-application": ("auditor", "/me/second-factor/application/"),
    "second-factor-passkey": ("auditor", "/me/second-factor/passkeys/add/"),
    "second-factor-reset": ("admin", "/people/1/second-factor/reset/"),
    "not-there": ("manager", "/requests/987654/"),
    "forbidden": ("auditor", "/requests/new/"),
    "public": ("", "/s/{token}/"),
    "public-unknown": ("", "/s/none/"),
    "sheet": ("", "/sheets/{sheet}/"),
    "sheet-unknown": ("", "/sheets/none/"),
}

LETTER = """
from documents.models import Paper
from documents.printing import token_for as sheet_token
from documents.services import token_for
from notifications.models import Letter
from people import entry
from people.models import Department, User
admin = User.objects.get(username="admin")
nothing = {"roles": [], "department": None, "supervisor": None, "language": "ru"}
invited = entry.invite(actor=admin, email="guest@other.example", full_name="Guest", **nothing)
letter = Letter.objects.filter(state="sent").latest("pk")
contact = letter.contact
print(letter.request_letter.payment_request_id, letter.pk, contact.pk, contact.company_id,
      token_for(letter.share_link), sheet_token(Paper.objects.filter(template="approval_sheet").latest("pk")),
      User.objects.get(username="supervisor").pk, Department.objects.latest("pk").pk,
      entry.token_of(invited))
"""

AXE = Axe().axe_script
# A rule with an impact of its own finds nothing of another one: those that find nothing bad need not look.
RUN_AXE = """([options, bad]) => {
    const idle = axe._audit.rules.filter((rule) => rule.impact && !bad.includes(rule.impact));
    options.rules = Object.fromEntries(idle.map((rule) => [rule.id, { enabled: false }]));
    return axe.run(document, options).then((results) => results.violations);
}"""

# A button half way to its colour of the other scheme has contrast with nothing.
SETTLE = "() => document.getAnimations().forEach((animation) => animation.finish())"

OVERFLOW = """() => {
    const limit = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= limit) return [];
    return [...document.querySelectorAll("body *")]
        .filter((element) => element.getBoundingClientRect().right > limit + 1)
        .slice(0, 5)
        .map((element) => element.outerHTML.slice(0, 120));
}"""


@pytest.fixture(scope="module")
def look(browser: Browser, full_stack: FullStack) -> Iterator[Callable[[str], Visitor]]:
    """Visitors by log-in name, each logged in once."""
    known: dict[str, Visitor] = {}
    with visitors(browser, full_stack.base_url, PICTURES) as visit:

        def by(username: str) -> Visitor:
            if username not in known:
                known[username] = visit(username)
            return known[username]

        yield by


@pytest.fixture(scope="module")
def keys(look: Callable[[str], Visitor], full_stack: FullStack) -> dict[str, str]:
    """What the addresses' placeholders stand for."""
    names = (
        *("paid", "letter", "contact", "company", "token", "sheet"),
        *("supervisor", "department", "invitation"),
    )
    printed = full_stack.manage("shell", "-v", "0", "-c", LETTER).split()
    found = dict(zip(names, printed, strict=True))
    for username, status in (
        ("manager2", "draft"),
        ("supervisor", "on_approval"),
        ("accountant", "approved"),
        ("director", "refused"),
    ):
        visitor = look(username)
        visitor.page.goto(f"/requests/?status={status}&sort=-number")
        found[status] = visitor.see("registry-row").first.get_attribute("data-pk") or ""
    accountant = look("accountant")
    accountant.page.goto("/registers/")
    found["register"] = accountant.see("register-day").first.get_attribute("data-day") or ""
    accountant.page.goto(f"/registers/{found['register']}/")
    accountant.see("draw-up").click()
    expect(accountant.see("paper")).not_to_have_count(0)
    look("supervisor").page.goto("/tasks/")
    found["task"] = look("supervisor").see("task").last.get_attribute("data-task-id") or ""
    return found


def faults_of(page: Page, *rules: str) -> list[str]:
    """What axe finds serious or critical: the rule, and where."""
    page.evaluate(SETTLE)
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(RUN_AXE, [options, sorted(BAD)])
    return [
        f"{fault['id']}: {node['html'][:160]}"
        for fault in found
        if fault["impact"] in BAD
        for node in fault["nodes"][:3]
    ]


def faults_at_every_width(visitor: Visitor) -> list[str]:
    """Of the page that is shown."""
    page, faults = visitor.page, []
    for width, height in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="light")
        faults += [f"{width} light {fault}" for fault in faults_of(page)]
        page.emulate_media(color_scheme="dark")
        faults += [f"{width} dark {fault}" for fault in faults_of(page, "color-contrast")]
    page.set_viewport_size({"width": NARROWEST[0], "height": NARROWEST[1]})
    faults += [f"wider than 360: {element}" for element in page.evaluate(OVERFLOW)]
    return faults + visitor.errors


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(
    name: str, look: Callable[[str], Visitor], keys: dict[str, str]
) -> None:
    username, path = PAGES[name]
    visitor = look(username)
    visitor.errors.clear()

    visitor.page.goto(path.format(today=timezone.localdate(), **keys))

    assert visitor.page.url.endswith("/login/") == (name == "login")
    assert faults_at_every_width(visitor) == []


def test_a_form_that_came_back_is_for_everybody(look: Callable[[str], Visitor]) -> None:
    visitor = look("manager")
    visitor.errors.clear()
    visitor.page.goto("/requests/new/")

    visitor.save("submit")

    expect(visitor.page.locator("[aria-invalid=true]")).not_to_have_count(0)
    assert faults_at_every_width(visitor) == []


@pytest.mark.parametrize("inn", ["6699504046", "7799501019", "7799301011"])
def test_what_a_look_up_brought_is_for_everybody(inn: str, look: Callable[[str], Visitor]) -> None:
    """Of the demo's register: somebody in trouble, one with branches, a number with a mistake."""
    visitor = look("manager")
    visitor.errors.clear()
    visitor.page.goto("/companies/new/")
    visitor.fill(inn=inn, name="Другое имя")

    visitor.page.locator("[data-lookup]").click()

    expect(visitor.page.locator("#lookup > *")).not_to_have_count(0)
    assert faults_at_every_width(visitor) == []

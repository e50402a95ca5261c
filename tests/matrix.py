"""What is looked at on a page that a browser shows: the faults, each as a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polib
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, Response

from tests.visitors import Visitor

ROOT = Path(__file__).resolve().parents[1]
TEXTS = ROOT / "locale" / "ru" / "LC_MESSAGES" / "django.po"
# What is written there is kept in the language of whom it is for: names of files, purposes, letters, papers.
DATA = (
    *("approvals/papers/", "approvals/purpose.py", "documents/names.py", "demo/", "notifications/"),
    *("templates/notifications/", "templates/papers/"),
)
FILES = (".pdf", ".xlsx")
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
# A shift is how far how much of the window moved: 0.1 is where Web Vitals begin to complain.
MOST_SHIFT = 0.05
AXE = Axe().axe_script
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = "(options) => axe.run(document, options).then((results) => results.violations)"

# A button half way to its colour of the other scheme has contrast with nothing.
SETTLE = "() => document.getAnimations().forEach((animation) => animation.finish())"

# In every page before its own scripts. A shift within half a second of a press is an answer to it.
WATCH_SHIFTS = """
window.shifts = [];
window.noteShifts = (entries) => {
    for (const entry of entries) {
        if (entry.hadRecentInput) continue;
        const what = entry.sources.map(({ node }) => (node?.outerHTML || node?.data || "").slice(0, 80));
        window.shifts.push([entry.value, what.slice(0, 3)]);
    }
};
window.shiftWatcher = new PerformanceObserver((list) => window.noteShifts(list.getEntries()));
window.shiftWatcher.observe({ type: "layout-shift", buffered: true });
"""

# Type and pictures are there, and two frames have been painted since.
AT_REST = """async () => {
    await document.fonts.ready;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""

SHIFTS = """() => {
    window.noteShifts(window.shiftWatcher.takeRecords());
    return window.shifts;
}"""

OVERFLOW = """() => {
    const limit = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= limit) return [];
    return [...document.querySelectorAll("body *")]
        .filter((element) => element.getBoundingClientRect().right > limit + 1)
        .slice(0, 5)
        .map((element) => element.outerHTML.slice(0, 120));
}"""

# What is written on the page, seen or read out; a part that says its own language is that language's.
WRITTEN = """() => {
    const found = new Set([document.title]);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        const others = parent.closest("script, style, textarea, code, pre, [lang]:not(html), [translate=no]");
        if (!others) found.add(walker.currentNode.data);
    }
    for (const name of ["aria-label", "title", "alt", "placeholder"]) {
        for (const element of document.querySelectorAll(`[${name}]`)) found.add(element.getAttribute(name));
    }
    return [...found].map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""


class Watch:
    """What a visitor's page asks for and is answered, until the next page is watched."""

    def __init__(self, visitor: Visitor, host: str) -> None:
        self.visitor, self.host = visitor, host
        self.faults: list[str] = []
        visitor.page.add_init_script(WATCH_SHIFTS)
        visitor.page.on("request", self._asked)
        visitor.page.on("response", self._answered)

    def clear(self) -> None:
        """Forget, for the next page."""
        self.faults.clear()
        self.visitor.errors.clear()

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != self.host:
            self.faults.append(f"asks another host: {request.url}")

    def _answered(self, response: Response) -> None:
        # 422 is what a form is told that a script sends.
        asked_by = response.request.resource_type
        if response.status >= 400 and asked_by != "document" and response.status != 422:
            self.faults.append(f"{response.status} for {response.url}")


def faults_of(watch: Watch, language: str) -> list[str]:
    """All that is wrong with the page that is shown."""
    page = watch.visitor.page
    page.evaluate(AT_REST)
    shifts = page.evaluate(SHIFTS)
    return [
        *(f"wider than the window: {element}" for element in page.evaluate(OVERFLOW)),
        *(shift_faults(shifts)),
        *axe_faults(page),
        *untranslated(page, language),
        *watch.faults,
        # Our own watcher is refused where no script may run, which is as it should be.
        *(
            error
            for error in watch.visitor.errors
            if not error.startswith("Blocked script execution")
        ),
    ]


def axe_faults(page: Page) -> list[str]:
    """What axe finds of any impact: the rule, and where."""
    page.evaluate(SETTLE)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    options: dict[str, Any] = {"resultTypes": ["violations"], "runOnly": RULES}
    return [
        f"{fault['id']}: {node['html'][:160]}"
        for fault in page.evaluate(RUN_AXE, options)
        for node in fault["nodes"][:3]
    ]


def shift_faults(shifts: Sequence[tuple[float, list[str]]]) -> list[str]:
    """Whether what was there moved while the page came to be."""
    total = sum(value for value, _ in shifts)
    return [f"shifts by {total:.3f}: {shifts}"] if total > MOST_SHIFT else []


def untranslated(page: Page, language: str) -> list[str]:
    """Texts of the other language, and what the page says it is."""
    said = page.locator("html").get_attribute("lang")
    faults = [] if said == language else [f"says that it is {said}, not {language}"]
    plain, pattern = others(language)
    return faults + [
        f"not in {language}: {text}"
        for text in page.evaluate(WRITTEN)
        if (text in plain or pattern.fullmatch(text)) and not text.endswith(FILES)
    ]


@cache
def others(language: str) -> tuple[frozenset[str], re.Pattern[str]]:
    """The product's texts that are no texts of this language: as they stand, and those with gaps."""
    entries = [
        entry
        for entry in polib.pofile(str(TEXTS))
        if not all(path.startswith(DATA) for path, _line in entry.occurrences)
    ]
    pairs = [pair for entry in entries for pair in _pairs(entry)]
    if language == "en":
        pairs = [(theirs, ours) for ours, theirs in pairs]
        wrong = {shown(bad) for bad, _good in pairs if CYRILLIC.search(bad)}
    else:
        wrong = {shown(bad) for bad, _good in pairs}
    right = {shown(good) for _bad, good in pairs}
    wrong -= right
    gaps = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
    plain = frozenset(text for text in wrong if not gaps.search(text))
    with_gaps = (
        ".+".join(re.escape(part) for part in gaps.split(text))
        for text in wrong
        if gaps.search(text) and len(re.sub(r"\W", "", gaps.sub("", text))) > 5
    )
    return plain, re.compile("|".join(with_gaps) or "(?!)")


def shown(text: str) -> str:
    """As it stands on a page."""
    return re.sub(r"\s+", " ", text).strip()


def _pairs(entry: polib.POEntry) -> Iterable[tuple[str, str]]:
    """English and Russian; of a plural, every form with every other."""
    if entry.msgid_plural:
        for russian in entry.msgstr_plural.values():
            yield entry.msgid, russian
            yield entry.msgid_plural, russian
    else:
        yield entry.msgid, entry.msgstr

"""What somebody sends who means no good, and the forms and links of a page to send it by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import strategies as st

from tests.html import parse

# Markup that shows in a page only when somebody forgot to escape it. As an element and out of an attribute.
MARK = "i7x"
MARKUP = [
    f"<{MARK} onload=alert(1)>",
    f"\"'><{MARK} onerror=alert(1)>",
    f"</script><{MARK}>",
    f"</textarea></select></title><{MARK}>",
    f"<!--<{MARK}>-->",
    f"javascript:alert('<{MARK}>')",
]
TEMPLATES = [
    "{{7*7}}",
    "{% debug %}",
    "${7*7}",
    "#{7*7}",
    "%(password)s",
    "%s%n%x",
    "{0.__class__}",
]
INJECTIONS = [
    "'",
    '"',
    "' OR '1'='1' --",
    "1); DROP TABLE people_user; --",
    "$(id)",
    "`id`",
    "|id",
    "=cmd|' /C calc'!A0",
    "\r\nSet-Cookie: stolen=1",
    "a\nBcc: everybody@evil.example",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "file:///etc/passwd",
    "http://169.254.169.254/",
]
LETTERS = [
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "\u202egnp.exe",
    "\u200b",
    "\ufeff",
    "\u2028",
    "e\u0301" * 40,
    "\u0301" * 300,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U000e0001",
    "\uffff",
    "İı",
    "ﬃ",
    " ",
    "\t\r\n",
]
NUMBERS = [
    "0",
    "-1",
    "1",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 400,
    "1e309",
    "1e-400",
    "NaN",
    "Infinity",
    "-0",
    "0x10",
    "1_000",
    "٣",
    "½",
    "１２３",
    "1" * 15 + ".99",
    "0.005",
]
DAYS = [
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "2026-02-30",
    "2026-13-01",
    "0000-00-00",
    "1900-01-01T00:00:00Z",
    "2026-W01",
    "2026-11",
    "-2026-01-01",
]
SHAPES = [
    "",
    "null",
    "true",
    "[]",
    "{}",
    '{"a": 1}',
    "a,b",
    "a;b",
    "__all__",
    "__class__",
    "on",
    "x" * 5_000,
]
HOSTILE = [*MARKUP, *TEMPLATES, *INJECTIONS, *LETTERS, *NUMBERS, *DAYS, *SHAPES]

# Columns that a careless form would take.
NO_FIELDS = ["author", "status", "is_administrator", "pk", "id", "user", "paid_amount", "x[]"]

KEYS = [0, 2**31, 2**63 - 1, 2**63, 10**30]
TEXTS = ["x", "%00", "..%2f..", "a" * 2_000, "\U0001f600", "'", "<i7x>", "-", ".", "%", "%ff"]

HEADERS: dict[str, list[str]] = {
    "Accept-Language": ["", "xx-XX", "ru;q=nan", "*" * 500, "../../etc"],
    "User-Agent": ["", "x" * 9_000, f"<{MARK}>"],
    "Range": [
        "bytes=",
        "bytes=9-1",
        "bytes=-",
        "bytes=0-" + "9" * 30,
        "bytes=1-2,3-4",
        "lines=1-2",
    ],
    "If-None-Match": ['"', "*", 'W/"x"', ","],
    "If-Range": ["x", '"'],
    "HX-Request": ["true", "false", f"<{MARK}>"],
    "HX-Current-URL": ["javascript:1", f"https://evil.example/<{MARK}>", "//[", "\u00e9"],
    "Referer": ["https://evil.example/", "//[", f"javascript:<{MARK}>"],
    "X-Forwarded-For": ["' OR 1=1", "999.999.999.999", "::1"],
    "X-Request-Id": ["x", "../../../x", "a" * 300],
    "Sec-Fetch-Site": ["cross-site", "none", ""],
    "Accept": ["application/json", "*/*;q=x", ""],
    "Cookie": [
        "sessionid=" + "x" * 500,
        "sessionid=%00; csrftoken=%00",
        "django_language=../../x",
        "=;;=,",
    ],
}


@dataclass
class Target:
    """An address of the product, and the fields that pages send there."""

    name: str
    path: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


def values() -> st.SearchStrategy[str]:
    """One value: known to hurt somewhere, or anything at all."""
    known = st.sampled_from(HOSTILE)
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    numbers = st.integers().map(str)
    return st.one_of(known, known, anything, numbers)


@st.composite
def forms(draw: st.DrawFn, fields: Mapping[str, str]) -> dict[str, Any]:
    """A form that a page would send, spoilt here and there: values, twice, missing, of no form's."""
    names = sorted(fields)
    form: dict[str, Any] = dict(fields)
    for name in draw(st.lists(st.sampled_from(names), max_size=4, unique=True)) if names else []:
        form[name] = draw(values())
    if names and draw(st.booleans()):
        form.pop(draw(st.sampled_from(names)), None)
    if names and draw(st.integers(0, 3)) == 0:
        form[draw(st.sampled_from(names))] = [draw(values()), draw(values())]
    if draw(st.integers(0, 5)) == 0:
        form[
            draw(
                st.sampled_from(["author", "status", "is_administrator", "pk", "id", "user", "x[]"])
            )
        ] = draw(values())
    return form


def headers() -> st.SearchStrategy[dict[str, str]]:
    """None mostly; sometimes one of those that we, or a library, read."""
    one = st.sampled_from(sorted(HEADERS)).flatmap(
        lambda name: st.sampled_from(HEADERS[name]).map(lambda value: {name: value})
    )
    return st.one_of(st.just({}), st.just({}), one)


@dataclass
class Page:
    """What a page sends where: (method, path) -> fields as they stand there."""

    sends: list[tuple[str, str, dict[str, str]]]


def read(html: str, path: str) -> Page:
    """The forms and the links of a page."""
    root = parse(html)
    sends: list[tuple[str, str, dict[str, str]]] = []
    outside: dict[str, list[Any]] = {}
    for element in root.iter():
        if element.get("form") and element.get("name"):
            outside.setdefault(element.attrib["form"], []).append(element)
    for form in root.iter("form"):
        fields = [*form.iter(), *outside.get(form.get("id", ""), [])]
        sent = _fields(fields)
        method = form.get("method", "get").upper()
        if method == "DIALOG":
            continue
        sends.append((method, urlsplit(form.get("action") or path).path, sent))
        # Buttons may send the form elsewhere.
        for element in fields:
            if element.get("formaction"):
                sends.append((method, urlsplit(element.attrib["formaction"]).path, sent))
    for element in root.iter():
        for name, method in (("href", "GET"), ("hx-get", "GET"), ("hx-post", "POST")):
            parts = urlsplit(element.get(name, ""))
            if parts.path.startswith("/") and not parts.netloc:
                sends.append(
                    (method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))
                )
            elif parts.query and not parts.path:
                sends.append((method, path, dict(parse_qsl(parts.query, keep_blank_values=True))))
    return Page(sends)


def _fields(elements: Iterable[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in elements:
        name = element.get("name")
        if not name or name == "csrfmiddlewaretoken" or element.get("type") == "file":
            continue
        if element.tag == "select":
            options = list(element.iter("option"))
            chosen = [o for o in options if "selected" in o.attrib] or options[:1]
            found[name] = chosen[0].get("value", "") if chosen else ""
        elif element.tag == "textarea":
            found[name] = "".join(element.itertext())
        elif element.tag in ("input", "button"):
            found.setdefault(name, element.get("value", ""))
    return found

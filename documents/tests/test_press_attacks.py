"""Templates as an attacker writes them: nothing is read, nothing is fetched, nothing hangs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from documents import press
from documents.press import Limits, Template, TemplateFault, faults

SECRET = "TOP-SECRET-LINE"
VALUES = {
    "payment_request": {
        "number": 643,
        "amount": "49 050,00 ₽",
        "rows": [{"name": "a"}],
        "none": None,
    }
}


class Trap(BaseHTTPRequestHandler):
    """Counts who comes."""

    hits: list[str]

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(200)
        self.end_headers()

    do_HEAD = do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def trap() -> Iterator[tuple[str, list[str]]]:
    """The address of a server on this machine, and what was asked of it."""
    hits: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("OneTrap", (Trap,), {"hits": hits}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", hits
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    return path


def attempt(source: str, css: str = "", *, seconds: float = 10) -> bytes | TemplateFault:
    """The PDF, or why there is none; whatever else happens is a failure."""
    try:
        return press.print_pdf(
            Template("payment_request", source, css),
            values=VALUES,
            language="ru",
            title="x",
            limits=Limits(seconds=seconds),
        ).pdf
    except TemplateFault as fault:
        return fault


WALKS = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ ''|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ payment_request.__init__.__globals__ }}",
    "{{ payment_request['__class__'] }}",
    "{{ payment_request.rows|map(attribute='__class__')|first }}",
    "{{ [payment_request]|map(attribute='__class__.__mro__')|list }}",
    "{{ ([payment_request]|groupby('__class__')|first)[0] }}",
    "{{ [payment_request]|selectattr('__class__')|first|attr('__class__') }}",
    "{{ '{0.__class__}'.format('') }}",
    "{{ '{0.__class__.__mro__}'|format('') }}{{ ('{0.__class__}')['format']('') }}",
    "{{ '{a.__class__}'.format_map({'a': ''}) }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ _.__globals__ }}",
    "{{ _.__closure__ }}",
    "{{ ngettext.__code__ }}",
    "{{ range.__self__ }}",
    "{{ dict.__base__.__subclasses__() }}",
    "{{ dict.mro() }}",
    "{{ (1).__class__ }}",
    "{{ 1 .to_bytes(9, 'big') }}",
    "{{ payment_request.none.__class__ }}",
    "{{ none.__doc__ }}",
    "{{ loop.__class__ }}",
    "{% for a in [1] %}{{ loop.__class__ }}{% endfor %}",
    "{% for a in [1] %}{{ loop._iterator }}{% endfor %}",
    "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}{% call m() %}{% endcall %}",
    "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
    "{{ payment_request.update({'number': 1}) }}",
    "{{ payment_request.rows.append(1) }}",
    "{{ payment_request.pop('number') }}",
    "{{ 'x'.encode() }}",
    "{{ lipsum.__globals__ }}",
    "{{ config }}{{ settings }}{{ request }}",
    "{{ get_flashed_messages }}",
    "{{ environment }}",
    "{{ ''.join.__self__ }}",
    "{{ ((''|e)|attr('escape')) }}",
    "{{ ''|e|attr('__html__')|attr('__func__') }}",
    "{% import 'os' as os %}",
    "{% from '/etc/passwd' import x %}",
    "{% extends '/etc/passwd' %}",
    "{% include '/etc/passwd' %}",
    "{% include '../../.env' ignore missing %}{{ undefined_after }}",
    "{% do 1 %}",
    "{% debug %}",
]


@pytest.mark.parametrize("source", WALKS)
def test_walks_along_attributes_end_in_a_fault_with_a_line(source: str) -> None:
    found = attempt(f"<p>\n{source}</p>")

    assert isinstance(found, TemplateFault)
    assert found.line == 2
    assert found.reason in {
        *(faults.FORBIDDEN, faults.UNKNOWN_FIELD, faults.SYNTAX, faults.INCLUDE, faults.VALUES)
    }


def test_values_cannot_be_changed() -> None:
    found = attempt("{% set payment_request.number = 5 %}")

    assert isinstance(found, TemplateFault)
    assert found.reason == faults.VALUES


ENDLESS = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{{ 9 ** (9 ** 9) }}",
    "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
    "{{ 'x' * 10 ** 12 }}",
    "{{ [0] * 10 ** 12 }}",
    "{{ '%999999999999d'|format(1) }}",
    "{{ '{:>9999999999}'.format(1) }}",
    "{{ 'x'.zfill(99999999999) }}",
    "{{ 'x'|center(99999999999) }}",
    "{{ range(10 ** 12)|list }}",
    "{{ ('x' * 99999)|wordwrap(1, wrapstring='x' * 99999) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{{ '(' * 50000 }}" + "(" * 3000,
    "{{ " + "(" * 3000 + ")" * 3000 + " }}",
    "<div>" * 20000,
    "<table><tr><td>" * 2000,
    "{% for i in range(9999) %}<p style='break-after: page'>x</p>{% endfor %}",
    "<p style='font-size: 1e30pt'>x</p>",
    "<p style='width: 1e30mm; columns: 99999'>" + "x " * 9999,
    "<div style='height: 1e9mm'></div>",
    "<table>" + "<tr><td colspan=99999 rowspan=99999>x</td></tr>" * 50 + "</table>",
    "<img src='data:image/png;base64,AAAA'>",
    "<svg width='1e9' height='1e9'><rect width='1e9' height='1e9'/></svg>",
    "<svg><defs>" + "".join(
        f"<g id='a{n}'>" + f"<use href='#a{n + 1}'/>" * 9 + "</g>" for n in range(9)
    ) + "<g id='a9'><rect width='9' height='9'/></g></defs><use href='#a0'/></svg>",
]  # fmt: skip


@pytest.mark.parametrize("source", ENDLESS, ids=range(len(ENDLESS)))
def test_what_never_ends_or_grows_is_stopped(source: str) -> None:
    attempt(source, seconds=0.5)  # made or refused, but neither hung nor anything else

    done = attempt("<p>next</p>")
    assert isinstance(done, bytes)


@pytest.mark.parametrize(
    "css",
    [
        "p::before { content: '" + "x" * 3_000_000 + "' }",
        "p { counter-increment: c 99999999999999999999 } p::before { content: counter(c, lower-roman) }",
        "@page { size: 1e-9mm; margin: 0 }",
        "@page { size: 1e12mm }",
        "p { --a: var(--b); --b: var(--a); width: var(--a) }",
        "p { --a0: xxxxxxxxxx;"
        + "".join(f"--a{n}:" + f"var(--a{n - 1})" * 10 + ";" for n in range(1, 12))
        + "font-family: var(--a11) }",
        ":is(" * 2000 + "p" + ")" * 2000 + " { color: red }",
        "{" * 50000,
    ],
    ids=range(8),
)
def test_css_that_grows_is_stopped(css: str) -> None:
    attempt("<p>x</p>", css, seconds=0.5)

    assert isinstance(attempt("<p>next</p>"), bytes)


HTML_THAT_FETCHES = [
    "<img src='{url}'>",
    "<img src='x' srcset='{url} 2x'><img src='{url}'>",
    "<object data='{url}'></object>",
    "<embed src='{url}'>",
    "<link rel=stylesheet href='{url}'>",
    "<link rel=attachment href='{url}'>",
    "<a rel=attachment href='{url}'>x</a>",
    "<base href='{url}'><img src='relative.png'>",
    "<style>@import '{url}';</style>",
    "<style>@import url({url});</style>",
    "<p style='background: url({url})'>x</p>",
    "<p style='list-style: url({url}); display: list-item'>x</p>",
    "<style>p::before {{ content: url({url}) }}</style><p>x</p>",
    "<style>@font-face {{ font-family: a; src: url({url}) }} p {{ font-family: a }}</style><p>x</p>",
    "<svg width='9' height='9'><image href='{url}' width='9' height='9'/></svg>",
    "<svg width='9' height='9'><use href='{url}#a'/></svg>",
    "<svg width='9' height='9'><style>@import '{url}';</style><rect width='9' height='9'/></svg>",
    "<svg width='9' height='9'><rect fill='url({url}#a)' width='9' height='9'/></svg>",
    "<img src='{{{{ payment_request.none or \"{url}\" }}}}'>",
]


@pytest.mark.parametrize("source", HTML_THAT_FETCHES)
def test_nothing_is_fetched_from_a_page(
    source: str, trap: tuple[str, list[str]], secret: Path
) -> None:
    address, hits = trap
    for url in (address + "/a.css", secret.as_uri(), str(secret)):
        made = attempt(source.format(url=url))

        assert SECRET.encode() not in (made if isinstance(made, bytes) else repr(made).encode())
    assert hits == []


@pytest.mark.parametrize(
    "css",
    [
        "@import '{url}';",
        "@import url({url});",
        "@font-face {{ font-family: a; src: url({url}) }}",
        "@font-face {{ font-family: a; src: local('DejaVu Sans'), url({url}) format('woff2') }}",
        "@page {{ background: url({url}); @top-left {{ content: url({url}) }} }}",
        "p {{ background-image: image-set('{url}' 1x), url({url}) }}",
        "p {{ border-image: url({url}) 9; mask-image: url({url}) }}",
        "@color-profile --a {{ src: url({url}) }}",
        "@namespace url({url});",
        "p {{ content: attr(title url); background: url({url}) }}",
    ],
)
def test_nothing_is_fetched_from_css(css: str, trap: tuple[str, list[str]], secret: Path) -> None:
    address, hits = trap
    for url in (address + "/a.css", secret.as_uri()):
        made = attempt("<p title=x>x</p>", css.format(url=url))

        assert SECRET.encode() not in (made if isinstance(made, bytes) else b"")
        with suppress(TemplateFault):
            press.check(Template("x", "", css.format(url=url)))  # as the editor does
    assert hits == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "ftp://127.0.0.1/x",
        "HtTp://127.0.0.1/x",
        "//127.0.0.1/x",
        "data:text/html,<p>x",
        "data:image/svg+xml,<svg/>",
        "data:image/png;base64," + "A" * 400_000,
        "jar:file:///x!/y",
        "asset:../../etc/passwd",
        "asset:/etc/passwd",
        "font:pt-sans",
    ],
)
def test_an_address_is_refused_with_its_line_or_left_out(url: str) -> None:
    made = attempt(f'<p>\n<img src="{url}">')

    if isinstance(made, TemplateFault):
        assert (made.reason, made.line) == (faults.ADDRESS, 2)
    else:
        assert url.startswith(
            ("//", "asset:")
        )  # no base for the one, no such picture for the other

"""DOCX templates: what is filled in, and what is refused as an attacker would bring it."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

import pytest

from documents import press
from documents.press import Limits, TemplateFault, faults
from documents.tests.docx_files import (
    docx,
    part_of,
    text_of,
    with_field,
    with_parts,
    with_relation,
)

PLAIN = docx("{{ number }}")


def filled(template: bytes, *, limits: Limits = press.LIMITS, **values: Any) -> list[str]:
    return text_of(press.fill_docx(template, values=values, language="ru", limits=limits))


def fault(template: bytes, **options: Any) -> TemplateFault:
    with pytest.raises(TemplateFault) as caught:
        press.fill_docx(template, values={"number": "643"}, language="ru", **options)
    return caught.value


def refused(template: bytes) -> TemplateFault:
    """Refused when it is brought and, should it be there already, when it is filled in."""
    with pytest.raises(TemplateFault) as caught:
        press.check_docx(template)
    assert fault(template).reason == caught.value.reason
    return caught.value


# --- Filling in -----------------------------------------------------------------------------------------


def test_fields_lists_headers_and_texts_are_filled_in() -> None:
    template = docx(
        "{{ _('payment request') }} № {{ number }}",
        "{% if urgent %}срочно{% endif %}",
        rows=[
            ["{%tr for it in documents %}", ""],
            ["{{ it.name }}", "{{ it.size }}"],
            ["{%tr endfor %}", ""],
        ],
        header="{{ payer }}",
    )
    documents = [{"name": "Счёт", "size": "1 КБ"}, {"name": "Акт", "size": "2 КБ"}]

    texts = filled(template, number=643, urgent=False, documents=documents, payer="ООО «А»")

    assert texts == ["заявка на оплату № 643", "Счёт", "1 КБ", "Акт", "2 КБ", "ООО «А»"]


def test_values_are_text_whatever_is_in_them() -> None:
    value = "<w:p>&amp;</w:p> {{ number }} \"'"

    assert filled(docx("{{ purpose }}"), purpose=value) == [value]


@pytest.mark.parametrize(
    ("paragraph", "reason", "detail"),
    [
        ("{{ nothing }}", faults.UNKNOWN_FIELD, "nothing"),
        ("{{ number.more }}", faults.UNKNOWN_FIELD, "more"),
        ("Сумма {% if %}", faults.SYNTAX, "Сумма"),
        ("{{ ''.__class__ }}", faults.FORBIDDEN, "__class__"),
        ("{{ 1 / 0 }}", faults.VALUES, "ZeroDivisionError"),
        ("{% include 'x' %}", faults.INCLUDE, ""),
    ],
)
def test_a_broken_template_is_told_with_the_words_around(
    paragraph: str, reason: str, detail: str
) -> None:
    found = fault(docx("Начало", paragraph))

    assert (found.reason, found.line) == (reason, None)
    assert detail in found.detail


# --- Attacks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    ["attachedTemplate", "image", "oleObject", "subDocument", "frame", "aFChunk", "hyperlink"],
)
@pytest.mark.parametrize("target", ["file:///etc/passwd", r"\\attacker\share\x.dotm"])
def test_what_refers_outside_is_refused(kind: str, target: str) -> None:
    assert refused(with_relation(PLAIN, kind, target)).reason == faults.DOCX_OUTSIDE


@pytest.mark.parametrize("kind", ["attachedTemplate", "image", "oleObject", "frame"])
def test_what_word_would_fetch_is_refused(kind: str) -> None:
    found = refused(with_relation(PLAIN, kind, "http://127.0.0.1/x.dotm"))

    assert found.reason == faults.DOCX_OUTSIDE
    assert kind in found.detail


def test_what_is_embedded_is_refused() -> None:
    inside = with_relation(PLAIN, "oleObject", "embeddings/x.bin", mode="Internal")

    assert refused(inside).reason == faults.DOCX_OUTSIDE
    assert refused(with_parts(PLAIN, {"word/vbaProject.bin": b"x"})).reason == faults.DOCX_OUTSIDE


def test_a_link_to_a_page_is_fine() -> None:
    press.check_docx(with_relation(PLAIN, "hyperlink", "https://example.org/"))
    press.check_docx(with_relation(PLAIN, "hyperlink", "mailto:a@example.org"))


@pytest.mark.parametrize(
    "pieces",
    [
        ["DDEAUTO c:\\\\x.exe"],
        ["INCLUDE", "TEXT &quot;c:\\\\secret&quot;"],
        [" includepicture ", "http://127.0.0.1/x.png"],
        ["LINK Excel.Sheet.8 c:\\\\x.xls"],
        ["IM", "PORT http://127.0.0.1/x"],
    ],
)
def test_fields_that_fetch_are_refused(pieces: list[str]) -> None:
    assert refused(with_field(PLAIN, *pieces)).reason == faults.DOCX_OUTSIDE


def test_harmless_fields_stay() -> None:
    press.check_docx(with_field(PLAIN, "PAGE"))
    press.check_docx(with_field(PLAIN, "REF ", "links"))


def test_a_field_that_the_template_makes_is_refused_as_well() -> None:
    template = with_field(PLAIN, "{{ 'DDE' ~ 'AUTO' }} x")

    assert fault(template).reason == faults.DOCX_OUTSIDE


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">',
        "<!DOCTYPE x>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", ["word/document.xml", "word/_rels/document.xml.rels"])
def test_entities_are_refused(declared: str, encoding: str, name: str) -> None:
    body = part_of(PLAIN, name)
    root = body[body.index("?>") + 2 :]
    whole = f'<?xml version="1.0" encoding="{encoding}"?>{declared}{root}'.encode(encoding)

    assert refused(with_parts(PLAIN, {name: whole})).reason == faults.DOCX_ENTITIES


def test_what_swells_is_refused_at_once() -> None:
    started = time.monotonic()

    for bomb in (b"\0" * 60_000_000, b"<a>" + b" " * 60_000_000 + b"</a>"):
        assert refused(with_parts(PLAIN, {"word/media/x.xml": bomb})).reason == faults.SIZE

    assert time.monotonic() - started < 10


def test_a_size_that_lies_is_not_believed() -> None:
    """The list of parts says ten bytes; the part says otherwise."""
    bomb = bytearray(with_parts(PLAIN, {"word/styles.xml": b"<a>" + b" " * 60_000_000 + b"</a>"}))
    at = bomb.rindex(b"word/styles.xml") - 46 + 24
    bomb[at : at + 4] = (10).to_bytes(4, "little")

    assert refused(bytes(bomb)).reason in {faults.NOT_DOCX, faults.SIZE}


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"not a file", b"%PDF-1.7", PLAIN[: len(PLAIN) // 2]],
    ids=["empty", "letters", "text", "pdf", "cut"],
)
def test_what_is_no_docx_is_refused(content: bytes) -> None:
    assert refused(content).reason == faults.NOT_DOCX


def test_an_archive_of_something_else_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")

    assert fault(buffer.getvalue()).reason == faults.NOT_DOCX


def test_what_never_ends_is_stopped() -> None:
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"

    assert fault(docx(endless), limits=Limits(seconds=0.5)).reason == faults.TIME
    assert fault(docx("{{ 'x' * 10 ** 10 }}")).reason == faults.MEMORY
    assert fault(docx("{{ 'x' * 10 ** 8 }}")).reason in {faults.SIZE, faults.MEMORY, faults.TIME}
    assert filled(PLAIN, number="next") == ["next"]


def test_a_name_with_a_way_up_writes_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "x.xml"

    filled(with_parts(PLAIN, {f"../../../../../..{outside}": "<a/>"}), number="1")

    assert not outside.exists()

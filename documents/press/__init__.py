"""Documents from templates: Jinja2 and CSS in, PDF/A out; DOCX in, DOCX out.

Made by WeasyPrint in processes of their own, never in the web server or a worker, with limits on time,
memory, pages and size. See docs/adr/0011-documents-are-made-in-a-press.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from documents.press import pool, wire
from documents.press.faults import PressMissing, TemplateFault
from documents.press.pool import is_ready

__all__ = [
    "LIMITS",
    "Limits",
    "PressMissing",
    "Printed",
    "Template",
    "TemplateFault",
    "check",
    "check_docx",
    "fill_docx",
    "is_ready",
    "print_pdf",
]


@dataclass(frozen=True)
class Template:
    """A template of one kind: Jinja2 over HTML, and CSS. `version` is None for the product's own original."""

    kind: str
    source: str
    css: str
    version: int | None = None


@dataclass(frozen=True)
class Limits:
    """What one document may take.

    Seconds of the processor, so that a busy machine makes no faults, and by the clock, so that nothing
    hangs; bytes of memory, pages, bytes of the file.
    """

    seconds: float = 10.0
    clock: float = 40.0
    memory: int = 1024 * 1024 * 1024
    pages: int = 200
    size: int = 10 * 1024 * 1024


@dataclass(frozen=True)
class Printed:
    """A PDF, the count of its pages, and what the layout had to remark (English, for whoever edits it)."""

    pdf: bytes
    pages: int
    notes: tuple[str, ...] = ()


LIMITS = Limits()


def print_pdf(
    template: Template,
    *,
    values: Mapping[str, Any],
    language: str,
    title: str,
    author: str = "",
    assets: Mapping[str, bytes] | None = None,
    limits: Limits = LIMITS,
) -> Printed:
    """Fill the template with plain values (dicts, lists, texts, numbers) and print it.

    `assets` are pictures by name, which the template shows as `asset:NAME`; a name that is not there is left
    out. `title`, `author` and `language` go into the file. Waits while all presses are busy. Raises
    TemplateFault, PressMissing, and TypeError for values that are not plain.
    """
    answer = pool.run(
        {
            "do": "make_pdf",
            "source": template.source,
            "css": template.css,
            "values": dict(values),
            "language": language,
            "title": title,
            "author": author,
            "assets": {name: wire.to_text(content) for name, content in (assets or {}).items()},
            **_of(limits),
        },
        clock=limits.clock,
    )
    return Printed(wire.from_text(answer["content"]), answer["pages"], tuple(answer["notes"]))


def check(template: Template, *, language: str = "en", limits: Limits = LIMITS) -> tuple[str, ...]:
    """Read the template and its CSS, filling nothing in; what in the CSS was not understood.

    Raises TemplateFault and PressMissing.
    """
    job = {"do": "check", "source": template.source, "css": template.css, "language": language}
    return tuple(pool.run({**job, **_of(limits)}, clock=limits.clock)["notes"])


def fill_docx(
    template: bytes, *, values: Mapping[str, Any], language: str, limits: Limits = LIMITS
) -> bytes:
    """Fill a DOCX template (docxtpl's tags) with plain values.

    Raises TemplateFault, PressMissing, and TypeError for values that are not plain.
    """
    job = {"do": "make_docx", "template": wire.to_text(template), "values": dict(values)}
    answer = pool.run({**job, "language": language, **_of(limits)}, clock=limits.clock)
    return wire.from_text(answer["content"])


def check_docx(template: bytes, *, limits: Limits = LIMITS) -> None:
    """See that a DOCX template is a document and nothing else. Raises TemplateFault, PressMissing."""
    job = {"do": "check_docx", "template": wire.to_text(template)}
    pool.run({**job, **_of(limits)}, clock=limits.clock)


def _of(limits: Limits) -> dict[str, Any]:
    names = ("seconds", "clock", "memory", "pages", "size")
    return {name: getattr(limits, name) for name in names}

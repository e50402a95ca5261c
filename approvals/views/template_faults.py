"""A fault of a template told to whoever edits it: why, where, and the lines around it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from approvals.papers import fields_for
from documents.press import Template, TemplateFault
from documents.selectors import press_reason

AROUND = 2
LONGEST_LINE = 160


@dataclass(frozen=True)
class Line:
    """A line of the template, with its number; `is_it` for the one at fault."""

    number: int
    text: str
    is_it: bool


@dataclass(frozen=True)
class ToldFault:
    """`part` is the name of the form's field (source or css, else empty), `line` counts from 1 or is None."""

    reason: str
    detail: str
    hint: str
    part: str
    line: int | None
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """All of it in a sentence, for the field."""
        reason = f"{self.reason} {self.detail}".strip()
        if self.line is None:
            return reason
        return _("Line %(line)s: %(reason)s") % {"line": self.line, "reason": reason}


def told(fault: TemplateFault, template: Template | None) -> ToldFault:
    """The fault in the reader's language; without a template (a DOCX) it has no lines."""
    text = ""
    if template is not None and fault.part:
        text = template.source if fault.part == "source" else template.css
    return ToldFault(
        reason=press_reason(fault),
        detail=fault.detail,
        hint=_likely(fault, template.kind) if template else "",
        part=fault.part,
        line=fault.line,
        lines=tuple(_around(text, fault.line)),
    )


def _around(text: str, line: int | None) -> Iterable[Line]:
    if line is None:
        return
    for number, content in enumerate(text.split("\n"), 1):
        if abs(number - line) <= AROUND:
            yield Line(number, content[:LONGEST_LINE], is_it=number == line)


def _likely(fault: TemplateFault, kind: str) -> str:
    """A field whose name is close to the unknown one."""
    if not fault.is_unknown_field:
        return ""
    paths = [field.path for field in fields_for(kind)]
    names = {part.removesuffix("[]") for path in paths for part in path.split(".")}
    close = difflib.get_close_matches(fault.detail, sorted(names), n=1, cutoff=0.6)
    return _("Perhaps: %(field)s") % {"field": close[0]} if close else ""

"""What the pages of templates show beside the texts themselves: fields, versions, differences."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from approvals.papers import Field, fields_for
from documents.models import TemplateVersion
from documents.press import Template

AROUND = 3


@dataclass(frozen=True)
class FieldLine:
    """A field, what it means, and how it is written into a template."""

    path: str
    meaning: str
    snippet: str


@dataclass(frozen=True)
class DiffLine:
    """A line of a comparison: `mark` is 'new', 'old', 'same' or 'gap'."""

    mark: str
    text: str


def field_lines(kind: str) -> list[FieldLine]:
    """The fields of a kind, in their own order."""
    return [_field_line(field) for field in fields_for(kind)]


def _field_line(field: Field) -> FieldLine:
    return FieldLine(field.path, str(field.meaning), snippet_of(field.path))


def snippet_of(path: str) -> str:
    """'payer.inn' -> '{{ payer.inn }}'; of a list, the loop around it."""
    *lists, last = path.split("[].")
    owner, opened = "", ""
    for name in lists:
        whole = f"{owner}.{name}" if owner else name
        owner = _one_of(name)
        opened += f"{{% for {owner} in {whole} %}}"
    field = f"{owner}.{last}" if owner else last
    return f"{opened}{{{{ {field} }}}}" + "{% endfor %}" * len(lists)


def _one_of(name: str) -> str:
    """'documents' -> 'document'."""
    name = name.rsplit(".", 1)[-1]
    return name[:-1] if name.endswith("s") else "item"


def version_text(version: TemplateVersion) -> str:
    """What a version was, where its author left no note."""
    if version.is_original:
        return _("Back to the original") if version.format == "html" else _("Taken away")
    if version.repeats:
        return _("Back to version %(number)s") % {"number": version.repeats}
    return version.note


def differences(before: Template, after: Template) -> dict[str, list[DiffLine]]:
    """'HTML' and 'CSS' -> the lines in which two templates differ, with some around; empty where in none."""
    return {
        "HTML": list(_compared(before.source, after.source)),
        "CSS": list(_compared(before.css, after.css)),
    }


def _compared(before: str, after: str) -> Iterator[DiffLine]:
    marks = {"+": "new", "-": "old", " ": "same", "@": "gap"}
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=AROUND)
    for line in list(lines)[2:]:  # two lines of file names
        mark = marks[line[0]]
        yield DiffLine(mark, "" if mark == "gap" else line[1:])

"""Filling a template with values, in a sandbox: plain values in, text out, every fault with its line."""

from __future__ import annotations

import gettext
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.runtime import LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from documents.press import faults
from documents.press.faults import TemplateFault

LOCALE = Path(__file__).resolve().parent.parent.parent / "locale"

# What a template may call on the plain values that it is given; everything else is refused.
_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        "capitalize count endswith find format isdigit join lower lstrip partition removeprefix"  # noqa: SIM905
        " removesuffix replace rpartition rsplit rstrip split splitlines startswith strip title upper"
        " zfill".split()
    ),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
}
_SOURCE_NAMES = frozenset({"<template>", "<unknown>"})
_OWN = (LoopContext, Cycler, Joiner, Namespace, Macro)
_MARKUP_LIMIT = "the text alone has more than {limit} characters"


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 as people may use it: an unknown field is a fault, few methods, nothing to include."""

    def __init__(self, language: str) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, cache_size=0)
        self.globals.pop("lipsum")
        self.filters.pop("random")
        self.globals.update(_texts(language), language=language)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Only what is listed, of plain values and of Jinja's own loop and the like."""
        if isinstance(obj, _OWN):
            return super().is_safe_attribute(obj, attr, value)
        return any(isinstance(obj, kind) and attr in names for kind, names in _METHODS.items())

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A field comes before a method of the same name: `payment.items` is the field if there is one."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def fill(source: str, values: Mapping[str, Any], *, language: str, longest: int) -> str:
    """The filled text, at most `longest` characters. Raises TemplateFault with its line."""
    template = compiled(Sandbox(language), source)
    pieces: list[str] = []
    length = 0
    with _faults_with_lines():
        for piece in template.generate(values):
            length += len(piece)
            if length > longest:
                raise TemplateFault(faults.SIZE, detail=_MARKUP_LIMIT.format(limit=longest))
            pieces.append(piece)
    return "".join(pieces)


def compiled(sandbox: Sandbox, source: str) -> Any:
    """The template, ready to be filled. Raises TemplateFault."""
    with _faults_with_lines():
        return sandbox.from_string(source)


def as_fault(error: Exception) -> TemplateFault:
    """What went wrong while a template was compiled or filled, in our words, with its line."""
    line = _line_of(error)
    detail = str(error) or type(error).__name__
    if isinstance(error, TemplateSyntaxError):
        return TemplateFault(faults.SYNTAX, detail=detail, line=error.lineno, part="source")
    if isinstance(error, SecurityError):
        return TemplateFault(faults.FORBIDDEN, detail=detail, line=line, part="source")
    if isinstance(error, UndefinedError):
        return TemplateFault(
            faults.UNKNOWN_FIELD, detail=_field_of(error), line=line, part="source"
        )
    if isinstance(error, TemplateNotFound) or "no loader" in detail:
        return TemplateFault(faults.INCLUDE, line=line, part="source")
    if not isinstance(error, TemplateError):
        detail = f"{type(error).__name__}: {detail}"
    return TemplateFault(faults.VALUES, detail=detail, line=line, part="source")


@contextmanager
def _faults_with_lines() -> Iterator[None]:
    try:
        yield
    except (TemplateFault, MemoryError):
        raise
    except (
        Exception
    ) as error:  # a template may raise anything: whatever it is, it is the template's fault
        raise as_fault(error) from error


def _line_of(error: Exception) -> int | None:
    """Jinja2 puts the template's own lines into the traceback."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.lineno]
    lines = [frame.lineno for frame in frames if frame.filename in _SOURCE_NAMES]
    return lines[-1] if lines else None


def _field_of(error: UndefinedError) -> str:
    """The name that is unknown, out of Jinja's sentence."""
    names = re.findall(r"'([^']+)'", str(error))
    return names[-1] if names else str(error)


def _texts(language: str) -> dict[str, Any]:
    """`_` and its kin in the language of the document; plain functions, so that nothing leads further."""
    catalogue = gettext.translation("django", LOCALE, [language], fallback=True)

    def one(text: str) -> str:
        return catalogue.gettext(text)

    def many(singular: str, plural: str, count: int) -> str:
        return catalogue.ngettext(singular, plural, count)

    def in_context(context: str, text: str) -> str:
        return catalogue.pgettext(context, text)

    return {"_": one, "gettext": one, "ngettext": many, "pgettext": in_context}

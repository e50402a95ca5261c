"""The product's own templates of papers: files of templates/papers, in the language of documents.press."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from documents.press import Template

FOLDER = settings.BASE_DIR / "templates" / "papers"
SHARED_CSS = "_paper.css"


@cache
def original(kind: str) -> Template:
    """The original of a kind, what all papers share before its own CSS. Raises FileNotFoundError."""
    css = [(FOLDER / name).read_text(encoding="utf-8") for name in (SHARED_CSS, f"{kind}.css")]
    source = (FOLDER / f"{kind}.html").read_text(encoding="utf-8")
    return Template(kind, source, "\n".join(css))


def current_template(kind: str) -> Template:
    """The template that papers of this kind are printed with."""
    return original(kind)

"""Why a document could not be made. No Django here: the press itself reads this module.

Reasons are kept and sent in English and translated when they are read (`documents.reasons.shown`), like those
of everything else that a row remembers.
"""

from __future__ import annotations

from typing import Any, Literal

Part = Literal["source", "css", ""]


def gettext_noop(text: str) -> str:
    """Marks a text for the catalogue, as Django's function of this name does."""
    return text


SYNTAX = gettext_noop("The template is not written correctly.")
UNKNOWN_FIELD = gettext_noop("There is no such field.")
FORBIDDEN = gettext_noop("A template may not do this.")
VALUES = gettext_noop("This cannot be worked out with these values.")
INCLUDE = gettext_noop("A template cannot include another one.")
ADDRESS = gettext_noop(
    "A document takes nothing from elsewhere: only the pictures that come with it (asset:…) and small "
    "ones written into the template (data:image/…)."
)
LAYOUT = gettext_noop("The page cannot be laid out.")
TIME = gettext_noop("It takes too long to make.")
MEMORY = gettext_noop("It takes too much memory to make.")
PAGES = gettext_noop("It has too many pages.")
SIZE = gettext_noop("It is too large.")
BROKE_DOWN = gettext_noop("The press broke down over it, most likely for lack of memory.")
NOT_DOCX = gettext_noop("This is not a DOCX file that can be filled in.")
DOCX_OUTSIDE = gettext_noop("The DOCX file refers to something outside itself.")
DOCX_ENTITIES = gettext_noop("The DOCX file declares entities of its own, which is not accepted.")


class TemplateFault(Exception):
    """The template is broken, or the document passed a limit.

    `reason` is one of the texts above (English, to be translated when shown), `detail` what exactly, as the
    program puts it. `line` counts from 1 in the template's `part`, None where no line is to blame.
    """

    def __init__(
        self, reason: str, *, detail: str = "", line: int | None = None, part: Part = ""
    ) -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail
        self.line = line
        self.part: Part = part

    @property
    def is_unknown_field(self) -> bool:
        """Whether `detail` is the name of a field that there is not."""
        return self.reason == UNKNOWN_FIELD

    def as_answer(self) -> dict[str, Any]:
        """As it goes through the pipe."""
        return {"reason": self.reason, "detail": self.detail, "line": self.line, "part": self.part}


class PressMissing(Exception):
    """This machine has no pango (`make system`) or no fonts: documents wait."""

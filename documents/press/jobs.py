"""What can be asked of the press: each takes the job as it came and answers in plain values."""

from __future__ import annotations

from collections.abc import Callable

from documents.press import faults, filling, printing, wire, word
from documents.press.faults import TemplateFault
from documents.press.wire import Message

# A page of text is some 5,000 characters with its markup.
LONGEST_HTML = 4_000_000


def make_pdf(job: Message) -> Message:
    """Fill the template and print it."""
    html = filling.fill(
        job["source"], job["values"], language=job["language"], longest=LONGEST_HTML
    )
    pdf, pages, notes = printing.to_pdf(
        html,
        job["css"],
        source=job["source"],
        assets={name: wire.from_text(text) for name, text in job["assets"].items()},
        facts={name: job[name] for name in ("title", "author", "language")},
        most_pages=job["pages"],
    )
    if len(pdf) > job["size"]:
        raise TemplateFault(faults.SIZE)
    return {"content": wire.to_text(pdf), "pages": pages, "notes": notes}


def check(job: Message) -> Message:
    """Read the template and its CSS without filling anything in."""
    filling.compiled(filling.Sandbox(job["language"]), job["source"])
    return {"notes": printing.check_css(job["css"])}


def make_docx(job: Message) -> Message:
    """Fill a DOCX template."""
    template = wire.from_text(job["template"])
    filled = word.fill(template, job["values"], language=job["language"], largest=job["size"])
    return {"content": wire.to_text(filled)}


def check_docx(job: Message) -> Message:
    """See that a DOCX template is a document and nothing else."""
    word.inspect(wire.from_text(job["template"]))
    return {}


JOBS: dict[str, Callable[[Message], Message]] = {
    "make_pdf": make_pdf,
    "check": check,
    "make_docx": make_docx,
    "check_docx": check_docx,
}

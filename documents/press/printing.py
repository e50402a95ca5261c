"""Making the PDF. The one module that imports WeasyPrint, and only the press's own process imports it."""

from __future__ import annotations

import base64
import binascii
import logging
import re
from collections.abc import Mapping
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from documents.press import faults
from documents.press.faults import Part, TemplateFault

VARIANT = "pdf/a-3u"
# A picture written into the template itself: a stamp, a line of dots; longer ones come as assets.
LONGEST_DATA = 300 * 1024
MOST_NOTES = 30
_PICTURE = re.compile(r"data:(image/(?:png|jpeg));base64,([A-Za-z0-9+/=\s%]+)", re.ASCII)


class Refused(FatalURLFetchingError):  # type: ignore[misc]
    """An address that is not served; WeasyPrint lets this one through instead of going on without."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class Fetcher(URLFetcher):  # type: ignore[misc]
    """Serves the pictures that came with the job, and small ones written into the template."""

    def __init__(self, assets: Mapping[str, bytes]) -> None:
        # Not the parent's: it would set up handlers for http, ftp and files.
        self._fail_on_errors = False
        self._assets = assets

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The picture; Refused for any other address."""
        if url.startswith("asset:"):
            content = self._assets.get(url.removeprefix("asset:"))
            if content is None:
                raise ValueError(
                    "there is no such picture"
                )  # a note: the document is made without it
            kind = "image/svg+xml" if content.lstrip()[:1] == b"<" else "application/octet-stream"
            return URLFetcherResponse(url, content, {"Content-Type": kind})
        picture = _PICTURE.fullmatch(url) if len(url) <= LONGEST_DATA else None
        if picture is None:
            raise Refused(url)
        try:
            content = base64.b64decode(picture[2].replace("%0A", ""))
        except binascii.Error as error:
            raise ValueError("the picture is damaged") from error
        return URLFetcherResponse(url, content, {"Content-Type": picture[1]})

    __call__ = fetch

    def open(self, url: Any, data: Any = None, timeout: Any = None) -> URLFetcherResponse:
        """The parent's other way to the same thing."""
        raise Refused(str(url))


class Notes(logging.Handler):
    """What WeasyPrint had to remark: rules that it does not know, pictures that were not there."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first of them, each once."""
        text = record.getMessage()[:300]
        if text.startswith("Using fontTools instead"):
            return  # about the machine, not about the document
        if len(self.texts) < MOST_NOTES and text not in self.texts:
            self.texts.append(text)

    def __enter__(self) -> Notes:
        logging.getLogger("weasyprint").addHandler(self)
        return self

    def __exit__(self, *_error: object) -> None:
        logging.getLogger("weasyprint").removeHandler(self)


def check_css(css: str) -> list[str]:
    """Notes on what in the CSS is not understood. Raises TemplateFault for an address in it."""
    with Notes() as notes:
        try:
            CSS(string=css, url_fetcher=Fetcher({}), font_config=FontConfiguration())
        except Refused as error:
            raise _address(error.url, "", css) from error
    return notes.texts


def to_pdf(
    html: str,
    css: str,
    *,
    source: str,
    assets: Mapping[str, bytes],
    facts: Mapping[str, str],
    most_pages: int,
) -> tuple[bytes, int, list[str]]:
    """The PDF (A-3u), the count of its pages, and notes. `facts`: title, author, language.

    `source` is the template before it was filled: an address that is refused is looked for in it.
    """
    with Notes() as notes:
        try:
            fonts = FontConfiguration()
            fetcher = Fetcher(assets)
            style = CSS(string=css, url_fetcher=fetcher, font_config=fonts)
            page = HTML(string=html, url_fetcher=fetcher)
            document = page.render(font_config=fonts, stylesheets=[style], pdf_variant=VARIANT)
        except Refused as error:
            raise _address(error.url, source, css) from error
        pages = len(document.pages)
        if pages > most_pages:
            raise TemplateFault(faults.PAGES, detail=f"{pages} > {most_pages}")
        metadata = document.metadata
        metadata.title, metadata.lang = facts["title"], facts["language"]
        metadata.authors = [facts["author"]] if facts["author"] else []
        pdf: bytes = document.write_pdf(pdf_variant=VARIANT)
    return pdf, pages, notes.texts


def _address(url: str, source: str, css: str) -> TemplateFault:
    """The refused address at the line where it stands, if it stands anywhere as it is."""
    texts: tuple[tuple[Part, str], ...] = (("source", source), ("css", css))
    for part, text in texts:
        for number, line in enumerate(text.splitlines(), 1):
            if url in line:
                return TemplateFault(faults.ADDRESS, detail=url[:200], line=number, part=part)
    return TemplateFault(faults.ADDRESS, detail=url[:200])

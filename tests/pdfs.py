"""What is in a PDF file that we made: its words, fonts, pages, claims, and the codes on its pictures."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pikepdf
import pypdf
import pypdfium2
import zxingcpp

A4 = (210.0, 297.0)
POINT = 25.4 / 72  # millimetres


@dataclass
class Pdf:
    """One file; the readers are opened when they are asked for."""

    content: bytes

    @cached_property
    def pages(self) -> list[str]:
        """Each page's text, its spaces folded and words that were cut at a line's end left as they are."""
        reader = pypdf.PdfReader(io.BytesIO(self.content))
        return [" ".join(page.extract_text().split()) for page in reader.pages]

    @property
    def text(self) -> str:
        return " ".join(self.pages)

    @property
    def metadata(self) -> dict[str, Any]:
        reader = pypdf.PdfReader(io.BytesIO(self.content))
        return dict(reader.metadata or {})

    @property
    def sizes(self) -> set[tuple[float, float]]:
        """Of all pages, in millimetres."""
        reader = pypdf.PdfReader(io.BytesIO(self.content))
        return {
            (round(float(p.mediabox.width) * POINT), round(float(p.mediabox.height) * POINT))
            for p in reader.pages
        }

    def pictures(self, scale: float = 3.0) -> list[Any]:
        """The pages as Pillow's images, `scale` x 72 dots an inch."""
        with pypdfium2.PdfDocument(self.content) as document:
            return [page.render(scale=scale).to_pil() for page in document]

    def codes(self) -> list[bytes]:
        """What the QR codes on the pages say, as a reader of printed paper sees them."""
        return [
            code.bytes
            for picture in self.pictures()
            for code in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
        ]

    def faults(self) -> list[str]:
        """What keeps it from being what it claims to be, PDF/A-3u; there is no whole validator to be had."""
        with pikepdf.open(io.BytesIO(self.content)) as pdf:
            found = list(pdf.check_pdf_syntax())
            with pdf.open_metadata() as metadata:
                if metadata.pdfa_status != "3U":
                    found.append(f"PDF/A status {metadata.pdfa_status!r}")
            if "/OutputIntents" not in pdf.Root:
                found.append("no output intent")
            if "/Lang" not in pdf.Root:
                found.append("no language")
            found += [
                f"not embedded: {font.get('/BaseFont')}"
                for font in _fonts(pdf)
                if not _embedded(font)
            ]
        return found


def _fonts(pdf: pikepdf.Pdf) -> list[Any]:
    fonts = []
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font":
            fonts.append(item)
    return fonts


def _embedded(font: Any) -> bool:
    if font.get("/Subtype") == "/Type0":
        return all(_embedded(below) for below in font.DescendantFonts)
    descriptor = font.get("/FontDescriptor")
    return descriptor is not None and any(
        name in descriptor for name in ("/FontFile", "/FontFile2", "/FontFile3")
    )

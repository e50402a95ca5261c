"""DOCX files for tests: as Word makes them, and as an attacker does."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from docx import Document as new_docx
from docx.document import Document as DocxDocument
from lxml import etree

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(*paragraphs: str, rows: list[list[str]] | None = None, header: str = "") -> bytes:
    """A file with these paragraphs, and a table of these rows."""
    document: DocxDocument = new_docx()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if rows:
        table = document.add_table(rows=len(rows), cols=len(rows[0]))
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    if header:
        document.sections[0].header.paragraphs[0].text = header
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def with_parts(content: bytes, parts: Mapping[str, bytes | str]) -> bytes:
    """The same archive with these parts put in the place of what is there, or added."""
    changed = {
        name: part.encode() if isinstance(part, str) else part for name, part in parts.items()
    }
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if name not in changed}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**kept, **changed}.items():
            archive.writestr(name, part)
    return buffer.getvalue()


def part_of(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


def with_relation(content: bytes, kind: str, target: str, *, mode: str = "External") -> bytes:
    """One more relation of the main part."""
    name = "word/_rels/document.xml.rels"
    relation = f'<Relationship Id="rId99" Type="{RELATIONS}/{kind}" Target="{target}" TargetMode="{mode}"/>'
    relations = part_of(content, name).replace("</Relationships>", f"{relation}</Relationships>")
    return with_parts(content, {name: relations})


def with_field(content: bytes, *pieces: str) -> bytes:
    """A field whose instruction is cut into runs, as Word does."""
    runs = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces)
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    body = part_of(content, "word/document.xml")
    paragraph = f"<w:body><w:p>{begin}{runs}{end}</w:p>"
    return with_parts(content, {"word/document.xml": body.replace("<w:body>", paragraph, 1)})


def text_of(content: bytes) -> list[str]:
    """Its paragraphs and its cells, in their order; then its headers."""
    texts = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = ["word/document.xml", *sorted(n for n in archive.namelist() if "word/header" in n)]
        for name in names:
            root = etree.fromstring(archive.read(name))
            for paragraph in root.iter(f"{{{WORD}}}p"):
                texts.append("".join(t.text or "" for t in paragraph.iter(f"{{{WORD}}}t")))
    return [text for text in texts if text]

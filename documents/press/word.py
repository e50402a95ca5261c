"""Filling DOCX templates (docxtpl), and refusing those that carry anything but a document.

A template is a file that somebody brought, and what is filled goes to people who open it in Word: no
references outside the file, no fields that fetch, no embedded programs, no entities, nothing that swells.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from docx.opc.exceptions import OpcError
from docxtpl import DocxTemplate
from jinja2.exceptions import TemplateError
from lxml import etree

from documents.press import faults
from documents.press.faults import TemplateFault
from documents.press.filling import Sandbox, as_fault

MOST_PARTS = 1000
LARGEST_PART = 16 * 1024 * 1024
LARGEST_WHOLE = 48 * 1024 * 1024
MAIN_PART = "word/document.xml"

# Relations that are not part of a plain document: attached templates, embedded programs and documents.
_REFUSED_RELATIONS = re.compile(
    r"/(?:attachedTemplate|oleObject|package|control|vbaProject|activeX\w*|aFChunk|subDocument|frame|"
    r"mailMerge\w*|externalLink\w*)$",
    re.IGNORECASE,
)
_LINKED = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_FIELDS = re.compile(
    r"\b(?:INCLUDETEXT|INCLUDEPICTURE|INCLUDE|IMPORT|DDE|DDEAUTO|LINK|DATABASE|RD|MACROBUTTON|EMBED)\b",
    re.IGNORECASE,
)
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def fill(template: bytes, values: Mapping[str, Any], *, language: str, largest: int) -> bytes:
    """The filled file. Raises TemplateFault."""
    inspect(template)
    try:
        document = DocxTemplate(io.BytesIO(template))
        document.render(dict(values), Sandbox(language), autoescape=True)
        filled = io.BytesIO()
        document.save(filled)
    except (KeyError, ValueError, OpcError, etree.LxmlError) as error:
        if isinstance(error, TemplateError):
            raise _with_words(error) from error
        raise TemplateFault(faults.NOT_DOCX, detail=type(error).__name__) from error
    except (MemoryError, TemplateFault):
        raise
    except Exception as error:  # a template may raise anything while it is filled
        raise _with_words(error) from error
    if filled.tell() > largest:
        raise TemplateFault(faults.SIZE)
    inspect(filled.getvalue())
    return filled.getvalue()


def inspect(content: bytes) -> None:
    """See that the file is a document and nothing else. Raises TemplateFault."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST_PARTS or sum(m.file_size for m in members) > LARGEST_WHOLE:
                raise TemplateFault(faults.SIZE, detail="unpacked")
            if MAIN_PART not in archive.namelist():
                raise TemplateFault(faults.NOT_DOCX)
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    _inspect_part(member.filename, _read(archive, member))
                elif member.filename.lower().endswith(".bin"):
                    raise TemplateFault(faults.DOCX_OUTSIDE, detail=member.filename)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        # Damaged, encrypted, or packed in a way that nobody packs a DOCX.
        raise TemplateFault(faults.NOT_DOCX, detail=type(error).__name__) from error


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The part, as long as it is not longer than it says and than we take."""
    with archive.open(member) as file:
        content = file.read(LARGEST_PART + 1)
    if len(content) > LARGEST_PART:
        raise TemplateFault(faults.SIZE, detail=member.filename)
    return content


def _inspect_part(name: str, content: bytes) -> None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise TemplateFault(faults.NOT_DOCX, detail=f"{name}: {error.msg}"[:200]) from error
    if root.getroottree().docinfo.doctype:
        raise TemplateFault(faults.DOCX_ENTITIES, detail=name)
    if name.endswith(".rels"):
        for relation in root.iter("{*}Relationship"):
            _inspect_relation(name, relation)
    else:
        _inspect_fields(name, root)


def _inspect_relation(name: str, relation: etree._Element) -> None:
    kind, target = relation.get("Type", ""), relation.get("Target", "")
    is_link = kind.endswith("/hyperlink") and _LINKED.match(target)
    is_outside = relation.get("TargetMode") == "External" or ":" in target.split("/")[0]
    if _REFUSED_RELATIONS.search(kind) or (is_outside and not is_link):
        detail = f"{name}: {kind.rsplit('/', 1)[-1]} {target}"
        raise TemplateFault(faults.DOCX_OUTSIDE, detail=detail[:200])


def _inspect_fields(name: str, root: etree._Element) -> None:
    """Instructions may be cut into runs, so those of a whole part are read together."""
    runs = "".join(element.text or "" for element in root.iter(f"{_WORD}instrText"))
    simple = " ".join(
        element.get(f"{_WORD}instr", "") for element in root.iter(f"{_WORD}fldSimple")
    )
    if found := _FIELDS.search(f"{runs} {simple}"):
        raise TemplateFault(faults.DOCX_OUTSIDE, detail=f"{name}: {found[0].upper()}")


def _with_words(error: Exception) -> TemplateFault:
    """A fault of a DOCX has no line that its author would know: the words around it serve instead."""
    fault = as_fault(error)
    lines = getattr(error, "docx_context", None) or []
    words = " ".join(re.sub(r"<[^>]*>", " ", " ".join(lines)).split())
    detail = f"{fault.detail} … {words[:120]}" if words else fault.detail
    return TemplateFault(fault.reason, detail=detail)

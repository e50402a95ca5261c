"""What a file really is, judged by its content; its extension only has to agree.

Ours are few kinds with firm marks, so they are looked for one by one: the general guessers take an .xlsx for
a .docx, and say nothing useful of text.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import struct
import zipfile
from collections.abc import Callable
from typing import IO
from xml.parsers import expat

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

HEAD = 64 * 1024
# An archive's list of its members: read whole, and taking ten times as much, before one of them is.
LONGEST_LIST = 1024 * 1024

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SIGNATURE = "application/pkcs7-signature"

TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "docx": DOCX,
    "xlsx": XLSX,
    "xml": "application/xml",
    "txt": "text/plain",
    "zip": "application/zip",
    "sig": SIGNATURE,
    "p7s": SIGNATURE,
}
ACCEPT = ",".join(f".{extension}" for extension in TYPES)

# Shown by the browser itself; everything else is for saving.
INLINE_TYPES = {"application/pdf", "image/png", "image/jpeg"}

# Found by content alone, for a file whose extension is not one of ours.
_CERTAIN = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    DOCX: "docx",
    XLSX: "xlsx",
    "application/zip": "zip",
}
# 'Счёт от 24.11' has none: an extension is short and has a Latin letter in it.
_EXTENSION = re.compile(r"\.(?=[0-9]*[A-Za-z])([A-Za-z0-9]{1,8})$")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_END_MARK, _ZIP64_MARK = b"PK\x05\x06", b"PK\x06\x07"
_END = struct.Struct("<4s4H2LH")
_PEM = re.compile(rb"-----BEGIN (?:PKCS7|CMS)-----\s+([A-Za-z0-9+/=\s]+)")


def judge(file: IO[bytes], name: str) -> tuple[str, str]:
    """The type of `file` and its name with a fitting extension; ValidationError when it is not accepted.

    An extension of ours must tell the truth. Any other, and none, is no matter: the content decides, and
    the name gets the extension that fits ('invoice.exe' with a PDF file in it is kept as 'invoice.exe.pdf').
    `file` can be sought in and is left anywhere.
    """
    match = _EXTENSION.search(name)
    extension = match.group(1).lower() if match else ""
    content_type = TYPES.get(extension)
    if content_type:
        if not _CHECKS[content_type](file):
            raise ValidationError(
                _("Its content is not %(ext)s.") % {"ext": extension.upper()}, code="content"
            )
        return content_type, name
    for content_type, fitting in _CERTAIN.items():
        # Many foreign kinds are archives inside (.xlsm, .jar): those stay refused.
        if fitting == "zip" and extension:
            continue
        if _CHECKS[content_type](file):
            return content_type, f"{name}.{fitting}"
    raise ValidationError(
        _("Files of this kind are not accepted. Accepted: %(kinds)s.")
        % {"kinds": "PDF, JPEG, PNG, DOCX, XLSX, XML, TXT, ZIP, SIG, P7S"},
        code="kind",
    )


def _head(file: IO[bytes], size: int = HEAD) -> bytes:
    file.seek(0)
    return file.read(size)


def _is_pdf(file: IO[bytes]) -> bool:
    return b"%PDF-" in _head(file, 1024)


def _is_jpeg(file: IO[bytes]) -> bool:
    return _head(file, 3) == b"\xff\xd8\xff"


def _is_png(file: IO[bytes]) -> bool:
    return _head(file, 8) == b"\x89PNG\r\n\x1a\n"


def _is_zip(file: IO[bytes]) -> bool:
    if _head(file, 4) not in {b"PK\x03\x04", b"PK\x05\x06"} or not _has_short_list(file):
        return False
    return _zip_member(file, None) is not None


def _has_short_list(file: IO[bytes]) -> bool:
    """Whether a list of members may be read, by what the archive's end says of it (APPNOTE 4.3.16).

    One in the form that is for more than 65,535 members, or 4 GB, may not.
    """
    size = file.seek(0, 2)
    file.seek(max(size - HEAD - _END.size, 0))
    tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) < at + _END.size or tail[at - 20 : at - 16] == _ZIP64_MARK:
        return False
    *_rest, length, _offset, _comment = _END.unpack_from(tail, at)
    return int(length) <= min(LONGEST_LIST, size)


def _is_office(main_part: bytes) -> Callable[[IO[bytes]], bool]:
    """A DOCX or an XLSX says what it is in a list of its own parts; one with macros says otherwise."""

    def check(file: IO[bytes]) -> bool:
        parts = _zip_member(file, "[Content_Types].xml") if _is_zip(file) else None
        return parts is not None and main_part in parts

    return check


def _zip_member(file: IO[bytes], name: str | None) -> bytes | None:
    """The beginning of one member (empty when no name is asked); None when there is no such thing."""
    try:
        with zipfile.ZipFile(file) as archive:
            if name is None:
                return b""
            with archive.open(name) as member:
                return member.read(4 * HEAD)
    # The module raises half a dozen kinds of errors at a broken archive, some of them from C.
    except Exception:
        return None


def _is_xml(file: IO[bytes]) -> bool:
    """Well-formed from its start, with no entities of its own, and not a web page."""
    elements: list[str] = []
    entities: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _attributes: elements.append(name.lower())
    parser.EntityDeclHandler = lambda name, *_rest: entities.append(name)
    head = _head(file)
    try:
        parser.Parse(head, len(head) < HEAD)
    except (expat.ExpatError, ValueError, LookupError):
        return False
    return bool(elements) and elements[0] != "html" and not entities


def _is_text(file: IO[bytes]) -> bool:
    """UTF-8 or windows-1251 without control characters, and nothing that other marks name better."""
    if any(check(file) for check in (_is_pdf, _is_jpeg, _is_png, _is_zip)):
        return False
    decoders = [codecs.getincrementaldecoder(name)() for name in ("utf-8", "cp1251")]
    file.seek(0)
    while chunk := file.read(HEAD):
        if _CONTROL.search(chunk):
            return False
        decoders = [decoder for decoder in decoders if _decodes(decoder, chunk)]
    return any(_decodes(decoder, b"", final=True) for decoder in decoders)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _is_signature(file: IO[bytes]) -> bool:
    """A CMS SignedData: DER, PEM, or DER in bare base64 as Russian signing programs write it."""
    head = _head(file)
    if head[:1] == b"\x30":
        return _SIGNED_DATA in head[:32]
    pem = _PEM.match(head.lstrip(b"\xef\xbb\xbf\r\n\t "))
    text = pem.group(1) if pem else head
    try:
        der = base64.b64decode(b"".join(text.split())[:64], validate=True)
    except binascii.Error:
        return False
    return der[:1] == b"\x30" and _SIGNED_DATA in der


_CHECKS: dict[str, Callable[[IO[bytes]], bool]] = {
    "application/pdf": _is_pdf,
    "image/jpeg": _is_jpeg,
    "image/png": _is_png,
    DOCX: _is_office(b"wordprocessingml.document.main+xml"),
    XLSX: _is_office(b"spreadsheetml.sheet.main+xml"),
    "application/xml": _is_xml,
    "text/plain": _is_text,
    "application/zip": _is_zip,
    SIGNATURE: _is_signature,
}

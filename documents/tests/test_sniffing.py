"""A file is what is in it."""

import base64
import io

import pytest
from django.core.exceptions import ValidationError

from documents.sniffing import TYPES, judge
from documents.tests import builders as b

XML = '<?xml version="1.0" encoding="windows-1251"?><Файл Сумма="1"/>'.encode("cp1251")
TEXT = "1CClientBankExchange\r\nВерсияФормата=1.03\r\n"
PEM = b"-----BEGIN PKCS7-----\n" + base64.encodebytes(b.DER) + b"-----END PKCS7-----\n"

GOOD = {
    "a.pdf": b.PDF,
    "b.jpg": b.JPEG,
    "b.JPEG": b.JPEG,
    "c.png": b.PNG,
    "d.docx": b.DOCX,
    "e.xlsx": b.XLSX,
    "f.xml": XML,
    "f2.xml": b"\xef\xbb\xbf<a><b/></a>",
    "f3.xml": '<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"),
    "g.txt": TEXT.encode(),
    "h.txt": TEXT.encode("cp1251"),
    "i.zip": b.archive(**{"a.txt": "a"}),
    "i2.zip": b.DOCX,
    "j.sig": b.DER,
    "k.p7s": PEM,
    "l.sig": base64.encodebytes(b.DER),
}
BAD = {
    "a.pdf": b.PNG,
    "b.jpg": b.PDF,
    "c.png": b"GIF89a" + bytes(30),
    "d.docx": b.XLSX,
    "e.xlsx": b.DOCX,
    "d2.docx": b.DOCM,
    "d3.docx": b.archive(**{"a.txt": "a"}),
    "f.xml": b"no element",
    "f2.xml": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "f3.xml": b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "f4.xml": b"<a><b></a>",
    "g.txt": b"MZ\x90\x00\x03\x00\x00\x00",
    "g2.txt": b.PDF,
    "i.zip": b"PK\x03\x04 and no more",
    "j.sig": b"0 is no signature",
    "k.p7s": b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
}
OTHERS = {
    "program.exe": b"MZ\x90\x00",
    "macros.docm": b.DOCM,
    "program.jar": b.archive(**{"a.txt": "a"}),
    "page.html": b"<html></html>",
    "picture.svg": b"<svg/>",
    "old.doc": b"\xd0\xcf\x11\xe0",
    "what": b"MZ\x90\x00",
    "words": b"hello",
    "archive.7z": b"7z\xbc\xaf",
}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_accepted(name: str) -> None:
    content_type, kept_name = judge(io.BytesIO(GOOD[name]), name)

    assert content_type == TYPES[name.rpartition(".")[2].lower()]
    assert kept_name == name


@pytest.mark.parametrize("name", BAD)
def test_an_extension_that_says_something_else(name: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        judge(io.BytesIO(BAD[name]), name)

    assert refusal.value.code == "content"
    assert name.rpartition(".")[2].upper() in refusal.value.message


@pytest.mark.parametrize("name", OTHERS)
def test_other_kinds_are_not_accepted(name: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        judge(io.BytesIO(OTHERS[name]), name)

    assert refusal.value.code == "kind"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("Счёт от 24.11", b.PDF, "Счёт от 24.11.pdf"),
        ("scan", b.JPEG, "scan.jpg"),
        ("invoice.exe", b.PDF, "invoice.exe.pdf"),
        ("договор", b.DOCX, "договор.docx"),
        ("архив", b.archive(**{"a.txt": "a"}), "архив.zip"),
    ],
)
def test_a_file_without_an_extension_of_ours_gets_one(
    name: str, content: bytes, expected: str
) -> None:
    assert judge(io.BytesIO(content), name)[1] == expected


def test_a_letter_cut_in_two_by_reading_in_pieces_is_still_text() -> None:
    assert judge(io.BytesIO(b"a" + "ё".encode() * 100_000), "long.txt")[0] == "text/plain"

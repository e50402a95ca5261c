"""Files that somebody sends who means no good: refused in words, or kept and handed out so that nothing runs.

Through the real form, the real tasks and the real download; nothing here is opened by the server.
"""

from __future__ import annotations

import io
import struct
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest
from django.http import HttpResponse
from django.test import Client

from approvals.models import PaymentRequest
from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import logged_in
from documents.models import Document, DocumentState, Upload
from documents.sniffing import INLINE_TYPES, TYPES
from documents.tests import builders as files
from tests.neighbour import body_of
from tests.worker import work

SCRIPT = b"<script>alert(document.domain)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
# A page's patience: nobody waits for a file that was made to be waited for.
SECONDS = 2.0


def packed(*, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> bytes:
    """An archive of these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def office(original: bytes, name: str, content: bytes) -> bytes:
    """An office file with one more member."""
    made = io.BytesIO(original)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return made.getvalue()


@cache
def zeros() -> bytes:
    """What packs to a thousandth of its size."""
    return bytes(48 * 1024 * 1024)


def many_members(count: int = 400_000) -> bytes:
    """An archive that is nothing but a list: 19 MB, hundreds of megabytes once it is read."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[0] * 9, 1, *[0] * 6) + b"a"
    members = entry * count
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, len(members), 34, 0)
    return b"PK\x03\x04" + bytes(30) + members + end


def of_zip64(original: bytes) -> bytes:
    """Its end says that the real one is elsewhere."""
    at = original.rindex(b"PK\x05\x06")
    return original[:at] + b"PK\x06\x07" + bytes(16) + original[at:]


def pages(count: int = 10_000) -> bytes:
    """A PDF file of so many pages, all of them one and the same object."""
    kids = b"3 0 R " * count
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count " + str(count).encode() + b"/Kids[" + kids + b"]>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )


def with_action() -> bytes:
    action = b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"
    return builders.PDF.replace(b"/Catalog", b"/Catalog" + action)


REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a page": ("page.html", lambda: b"<html>" + SCRIPT),
    "a page called a PDF file": ("a.pdf", lambda: b"<html>" + SCRIPT),
    "a page called XML": ("a.xml", lambda: b"<html>" + SCRIPT + b"</html>"),
    "SVG with a script": ("a.svg", lambda: SVG),
    "SVG called a PNG": ("a.png", lambda: SVG),
    "GIF that is a script": ("a.gif", lambda: b"GIF89a=1;alert(1)//"),
    "GIF that is a script, called a JPEG": ("a.jpg", lambda: b"GIF89a=1;alert(1)//"),
    "a program": ("a.pdf.exe", lambda: b"MZ\x90\x00" + bytes(100)),
    "a program called a text": ("a.txt", lambda: b"MZ\x90\x00" + bytes(100)),
    "macros called DOCX": ("a.docx", lambda: files.DOCM),
    "an archive called DOCX": ("a.docx", lambda: packed(**{"a.txt": b"a"})),
    "an archive behind a program": ("a.zip", lambda: b"MZ" + packed(**{"a.txt": b"a"})),
    "a list without end": ("a.zip", many_members),
    "a list without end, as XLSX": ("a.xlsx", many_members),
    "an end that is elsewhere": ("a.xlsx", lambda: of_zip64(files.XLSX)),
    "entities that swell": (
        "a.xml",
        lambda: f'<!DOCTYPE a [<!ENTITY a0 "ha">{LAUGHS}]><a>&a9;</a>'.encode(),
    ),
    "an entity from a file": (
        "a.xml",
        lambda: b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    ),
    "a parameter entity from elsewhere": (
        "a.xml",
        lambda: b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:9/"> %b;]><a/>',
    ),
    "nothing": ("a.pdf", lambda: b""),
}
KEPT: dict[str, tuple[str, Callable[[], bytes]]] = {
    "PDF and ZIP": ("a.pdf", lambda: builders.PDF + packed(**{"a.js": b"alert(1)"})),
    "PDF and page": ("a.pdf", lambda: b"<!--" + SCRIPT + b"\n" + builders.PDF),
    "PDF in GIF": ("a.pdf", lambda: b"GIF89a=1;/*" + builders.PDF + b"*/alert(1)"),
    "PDF with an action": ("a.pdf", with_action),
    "PDF of ten thousand pages": ("a.pdf", pages),
    "JPEG and page": ("a.jpg", lambda: files.JPEG + SCRIPT),
    "PNG and page": ("a.png", lambda: files.PNG + b"<html>" + SCRIPT),
    "ZIP and PDF": ("a.zip", lambda: packed(**{"a.pdf": builders.PDF})),
    "a page called a text": ("a.txt", lambda: b"<html>" + SCRIPT),
    "SVG called XML": ("a.xml", lambda: SVG),
    "a style sheet in XML": (
        "a.xml",
        lambda: b'<?xml-stylesheet type="text/xsl" href="//evil.example/a.xsl"?><a/>',
    ),
    "XLSX that swells": ("a.xlsx", lambda: office(files.XLSX, "xl/sheet1.xml", zeros())),
    "DOCX that swells": ("a.docx", lambda: office(files.DOCX, "word/media/a.emf", zeros())),
    "ZIP that swells twice": (
        "a.zip",
        lambda: packed(**{f"{n}.zip": packed(a=zeros()) for n in range(2)}),
    ),
    "ways up in ZIP": ("a.zip", lambda: packed(**{"../../../etc/cron.d/a": b"* * * * *"})),
}
# A name as it stands in the form's part -> what nobody may find in what is kept and sent.
NAMES = {
    "a way up": "../../../../etc/passwd.pdf",
    "a Windows way up": "..\\..\\windows\\system.pdf",
    "a drive": "C:\\boot.pdf",
    "nothing but dots": "...pdf",
    "NUL": "invoice.pdf\x00.exe",
    "turned around": "invoice\u202efdp.exe.pdf",
    "invisible": "in\u200bvo\ufeffice.pdf",
    "too long": "я" * 300 + ".pdf",
    "a device": "CON.pdf",
    "another device": "com1.pdf",
    "a stream": "invoice.pdf::$DATA",
    "a line": "a\tb\x0bc.pdf",
    "markup": "<img src=x onerror=alert(1)>.pdf",
    "a header": "a%0d%0aSet-Cookie: a=b.pdf",
    "a command": "$(reboot);`id`|x.pdf",
}


@dataclass
class Sender:
    """The author with a draft, who adds documents to it by its form."""

    client: Client
    request: PaymentRequest

    def send(self, name: str, content: bytes) -> HttpResponse:
        """The answer to the form, the file's name exactly as given."""
        head = 'Content-Disposition: form-data; name="file"; filename="' + name + '"'
        parts = [
            b'Content-Disposition: form-data; name="kind"\r\n\r\nother',
            head.encode() + b"\r\nContent-Type: text/html\r\n\r\n" + content,
        ]
        body = b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"
        return self.client.generic(
            "POST",
            f"/requests/{self.request.pk}/documents/",
            body,
            content_type="multipart/form-data; boundary=x",
        )

    def kept(self) -> Document:
        """The one document that came of it, filed."""
        began = time.monotonic()
        work()
        assert time.monotonic() - began < SECONDS
        document = Document.objects.get(kind="other")
        assert document.state == DocumentState.STORED
        return document


@pytest.fixture
def sender(world: World) -> Sender:
    return Sender(logged_in(world.manager), builders.draft(world, invoice=False))


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_words(sender: Sender, case: str) -> None:
    name, made = REFUSED[case]
    content = made()
    began = time.monotonic()

    answer = sender.send(name, content)

    assert time.monotonic() - began < SECONDS
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Upload.objects.exists()
    assert not Document.objects.exists()


@pytest.mark.parametrize("case", KEPT)
def test_kept_and_never_run(sender: Sender, case: str) -> None:
    name, made = KEPT[case]
    content = made()
    began = time.monotonic()

    assert sender.send(name, content).status_code == 303
    assert time.monotonic() - began < SECONDS

    document = sender.kept()
    answer = sender.client.get(f"/documents/{document.pk}/")
    assert body_of(answer) == content
    kind = answer["Content-Type"]
    assert kind == TYPES[name.rpartition(".")[2]]
    assert answer["X-Content-Type-Options"] == "nosniff"
    policy = answer["Content-Security-Policy"].split("; ")
    if kind == "application/pdf":
        assert {"script-src 'none'", "frame-ancestors 'self'", "base-uri 'none'"} <= set(policy)
    else:
        assert {"default-src 'none'", "sandbox"} <= set(policy)
    shown = "inline" if kind in INLINE_TYPES else "attachment"
    assert answer["Content-Disposition"].startswith(f"{shown}; filename")


@pytest.mark.parametrize("case", NAMES)
def test_names(sender: Sender, case: str) -> None:
    answer = sender.send(NAMES[case], builders.PDF)
    if answer.status_code != 303:
        assert answer.status_code in (400, 422)
        assert not Document.objects.exists()
        return

    document = sender.kept()
    kept = document.stored_name
    assert not set(kept) & set('/\\|:*?<>"\x00\r\n\t')
    assert kept.isprintable()
    assert not kept.startswith((".", "-"))
    assert len(kept.encode()) <= 200
    assert kept.endswith("pdf")
    assert kept.partition(".")[0].lower() not in {"con", "com1"}
    assert document.folder is not None
    assert document.key == f"{document.folder.path}/{kept}"
    assert ".." not in document.key.split("/")
    sent = sender.client.get(f"/documents/{document.pk}/")
    body_of(sent)
    assert "\n" not in sent["Content-Disposition"]
    assert "Set-Cookie" not in sent.headers
    page = sender.client.get(f"/requests/{sender.request.pk}/").content.decode()
    assert "<img src=x" not in page

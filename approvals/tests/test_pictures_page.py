"""The organisation's logo and stamp: put in, shown on papers, refused, taken away."""

from __future__ import annotations

import io
import struct
import zlib

import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from approvals.tests import builders
from approvals.tests.builders import World
from approvals.tests.pages import handles, logged_in
from documents.models import Picture
from tests.neighbour import Page

pytestmark = pytest.mark.once

LIST = "/settings/templates/"
LOGO = "/settings/pictures/logo/"
SHOWING = "<html><body>{% if pictures.logo %}<img src='asset:logo'>{% else %}none{% endif %}</body></html>"


@pytest.fixture
def client(world: World) -> Client:
    return logged_in(world.admin)


def png(colour: str = "red", kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), colour).save(buffer, kind)
    return buffer.getvalue()


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it is 60,000 pixels wide and high."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
        )

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def put(client: Client, content: bytes, name: str = "logo.png") -> HttpResponse:
    return client.post(LOGO, {"file": SimpleUploadedFile(name, content)})


def there(response: HttpResponse) -> dict[str, str]:
    return {row["data-name"]: row["data-there"] for row in handles(response, "picture")}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_logo_stands_on_papers_from_then_on(client: Client, world: World, kind: str) -> None:
    builders.draft(world)
    before = client.post(f"{LIST}payment_request/preview/", {"source": SHOWING, "css": ""})

    answer = put(client, png(kind=kind), "Логотип")

    assert (answer.status_code, answer["Location"]) == (303, LIST)
    assert there(client.get(LIST)) == {"logo": "yes", "stamp": "no"}
    shown = client.get(LOGO)
    assert (shown["Content-Type"], shown.content) == (f"image/{kind.lower()}", png(kind=kind))
    after = client.post(f"{LIST}payment_request/preview/", {"source": SHOWING, "css": ""})
    pages = [pypdf.PdfReader(io.BytesIO(it.content)).pages[0] for it in (before, after)]
    assert [len(page.images) for page in pages] == [0, 1]
    assert "none" in pages[0].extract_text()


@pytest.mark.parametrize("kind", ["payment_request", "approval_sheet", "payment_notice"])
def test_the_originals_show_the_logo_and_stay_on_their_page(
    client: Client, world: World, kind: str
) -> None:
    builders.paid(world)
    tall = io.BytesIO()
    Image.new("RGB", (300, 1200), "navy").save(tall, "PNG")
    put(client, tall.getvalue())

    answer = client.get(f"{LIST}{kind}/preview/")

    [page] = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    assert len(page.images) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        png()[:40],
        b"\x89PNG\r\n\x1a\n" + b"x" * 100,
        bomb(),
        png() + b"x" * 500 * 1024,
    ],
    ids=["empty", "pdf", "svg", "cut", "no picture", "bomb", "large"],
)
def test_what_cannot_be_printed_is_refused_at_its_field(client: Client, content: bytes) -> None:
    put(client, png())

    answer = put(client, content)

    assert answer.status_code == 422
    assert Page(422, answer.content.decode()).faults() == {"file"}
    assert bytes(Picture.objects.get().content) == png()


def test_a_picture_is_replaced_and_taken_away(client: Client) -> None:
    put(client, png("red"))
    put(client, png("blue"))
    assert client.get(LOGO).content == png("blue")

    client.post(LOGO, {"action": "remove"})

    assert there(client.get(LIST)) == {"logo": "no", "stamp": "no"}
    assert client.get(LOGO).status_code == 404
    assert client.get("/settings/pictures/other/").status_code == 404


@pytest.mark.usefixtures("no_pango")
def test_without_pango_no_picture_can_be_tried(client: Client) -> None:
    answer = put(client, png())

    assert answer.status_code == 422
    assert "make system" in answer.content.decode()

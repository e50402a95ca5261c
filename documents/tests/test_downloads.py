"""Handing a document over: headers, ranges, and what happens when the storage has not got it."""

import os
from urllib.error import HTTPError
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import urlopen

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from documents import storage
from documents.downloads import response
from documents.models import Document
from documents.tests import builders as b

pytestmark = pytest.mark.django_db

CONTENT = b.PDF.ljust(1000, b"x")


@pytest.fixture
def document() -> Document:
    return b.filed("Счёт № 643.pdf", CONTENT)


def get(document: Document, method: str = "get", **headers: str):
    request = getattr(RequestFactory(headers=headers), method)("/")
    return response(request, document)


def body(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_pdf_is_shown_by_the_browser_and_safe(document: Document) -> None:
    answer = get(document)

    assert answer.status_code == 200
    assert body(answer) == CONTENT
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Length"] == "1000"
    assert answer["Content-Disposition"].startswith("inline; filename*=utf-8''")
    assert unquote(answer["Content-Disposition"]).endswith("Счёт № 643.pdf")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]
    assert "script-src 'none'" in answer["Content-Security-Policy"]
    assert answer["ETag"] == f'"{document.sha256}"'


@pytest.mark.parametrize(
    ("name", "content", "disposition"),
    [
        ("a.png", b.PNG, "inline"),
        ("a.jpg", b.JPEG, "inline"),
        ("a.xml", b"<a/>", "attachment"),
        ("a.txt", b"<script>alert(1)</script>", "attachment"),
        ("a.docx", b.DOCX, "attachment"),
        ("a.zip", b.DOCX, "attachment"),
    ],
)
def test_only_pictures_and_pdf_are_inline(name: str, content: bytes, disposition: str) -> None:
    answer = get(b.filed(name, content))

    assert answer["Content-Disposition"] == f'{disposition}; filename="{name}"'
    assert "sandbox" in answer["Content-Security-Policy"]
    assert body(answer) == content


def test_an_attachment_can_be_asked_for(document: Document) -> None:
    answer = response(RequestFactory().get("/"), document, force_attachment=True)

    assert answer["Content-Disposition"].startswith("attachment")
    assert body(answer) == CONTENT


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=990-", 990, 999),
        ("bytes=990-5000", 990, 999),
        ("bytes=-10", 990, 999),
        ("bytes=-5000", 0, 999),
    ],
)
def test_a_range(document: Document, header: str, start: int, end: int) -> None:
    answer = get(document, Range=header)

    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {start}-{end}/1000"
    assert answer["Content-Length"] == str(end - start + 1)
    assert body(answer) == CONTENT[start : end + 1]


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_beyond_the_end(document: Document, header: str) -> None:
    answer = get(document, Range=header)

    assert answer.status_code == 416
    assert answer["Content-Range"] == "bytes */1000"


@pytest.mark.parametrize(
    "header", ["bytes=5-4", "bytes=0-1,5-6", "pages=1-2", "bytes=-", "bytes=a-b", "bytes=٣-٤"]
)
def test_a_range_that_is_not_understood_gets_the_whole(document: Document, header: str) -> None:
    answer = get(document, Range=header)

    assert answer.status_code == 200
    assert body(answer) == CONTENT


def test_if_range_holds_for_the_same_file_alone(document: Document) -> None:
    same = get(document, Range="bytes=0-9", **{"If-Range": f'"{document.sha256}"'})
    other = get(document, Range="bytes=0-9", **{"If-Range": '"other"'})

    assert (same.status_code, other.status_code) == (206, 200)
    assert len(body(same)) == 10
    assert body(other) == CONTENT


def test_what_is_known_is_not_sent_again(document: Document) -> None:
    answer = get(document, **{"If-None-Match": f'W/"{document.sha256}"'})

    assert answer.status_code == 304
    assert body(answer) == b""


def test_head_says_all_and_sends_nothing(document: Document) -> None:
    answer = get(document, "head")

    assert (answer.status_code, answer["Content-Length"]) == (200, "1000")
    assert body(answer) == b""


def test_a_document_on_its_way_is_served_from_incoming() -> None:
    assert body(get(b.promised(content=CONTENT))) == CONTENT


def test_a_document_filed_meanwhile_is_found_in_its_folder() -> None:
    document = b.promised(content=CONTENT)
    b.tasks.file_document(document.pk)  # `document` still says `received`

    assert body(get(document)) == CONTENT


def test_a_file_that_is_gone_is_a_404_in_words(document: Document) -> None:
    storage.store().delete(document.key)

    answer = get(document)

    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/plain")


def test_a_storage_that_is_away_is_a_503_in_words(document: Document, settings, tmp_path) -> None:
    (tmp_path / "file").write_text("no folder")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "file"},
        },
    }

    assert get(document).status_code == 503


@pytest.fixture
def public_s3(settings: Settings) -> str:
    """The test run's S3 by another of its machine's names, as a browser outside would know it."""
    inner = os.environ["S3_ENDPOINT_URL"]
    settings.S3_PUBLIC_URL = inner.replace("127.0.0.1", "localhost")
    return str(settings.S3_PUBLIC_URL)


@pytest.mark.services
def test_what_is_saved_comes_straight_from_the_s3_that_browsers_reach(public_s3: str) -> None:
    document = b.filed("Договор № 5.docx", b.DOCX)

    answer = get(document)

    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{public_s3}/")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    with urlopen(answer["Location"], timeout=5) as fetched:
        assert fetched.read() == b.DOCX
    query = parse_qs(urlsplit(answer["Location"]).query)
    assert query["response-content-disposition"][0].startswith("attachment;")
    assert query["X-Amz-Expires"] == ["300"]
    with pytest.raises(HTTPError, match="403"):
        urlopen(answer["Location"].replace("docx?", "doc?"), timeout=5)


@pytest.mark.services
def test_what_is_shown_and_what_is_on_its_way_still_pass_through_the_program(
    public_s3: str, document: Document
) -> None:
    assert body(get(document)) == CONTENT
    assert get(b.filed("a.docx", b.DOCX), "head").status_code == 200

    assert body(get(b.promised("b.docx", b.DOCX))) == b.DOCX


@pytest.mark.services
def test_there_is_no_link_to_what_is_not_there(public_s3: str) -> None:
    document = b.filed("a.docx", b.DOCX)
    storage.store().delete(document.key)

    assert get(document).status_code == 404


def test_without_a_public_address_there_are_no_links() -> None:
    assert body(get(b.filed("a.docx", b.DOCX))) == b.DOCX

"""What really goes over the wire, read back by a mail program's parser."""

from __future__ import annotations

import email.policy
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from django.core import mail

from documents.models import Document
from documents.services import token_for
from notifications import tasks
from notifications.messages import file_name
from notifications.models import Letter
from notifications.tests.conftest import FILE_NAME, PDF


def sent() -> EmailMessage:
    """The one message that was sent, parsed."""
    assert len(mail.outbox) == 1
    raw = mail.outbox[0].message().as_bytes()
    assert max(len(line) for line in raw.split(b"\n")) <= 998
    assert raw.isascii()
    parsed = message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def test_letter_is_text_html_and_the_file_as_it_is(letter: Letter) -> None:
    tasks.deliver_letter(letter.pk)

    message = sent()
    assert message.get_content_type() == "multipart/mixed"
    alternative, attached = message.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in alternative.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert text is not None
    assert html is not None
    for part in (text, html):
        assert "Елена Юрьевна" in part.get_content()
        assert f"/s/{token_for(letter.share_link)}/" in part.get_content()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content_disposition() == "attachment"
    assert attached.get_filename() == FILE_NAME
    assert attached.get_content() == PDF


def test_headers(letter: Letter, settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Signoff <pay@listbereg.example>"

    tasks.deliver_letter(letter.pk)

    message = sent()
    assert message["From"].addresses[0].display_name == "ООО «Лиственный берег»"
    assert message["From"].addresses[0].addr_spec == "pay@listbereg.example"
    assert message["To"].addresses[0].display_name == "Носова Елена Юрьевна"
    assert message["To"].addresses[0].addr_spec == "nosova@kancverba.example"
    assert message["Reply-To"].addresses[0].addr_spec == "author@listbereg.example"
    assert message["Message-ID"] == letter.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Content-Language"] == "ru"
    assert message["Subject"].startswith("Оплачен счёт №\u00a0643 от 20 ноября 2026")
    assert message["Date"]


def test_message_id_is_of_the_public_address(make_letter: Callable[..., Letter], settings) -> None:
    settings.PUBLIC_URL = "https://pay.example.com:8443"

    letter = make_letter()

    assert letter.message_id.startswith("<letter-")
    assert letter.message_id.endswith("@pay.example.com>")


@pytest.mark.parametrize(
    "name",
    [
        'ООО "Ромашка, лютик", филиал\r\nBcc: everybody@evil.example',
        "Plain Co\nX-Evil: 1",
        "A <b@c.example>, D",
        "Имя\x1f\u2028с мусором",
    ],
)
def test_no_name_adds_a_header_or_an_address(letter: Letter, name: str) -> None:
    Letter.objects.filter(pk=letter.pk).update(
        from_name=name,
        to_name=name,
        reply_to="author@listbereg.example",
        context=letter.context | {"manager": name, "payer": name, "invoice_number": name},
    )

    tasks.deliver_letter(letter.pk)

    message = sent()
    assert len(message["From"].addresses) == 1
    assert [address.addr_spec for address in message["To"].addresses] == [
        "nosova@kancverba.example"
    ]
    assert len(message["Reply-To"].addresses) == 1
    assert "Bcc" not in message
    assert "X-Evil" not in message
    assert mail.outbox[0].recipients() == [mail.outbox[0].to[0]]


@pytest.mark.parametrize(
    ("name", "content_type", "content"),
    [
        ("order.txt", "text/plain", "п/п\r\nline\nline\r".encode("cp1251")),
        ("п/п.xml", "application/xml", b"\xef\xbb\xbf<a>\r\n</a>"),
        ("report.xml", "text/xml", b"<a/>\r\r\n"),
        ("sig.p7s", "application/pkcs7-signature", b"\x00\x01"),
        ("letter.eml", "message/rfc822", b"Subject: x\n\nbody"),
        ("no type", "", b"x"),
    ],
)
def test_any_file_arrives_byte_for_byte(
    make_letter: Callable[..., Letter],
    make_document: Callable[..., Document],
    name: str,
    content_type: str,
    content: bytes,
) -> None:
    document = make_document(content, name=name, content_type=content_type)
    letter = make_letter(documents=[document])

    tasks.deliver_letter(letter.pk)

    (attached,) = sent().iter_attachments()
    assert attached.get_payload(decode=True) == content
    assert attached.get_filename() == name.replace("/", "_")


def test_a_very_long_name_keeps_its_extension(
    make_letter: Callable[..., Letter], make_document: Callable[..., Document]
) -> None:
    letter = make_letter(documents=[make_document(name="Поручение " * 40 + ".pdf")])

    tasks.deliver_letter(letter.pk)

    (attached,) = sent().iter_attachments()
    assert attached.get_filename().startswith("Поручение Поручение")
    assert attached.get_filename().endswith(".pdf")


@pytest.mark.parametrize(
    ("original", "name"),
    [
        ("a.pdf", "a.pdf"),
        ("..\\a\nb/c.pdf", ".._a b_c.pdf"),
        ('кавычки".pdf', 'кавычки".pdf'),
        ("", "document"),
        ("x" * 200, "x" * 120),
        ("x" * 200 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_file_name(original: str, name: str) -> None:
    assert file_name(original) == name


def test_a_name_with_a_quote_is_read_back(
    make_letter: Callable[..., Letter], make_document: Callable[..., Document]
) -> None:
    letter = make_letter(documents=[make_document(name='payment "order"; no 1.pdf')])

    tasks.deliver_letter(letter.pk)

    (attached,) = sent().iter_attachments()
    assert attached.get_filename() == 'payment "order"; no 1.pdf'


def test_too_large_files_stay_behind(
    make_letter: Callable[..., Letter], make_document: Callable[..., Document]
) -> None:
    content = b"%PDF" + b"x" * (10 * 1024 * 1024)
    letter = make_letter(documents=[make_document(content)])

    tasks.deliver_letter(letter.pk)

    message = sent()
    assert not list(message.iter_attachments())
    body = message.get_body(("plain",))
    assert body is not None
    assert "не поместилось в письмо" in body.get_content()


def test_english_letter(make_letter: Callable[..., Letter]) -> None:
    tasks.deliver_letter(make_letter(language="en").pk)

    message = sent()
    assert message["Content-Language"] == "en"
    assert message["Subject"].startswith("Invoice 643 of 20 November 2026 is paid")

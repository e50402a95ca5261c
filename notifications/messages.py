"""The messages themselves: headers, parts and files, ready for a mail server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email import encoders
from email.charset import QP, Charset
from email.header import Header
from email.mime.base import MIMEBase
from email.utils import parseaddr, quote
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from documents.models import Document
from notifications.models import Letter, Notice, TestLetter
from notifications.notice_mail import (
    entry_link_id,
    render_digest,
    render_entry,
    render_notice,
    render_test,
)
from notifications.records import mail_host
from notifications.rendering import Rendered, one_line, render_letter
from people.models import EntryLink, User

# So that nobody's out-of-office answers us, and ours is not taken for a person's mail.
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
# A header line may not exceed 998 bytes, and a Cyrillic letter takes six of them.
LONGEST_NAME = 120


class Message(EmailMultiAlternatives):
    """An e-mail whose long Cyrillic headers are folded with their own names counted in.

    Django's are not: such a header would begin with an empty line, which some programs show as a space.
    """

    def message(self, **options: Any) -> Any:
        made = super().message(**options)
        made.replace_header("Subject", Header(str(self.subject), "utf-8", header_name="Subject"))
        for name, value in (("From", self.from_email), ("To", self.to[0]), *self._reply_to()):
            made.replace_header(name, _folded_address(name, value))
        return made

    def _reply_to(self) -> list[tuple[str, str]]:
        return [("Reply-To", self.reply_to[0])] if self.reply_to else []


def letter_message(
    letter: Letter,
    files: list[tuple[Document, bytes]],
    documents: Sequence[Document] | None = None,
) -> Message:
    """A letter to a contact, with its live link and the given files attached byte for byte.

    `documents` are those that it tells of (see `render_letter`): files that are too large are not attached.
    """
    _name, our_address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    message = _message(
        render_letter(letter, live=True, documents=documents),
        from_email=_address(letter.from_name, our_address),
        to=_address(letter.to_name, letter.to_email),
        language=letter.language,
        message_id=letter.message_id,
    )
    name, address = parseaddr(letter.reply_to)
    if address:
        message.reply_to = [_address(name, address)]
    for document, content in files:
        message.attach(_attachment(document, content))
    return message


def notice_message(user: User, notice: Notice) -> Message:
    """One notice as an e-mail in the person's language; with a link that lets in where it is about one."""
    link_id = entry_link_id(notice)
    if link_id is not None:
        words = render_entry(notice, user, EntryLink.objects.get(pk=link_id))
    else:
        words = render_notice(notice, user.language)
    return _message(
        words,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=_address(user.full_name, user.email),
        language=user.language,
        message_id=_own_id("notice", notice.pk, notice.created_at),
    )


def test_message(letter: TestLetter) -> Message:
    """The letter by which an administrator tries the way."""
    return _message(
        render_test(letter.language),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=letter.to_email,
        language=letter.language,
        message_id=_own_id("test", letter.pk, letter.created_at),
    )


# pytest would collect it where it is imported.
test_message.__test__ = False  # type: ignore[attr-defined]


def digest_message(user: User, notices: list[Notice]) -> Message:
    """Several notices of one person as one e-mail."""
    first = min(notices, key=lambda notice: notice.pk)
    return _message(
        render_digest(notices, user.language),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=_address(user.full_name, user.email),
        language=user.language,
        message_id=_own_id("digest", first.pk, first.created_at),
    )


def _message(
    words: Rendered, *, from_email: str, to: str, language: str, message_id: str
) -> Message:
    headers = {
        **AUTOMATIC,
        "Content-Language": language,
        "Message-ID": message_id,
    }
    message = Message(
        subject=words.subject, body=words.text, from_email=from_email, to=[to], headers=headers
    )
    # Quoted-printable: 8-bit bodies are at the mercy of every server on the way.
    message.encoding = _quoted_printable()
    message.attach_alternative(words.html, "text/html")
    return message


def _quoted_printable() -> Charset:
    charset = Charset("utf-8")
    charset.body_encoding = QP
    return charset


def _address(name: str, address: str) -> str:
    """'"Name" <address>', with nothing in the name that could end it."""
    name = one_line(name)
    return f'"{quote(name)}" <{address}>' if name else address


def _folded_address(header: str, value: str) -> Header:
    name, address = parseaddr(value)
    folded = Header(header_name=header)
    if name:
        folded.append(f'"{quote(name)}"' if name.isascii() else name)
    folded.append(f"<{address}>", "us-ascii")
    return folded


def _own_id(what: str, pk: int, at: datetime) -> str:
    """The same at every try, and another one after a database was made anew."""
    return f"<{what}-{pk}-{int(at.timestamp())}@{mail_host()}>"


def _attachment(document: Document, content: bytes) -> MIMEBase:
    """The file as it is: text too goes in base64, or line ends would change on the way."""
    kind, _slash, subtype = document.content_type.partition("/")
    if kind in {"text", "message", "multipart", ""} or not subtype:
        kind, subtype = "application", "octet-stream"
    part = MIMEBase(kind, subtype)
    part.set_payload(content)
    encoders.encode_base64(part)
    name = file_name(document.original_name)
    part.add_header(
        "Content-Disposition",
        "attachment",
        filename=name if name.isascii() else ("utf-8", "", name),
    )
    return part


def file_name(original: str) -> str:
    """The file's own name on one line and without a path; a very long one keeps its beginning and its end."""
    name = one_line(original).replace("/", "_").replace("\\", "_") or "document"
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        return name[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"

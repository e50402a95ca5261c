"""A mail server that keeps what it is given, for tests to read; it also refuses, hangs and hangs up."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.stack.processes import free_port

HANGS = 60  # seconds: longer than any client waits


@dataclass(frozen=True)
class Received:
    """One letter as it came in: who it is for by the envelope, and its bytes."""

    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The letter, parsed."""
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class Mailbox:
    """All letters in the order in which they came; `url` is the server's EMAIL_URL.

    `answers` is what the server says to a command ("RCPT", "DATA") in place of 250, for everybody or for
    one address. Two words stand for themselves: "hang" says nothing for a long time, "drop" takes the
    letter and hangs up without a word.
    """

    url: str
    letters: list[Received] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def to(self, address: str) -> list[Received]:
        """The letters for one address."""
        return [letter for letter in self.letters if address in letter.recipients]

    def wait_for(self, address: str, *, count: int = 1, timeout: float = 30) -> list[Received]:
        """The letters for one address, once there are `count`; AssertionError when they do not come."""
        with self.arrived:
            came = self.arrived.wait_for(lambda: len(self.to(address)) >= count, timeout)
        assert came, (
            f"{count} expected for {address}, there: {[letter.recipients for letter in self.letters]}"
        )
        return self.to(address)

    def clear(self) -> None:
        """Forget what came so far."""
        with self.arrived:
            self.letters.clear()

    def reset(self) -> None:
        """An empty box of a server that takes everything."""
        self.answers.clear()
        self.clear()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take an address, or not."""
        answer = self.answers.get(address) or self.answers.get("RCPT", "")
        if answer == "hang":
            await asyncio.sleep(HANGS)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a letter (called by aiosmtpd, in its own thread)."""
        answer = self.answers.get("DATA", "")
        if answer == "hang":
            await asyncio.sleep(HANGS)
        if answer not in ("", "drop"):
            return answer
        with self.arrived:
            content = envelope.original_content or b""
            self.letters.append(Received(list(envelope.rcpt_tos), content))
            self.arrived.notify_all()
        if answer == "drop":
            cast(asyncio.Transport, server.transport).abort()
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mail server in a thread of this process."""
    port = free_port()
    mailbox = Mailbox(url=f"smtp://127.0.0.1:{port}")
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()

"""A mail server that keeps what it is given, for tests to read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.stack.processes import free_port


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
    """All letters in the order in which they came; `url` is the server's EMAIL_URL."""

    url: str
    letters: list[Received] = field(default_factory=list)
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

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a letter (called by aiosmtpd, in its own thread)."""
        with self.arrived:
            content = envelope.original_content or b""
            self.letters.append(Received(list(envelope.rcpt_tos), content))
            self.arrived.notify_all()
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

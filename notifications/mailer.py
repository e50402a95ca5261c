"""Handing one message to the mail server, and what its answer means."""

from __future__ import annotations

import contextlib
import smtplib

from django.core.mail import EmailMessage, get_connection

from notifications import reasons

# Codes that mean 'this message is too big for this mailbox or server', wherever in the dialogue they come.
TOO_BIG = {523, 552}


class NotSent(Exception):
    """The message was not taken. `permanent`: trying again would get the same answer."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


def hand_over(message: EmailMessage) -> None:
    """Give the message to the mail server; raises NotSent.

    The connection is opened and closed here: what goes wrong in saying goodbye, after the server has taken
    the message, must not look like a message that was not taken.
    """
    connection = get_connection()
    try:
        connection.open()
        connection.send_messages([message])
    except (smtplib.SMTPException, OSError) as error:
        raise _understood(error) from error
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.close()


def _understood(error: smtplib.SMTPException | OSError) -> NotSent:
    """What an answer of the mail server, or its silence, means for the message.

    Only what is said about the recipient or the message itself is final; a refused log-in or sender is our
    own mistake, to be put right while the row waits.
    """
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, text = next(iter(error.recipients.values()))
            return NotSent(_said(code, text), permanent=code >= 500)
        case smtplib.SMTPAuthenticationError():
            return NotSent(reasons.LOG_IN_REFUSED, permanent=False)
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=text):
            final = isinstance(error, smtplib.SMTPDataError) and code >= 500
            return NotSent(_said(code, text), permanent=final or code in TOO_BIG)
        case smtplib.SMTPNotSupportedError():
            return NotSent(reasons.ADDRESS_UNSUPPORTED, permanent=True)
        case _:
            return NotSent(reasons.NO_ANSWER, permanent=False)


def _said(code: int, text: bytes | str) -> str:
    """'550 5.1.1 user unknown', on one line."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(f"{code} {words}".split())[:500]

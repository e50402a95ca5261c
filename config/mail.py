"""The mail backend of the embedded default: letters become files instead of being sent."""

import os
import secrets
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class EmlBackend(BaseEmailBackend):
    """Keeps every letter as one .eml file under DATA_DIR/mail, named by its time."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the letters; a file appears under its final name only when it is whole."""
        folder = settings.MAIL_DIR
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{timezone.now():%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
            draft = folder / f".{name}.part"
            draft.write_bytes(message.message().as_bytes())
            os.replace(draft, folder / f"{name}.eml")
        return len(email_messages)

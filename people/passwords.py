"""Passwords that anybody here could guess: words of this program, of the firm's host and of the keyboard."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from people.models import User

# Words of this product and its field that make a poor password; in both languages and both layouts.
WORDS = (
    "signoff",
    "password",
    "парол",
    "gfhjk",
    "qwerty",
    "йцукен",
    "asdfgh",
    "фывапр",
    "zxcvbn",
    "ячсмит",
    "admin",
    "админ",
    "manager",
    "менеджер",
    "accountant",
    "бухгалтер",
    "director",
    "директор",
    "auditor",
    "аудитор",
    "payment",
    "оплат",
    "платеж",
    "invoice",
    "счет",
    "москва",
    "moscow",
)
# Letters that must be left when the words, the digits and the signs are taken out.
LEAST_LEFT = 6


class PredictableWordsValidator:
    """Refuses what is nothing but predictable words and numbers, however long."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises ValidationError with what to do instead."""
        if predictable(password, user):
            raise ValidationError(self.get_help_text(), code="password_predictable")

    def get_help_text(self) -> str:
        return _("Not only words of this program and of the firm, keys side by side and numbers.")


def predictable(password: str, user: User | None = None) -> bool:
    """Whether next to nothing is left without the predictable words."""
    rest = password.casefold().replace("ё", "е")
    for word in sorted({*WORDS, *_own_words(user)}, key=len, reverse=True):
        rest = rest.replace(word, "")
    letters = re.sub(r"[\W\d_]+", "", rest)
    # A password of digits alone is as good as its length, unless they are in order or the same.
    if not re.search(r"[^\W\d_]", password):
        return len(set(password)) < LEAST_LEFT
    return len(set(letters)) < LEAST_LEFT


def _own_words(user: User | None) -> set[str]:
    """Parts of the installation's host, and of the person's log-in name and address."""
    texts = [urlsplit(settings.PUBLIC_URL).hostname or ""]
    if user is not None:
        texts += [user.username, user.email]
    parts = re.split(r"[\W_]+", " ".join(texts).casefold().replace("ё", "е"))
    return {part for part in parts if len(part) > 3}

"""What must not be in a log, looked for in one."""

from __future__ import annotations

import json
import re
from typing import Any

# An address of a person, a public link's token, an account, a BIK's or an INN's digits, a sum of money.
PATTERNS = {
    "e-mail address": r"[\w.+-]+@[\w-]+\.[\w.]+",
    "public link": r"/s/[\w-]{8,}",
    "account number": r"\b\d{20}\b",
    "INN or BIK": r"\b(?:\d{9}|\d{10}|\d{12}|\d{13})\b",
    "amount": r"\d[ \u00a0\u202f,]\d{3}[.,]\d\d\b|\b\d+[.,]\d\d\s?(?:₽|руб|RUB)",
    "Russian words": r"[А-Яа-яЁё]",
}


# Times, random ids and places in the code have digits of their own.
WITH_DIGITS = {"time", "seconds", "request_id", "task_id", "frames"}


def as_json(line: str) -> dict[str, Any] | None:
    """A line of our log, read; None for what another program printed."""
    try:
        read = json.loads(line)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def leaks(text: str, *secrets: str) -> list[str]:
    """The lines of a log that hold one of the patterns or of the secrets, and which."""
    found = []
    for line in text.splitlines():
        if (read := as_json(line)) is not None:
            facts = {name: value for name, value in read.items() if name not in WITH_DIGITS}
            line = json.dumps(facts, ensure_ascii=False)
        for name, pattern in PATTERNS.items():
            if re.search(pattern, line):
                found.append(f"{name}: {line}")
        found += [f"{secret!r}: {line}" for secret in secrets if secret and secret in line]
    return found

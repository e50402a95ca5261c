"""The keys that prove events: the one in force, and older ones that old rows were written with."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256

from django.conf import settings


def all_keys() -> tuple[str, ...]:
    """The key in force first, then those before it (AUDIT_KEY_FALLBACKS), each once."""
    return tuple(dict.fromkeys([settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS]))


def digest(key: str, text: bytes) -> str:
    """The proof of `text` under `key`, 64 hexadecimal digits."""
    return hmac.digest(key.encode(), text, "sha256").hex()


def prover(key: str) -> Callable[[bytes], str]:
    """`digest` of text after text under one key: what hangs on the key alone is made once (RFC 2104)."""
    raw = key.encode()
    block = (sha256(raw).digest() if len(raw) > 64 else raw).ljust(64, b"\0")
    inner, outer = bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)

    def proved(text: bytes) -> str:
        return sha256(outer + sha256(inner + text).digest()).hexdigest()

    return proved


def is_same(one: str, other: str) -> bool:
    """Whether two digests are one, told in a time that says nothing about where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def which_proves(text: bytes, said: str) -> int | None:
    """0 when the key in force made this digest, 1 or more for an older key, None for no key of ours."""
    for number, key in enumerate(all_keys()):
        if is_same(digest(key, text), said):
            return number
    return None


def fingerprint(key: str) -> str:
    """What tells two keys apart and says nothing about either: 12 hexadecimal digits."""
    return sha256(b"signoff fingerprint:" + key.encode()).hexdigest()[:12]

"""What goes through the pipes: four bytes of length, then that much JSON; bytes inside it as base64."""

from __future__ import annotations

import base64
import json
import os
import select
import time
from typing import Any, cast

Message = dict[str, Any]

HEADER = 4
# Longer than any job or answer may be; a stray length does not make anybody allocate gigabytes.
LONGEST = 128 * 1024 * 1024


class Ended(Exception):
    """The other side has closed its end, or has died."""


class TooLate(Exception):
    """Nothing whole came before the deadline."""


def pack(message: Message) -> bytes:
    """The message as it is written; TypeError for anything but plain values."""
    body = json.dumps(message, allow_nan=False).encode()
    return len(body).to_bytes(HEADER, "big") + body


def send(descriptor: int, packed: bytes) -> None:
    """Write all of it. Raises Ended."""
    rest = memoryview(packed)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BrokenPipeError as error:
        raise Ended from error


def receive(descriptor: int, *, seconds: float | None) -> Message:
    """Read one message within `seconds` (None: however long it takes). Raises Ended and TooLate."""
    deadline = None if seconds is None else time.monotonic() + seconds
    length = int.from_bytes(_exactly(descriptor, HEADER, deadline), "big")
    if length > LONGEST:
        raise Ended
    return cast(Message, json.loads(_exactly(descriptor, length, deadline)))


def _exactly(descriptor: int, size: int, deadline: float | None) -> bytes:
    # Not select(): a program with many connections has descriptors that it cannot take.
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    chunks = bytearray()
    while len(chunks) < size:
        left = None if deadline is None else max(0, round((deadline - time.monotonic()) * 1000))
        if not poll.poll(left):
            raise TooLate
        chunk = os.read(descriptor, size - len(chunks))
        if not chunk:
            raise Ended
        chunks += chunk
    return bytes(chunks)


def to_text(content: bytes) -> str:
    """Bytes as JSON can carry them."""
    return base64.b64encode(content).decode("ascii")


def from_text(text: str) -> bytes:
    """Back again."""
    return base64.b64decode(text)

"""What other rooms may read of the history."""

from __future__ import annotations

from audit import checkpoints, keys, seals, verification

FOLDER = checkpoints.FOLDER
fingerprint = keys.fingerprint
problems = verification.problems
write_checkpoint = checkpoints.write


def evidence() -> list[str]:
    """Keys in the storage of what proves the history beside the rows: the newest checkpoint, every seal."""
    return [*filter(None, [checkpoints.newest()]), *seals.names()]


def proof(text: bytes) -> str:
    """What proves that this installation said `text`: an HMAC under the key of the history."""
    return keys.digest(f"said:{keys.all_keys()[0]}", text)


def is_proved(text: bytes, said: str) -> bool:
    """Whether `said` is the proof of `text` under the key in force or an older one."""
    return any(keys.is_same(keys.digest(f"said:{key}", text), said) for key in keys.all_keys())

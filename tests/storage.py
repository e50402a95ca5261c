"""The S3 storage of a test run: it knows whether a test has used it; only those are cleaned up after."""

from __future__ import annotations

from typing import Any

from storages.backends.s3 import S3Storage

_used = False


class WatchedStorage(S3Storage):
    """Django-storages' own, and a mark whenever somebody in this process reaches for it."""

    @property
    def connection(self) -> Any:
        global _used
        _used = True
        return super().connection

    @property
    def bucket(self) -> Any:
        global _used
        _used = True
        return super().bucket


def was_used() -> bool:
    """Whether anybody used the storage since this was asked last."""
    global _used
    used, _used = _used, False
    return used

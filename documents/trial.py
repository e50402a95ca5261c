"""Whether the storage keeps what it is given: asked by `ensure_storage` and by the doctor."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import gettext as _

from documents import storage


class TrialFailed(Exception):
    """The storage did not do what it is for; `code` is an S3's word for it, where it gave one."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.code = words.rpartition(": ")[2]


GAVE_BACK_SOMETHING_ELSE = "it gave back something else"


LETS_US_NOT_IN = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403"}


def advice_for(error: TrialFailed) -> str:
    """What an administrator does about it, in the active language."""
    if error.code in {"NoSuchBucket", "404"}:
        return _("There is no such bucket: python manage.py ensure_storage makes it.")
    if error.code in LETS_US_NOT_IN:
        return _("S3_ACCESS_KEY and S3_SECRET_KEY are not let in: see to them or their rights.")
    if error.code == "RequestTimeTooSkewed":
        return _("Its clock and ours are too far apart: set both by NTP.")
    if not settings.USES_S3:
        return _("See that the program may write to DATA_DIR/storage and that there is room.")
    return _("See that it runs and has room, and that S3_ENDPOINT_URL names it.")


@contextmanager
def kept(text: bytes | None = None) -> Iterator[str]:
    """A small file is written and read back, and taken away after the block.

    Yields the link that browsers would fetch it by, where there are such links. Raises TrialFailed.
    """
    key = f"{storage.INCOMING}/check-{uuid.uuid4()}"
    written = text or key.encode()
    try:
        store = storage.store()
        store.put(key, io.BytesIO(written), content_type="text/plain")
        if storage.read(key) != written:
            raise TrialFailed(GAVE_BACK_SOMETHING_ELSE)
        link = store.link(key, content_type="text/plain", disposition="attachment")
    except storage.StorageError as error:
        raise TrialFailed(str(error)) from error
    try:
        yield link
    finally:
        try:
            store.delete(key)
        except storage.StorageError as error:
            raise TrialFailed(str(error)) from error

"""Why something on the storage is not in order: kept in the row in English, translated when it is read."""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as noop

STORAGE_SILENT = noop("The storage does not answer.")
FOLDER_TAKEN = noop("Another folder lies in its place in the storage.")
FOLDER_UNREADABLE = noop(
    "The folder is not in the storage: it was written and cannot be read back."
)
FOLDER_AT_FAULT = noop("Waits for its folder, which is not in order.")
FILE_GONE = noop("The received file is no longer in the storage.")
FILE_CHANGED = noop("The copy in the folder is not the file that was received.")
UNEXPECTED = noop("An unexpected error; it is in the log.")


def shown(reason: str) -> str:
    """The reason in the reader's language; empty for none."""
    return gettext(reason) if reason else ""

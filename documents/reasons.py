"""Why something on the storage is not in order: kept in the row in English, translated when it is read."""

from django.utils.translation import gettext, gettext_noop

STORAGE_SILENT = gettext_noop("The storage does not answer.")
FOLDER_TAKEN = gettext_noop("Another folder lies in its place in the storage.")
FOLDER_UNREADABLE = gettext_noop(
    "The folder is not in the storage: it was written and cannot be read back."
)
FOLDER_AT_FAULT = gettext_noop("Waits for its folder, which is not in order.")
FILE_GONE = gettext_noop("The received file is no longer in the storage.")
FILE_CHANGED = gettext_noop("The copy in the folder is not the file that was received.")
PRESS_MISSING = gettext_noop(
    "Waits: pango is not installed on this machine. Type `make system` there."
)
UNEXPECTED = gettext_noop("An unexpected error; it is in the log.")


def shown(reason: str) -> str:
    """The reason in the reader's language; empty for none."""
    return gettext(reason) if reason else ""

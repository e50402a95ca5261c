"""Why a letter or a notice was not sent, as it is kept in `last_error`.

What is kept is the English text; it is translated when it is read (`presenters.reason_text`). What a mail
server said is kept as it was said.
"""

from django.utils.translation import gettext_noop as _

FILE_FAULT = _(
    "A file of the letter could not be stored. Send it without the file, or file it again"
)
FILE_LATE = _("A file of the letter was not stored within an hour")
FILE_CHANGED = _("A file in the storage is not the one that was received")
LINK_REVOKED = _("The link was revoked before the letter was sent")
LINK_EXPIRED = _("The link has expired, so the letter leads nowhere")
LINK_KEY_LOST = _(
    "The letter's link cannot be made again: SHARE_LINK_KEY was changed and the old key was not kept"
)
ENTRY_KEY_LOST = _("SECRET_KEY was changed before the letter was sent: send another one")
NO_ANSWER = _("The mail server did not answer")
STORAGE_NO_ANSWER = _("The storage did not answer")
LOG_IN_REFUSED = _("The mail server refused our log-in")
ADDRESS_UNSUPPORTED = _("The mail server cannot deliver to such an address")
UNEXPECTED = _("An unexpected error; the administrator finds it in the log")
HELD = _("Held back after a restore from a back-up: it may have been sent already")
NO_ADDRESS = _("The person has no e-mail address any more")

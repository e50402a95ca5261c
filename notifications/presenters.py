"""Letters and notices in words, in the active language, when they are read."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from notifications import reasons
from notifications.models import (
    Letter,
    LetterEvent,
    LetterState,
    Notice,
    NoticeKind,
    TestLetter,
)
from notifications.rendering import Rendered, letter_rows, render_letter
from people.formats import date_short, moment, money

__all__ = [
    "Rendered",
    "letter_event_text",
    "letter_problem",
    "letter_rows",
    "letter_state_text",
    "notice_text",
    "notice_url",
    "read_state_text",
    "reason_text",
    "render_letter",
    "test_letter_advice",
]

NOTICES = {
    NoticeKind.TASK: gettext_lazy("For approval: %(amount)s, %(company)s, pay by %(pay_by)s"),
    NoticeKind.APPROVED: gettext_lazy(
        "Approved: %(company)s, %(amount)s. Accept it and it goes to payment"
    ),
    NoticeKind.RETURNED: gettext_lazy(
        "Returned for changes: %(company)s, %(amount)s. “%(reason)s”"
    ),
    NoticeKind.REFUSED: gettext_lazy("Rejected: %(company)s, %(amount)s. “%(reason)s”"),
    NoticeKind.ACCEPTED: gettext_lazy("To pay: %(company)s, %(amount)s, by %(pay_by)s"),
    NoticeKind.PAID: gettext_lazy(
        "Paid: %(company)s, %(amount)s, payment order No. %(payment_order_number)s."
        " Letter to the contact: %(letter_state)s"
    ),
    NoticeKind.LETTER_FAILED: gettext_lazy(
        "Letter not delivered: %(contact)s, %(company)s. %(reason)s"
    ),
    NoticeKind.NO_LETTER: gettext_lazy(
        "No letter will go: %(company)s has no contact with an e-mail address"
    ),
    NoticeKind.COMMENT: gettext_lazy("%(who)s: “%(reason)s” · %(company)s, %(amount)s"),
    NoticeKind.MENTION: gettext_lazy(
        "%(who)s mentions you: “%(reason)s” · %(company)s, %(amount)s"
    ),
    NoticeKind.EXPORT_READY: gettext_lazy("Your export is ready: %(rows)s"),
    NoticeKind.EXPORT_FAILED: gettext_lazy("Your export was not made. Ask for it again"),
    NoticeKind.WATCHED: gettext_lazy("%(decision)s: %(company)s, %(amount)s. %(who)s"),
}
SECURITY = {
    "second_factor_added": gettext_lazy("A second factor was added to your log-in"),
    "second_factor_removed": gettext_lazy("A second factor was removed from your log-in"),
    "second_factor_reset": gettext_lazy("Your second factors were removed by %(who)s"),
    "recovery_codes_made": gettext_lazy("New recovery codes were made for your log-in"),
    "password_changed": gettext_lazy("The password of your log-in was changed"),
    "invited": gettext_lazy("%(who)s invites you to Signoff"),
    "password_forgotten": gettext_lazy("A link to choose a new password was asked for"),
}
# Where the step of acceptance is switched off, and where no letter was written.
APPROVED_ALREADY = gettext_lazy("Approved: %(company)s, %(amount)s")
PAID_WITHOUT_LETTER = gettext_lazy(
    "Paid: %(company)s, %(amount)s, payment order No. %(payment_order_number)s"
)
# What a watcher is told of: the codes of a notice's `decision`.
DECISIONS = {
    "approved": gettext_lazy("Approved"),
    "returned": gettext_lazy("Returned for changes"),
    "refused": gettext_lazy("Rejected"),
    "accepted": gettext_lazy("Accepted and passed to payment"),
    "withdrawn": gettext_lazy("Withdrawn by the author"),
    "cancelled": gettext_lazy("Request cancelled"),
    "returned_to_author": gettext_lazy("Returned to the author by accounting"),
    "paid": gettext_lazy("Paid"),
    "partly_paid": gettext_lazy("Partly paid"),
}
LETTER_STATES = {
    LetterState.QUEUED: pgettext_lazy("letter, within a sentence", "queued"),
    LetterState.SENT: pgettext_lazy("letter, within a sentence", "sent"),
    LetterState.FAILED: pgettext_lazy("letter, within a sentence", "not sent"),
}
READ_STATES = {
    "none": gettext_lazy("No sign of reading"),
    "opened": gettext_lazy("Probably opened"),
    "followed": gettext_lazy("Link followed"),
}
LETTER_EVENTS = {
    "queued": gettext_lazy("Queued"),
    "waiting": gettext_lazy("Waiting for the payment order"),
    "sent": gettext_lazy("Accepted by the mail server"),
    "attempt_failed": gettext_lazy("Attempt failed"),
    "failed": gettext_lazy("Not sent"),
    "retried": gettext_lazy("Sent again by hand"),
    "revoked": gettext_lazy("Link revoked"),
}


# By the reason that is kept; whatever else a mail server said is its own words.
TEST_ADVICE: dict[str, str | Promise] = {
    reasons.NO_ANSWER: gettext_lazy(
        "See that EMAIL_URL names it, its port and its kind of TLS (smtp+tls://, smtp+ssl://), and that"
        " no firewall is in between."
    ),
    reasons.LOG_IN_REFUSED: gettext_lazy("See to the name and the password in EMAIL_URL."),
    reasons.ADDRESS_UNSUPPORTED: gettext_lazy("Try an address in Latin letters."),
    reasons.UNEXPECTED: "",
}
TEST_REFUSED = gettext_lazy(
    "These are the server's own words. Most often it does not take our sender's address"
    " (DEFAULT_FROM_EMAIL), or does not know the recipient's."
)


def notice_text(notice: Notice) -> str:
    """The bell's sentence and the e-mail's subject."""
    facts = notice.context
    if notice.kind == NoticeKind.SECURITY:
        return str(SECURITY[facts["what"]]) % {"who": facts["who"]}
    sentence = NOTICES.get(NoticeKind(notice.kind))
    if notice.kind == NoticeKind.APPROVED and not facts.get("acceptance", True):
        sentence = APPROVED_ALREADY
    if notice.kind == NoticeKind.PAID and facts.get("letter_state", "none") not in LETTER_STATES:
        sentence = PAID_WITHOUT_LETTER
    return str(sentence) % notice_facts(notice)


def notice_facts(notice: Notice) -> dict[str, Any]:
    """A notice's facts, formatted in the active language; what it does not tell is ''."""
    facts = notice.context
    amount, currency, pay_by = (facts.get("amount"), facts.get("currency"), facts.get("pay_by"))
    reason = str(facts.get("reason") or "")
    return {
        "number": facts.get("number", ""),
        "company": facts.get("company", ""),
        "contact": facts.get("contact", ""),
        "purpose": facts.get("purpose", ""),
        "amount": money(amount, currency) if amount and currency else "",
        "pay_by": date_short(pay_by) if pay_by else "",
        "reason": reason_text(reason) if notice.kind == NoticeKind.LETTER_FAILED else reason,
        "payment_order_number": facts.get("payment_order_number", ""),
        "letter_state": LETTER_STATES.get(facts.get("letter_state", ""), ""),
        "who": facts.get("who", ""),
        "rows": _rows(facts.get("number_of_rows")),
        "decision": DECISIONS.get(facts.get("decision", ""), ""),
    }


def _rows(number: int | None) -> str:
    if number is None:
        return ""
    return ngettext("%(number)s request", "%(number)s requests", number) % {"number": number}


def notice_url(notice: Notice) -> str:
    """The page that the notice is about, as a path."""
    return str(notice.context.get("url") or "")


def letter_state_text(letter: Letter) -> str:
    """The badge: the letter's state, or that it waits for its file."""
    if letter.state == LetterState.QUEUED and letter.waiting_for_files:
        return _("Waiting for the payment order")
    return str(LetterState(letter.state).label)


def letter_problem(letter: Letter) -> str:
    """What went wrong and what comes next, or '' when nothing did."""
    if not letter.last_error or letter.state == LetterState.SENT:
        return ""
    reason = reason_text(letter.last_error)
    if letter.state == LetterState.FAILED or letter.next_try_at is None:
        return _("%(reason)s. There will be no more attempts") % {"reason": reason}
    at = moment(letter.next_try_at)
    return _("%(reason)s. Next attempt: %(at)s") % {"reason": reason, "at": at}


def letter_event_text(event: LetterEvent) -> str:
    """One line of the letter's history; who and when stand beside it."""
    text = str(LETTER_EVENTS.get(event.kind, event.kind))
    if event.kind == "retried" and event.detail == "without_attachment":
        return _("Sent again by hand, without the file")
    return f"{text}: {reason_text(event.detail)}" if event.detail else text


def test_letter_advice(letter: TestLetter) -> str:
    """What an administrator looks at when a test letter was not sent; '' while that is not so."""
    if letter.state != LetterState.FAILED:
        return ""
    return str(TEST_ADVICE.get(letter.last_error, TEST_REFUSED))


test_letter_advice.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it


def read_state_text(read_state: str) -> str:
    """Of `selectors.with_read(...)`'s `read_state`; never a bare 'read' or 'not read'."""
    return str(READ_STATES[read_state])


def reason_text(reason: str) -> str:
    """Our own reasons are translated; what a mail server said stays as it said it."""
    return _(reason) if reason else ""

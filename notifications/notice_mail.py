"""Wording the e-mails of notices: one alone, or a morning's digest."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.models import Notice, NoticeKind
from notifications.presenters import notice_facts, notice_text, notice_url
from notifications.rendering import Rendered, one_line
from people import entry
from people.formats import moment, money
from people.models import EntryLink, User

# Mail programs show the beginning; the whole text stands in the body.
LONGEST_SUBJECT = 200


def render_notice(notice: Notice, language: str) -> Rendered:
    """Subject: the bell's text. Body: that, the counterparty, amount, purpose, pay by and one link."""
    with translation.override(language):
        text = notice_text(notice)
        return _rendered("notice", text, {"text": text, "item": _item(notice)}, language)


def entry_link_id(notice: Notice) -> int | None:
    """Of a notice whose e-mail holds a link that lets its reader in; the bell shows no such link."""
    link_id: int | None = notice.context.get("entry_link")
    return link_id


def render_entry(notice: Notice, user: User, link: EntryLink) -> Rendered:
    """An invitation, or a link instead of a forgotten password. Raises entry.KeyLost.

    The token is in the e-mail that is handed over and nowhere else.
    """
    with translation.override(user.language):
        text = notice_text(notice)
        facts = {"username": user.username, "until": moment(link.expires_at)}
        if link.purpose == EntryLink.Purpose.INVITATION:
            opening = _("Open the link and choose a password. Your log-in name is %(username)s.")
            otherwise = _("If you do not know what this is about, do nothing.")
        else:
            opening = _(
                "Somebody, probably you, has forgotten the password of the log-in %(username)s."
            )
            otherwise = _("If it was not you, do nothing: the password stays as it is.")
        path = str(notice.context["entry_path"]).replace("{token}", entry.token_of(link))
        words = {
            "text": text,
            "opening": opening % facts,
            "note": _("The link works once, until %(until)s.") % facts,
            "otherwise": otherwise,
            "item": {"url": settings.PUBLIC_URL + path, "button": _("Choose a password")},
        }
        return _rendered("entry", text, words, user.language)


def render_test(language: str) -> Rendered:
    """That letters come."""
    with translation.override(language):
        subject = _("A test letter from Signoff")
        words = {
            "text": _("Letters come: this one was sent to try the way."),
            "item": {"rows": [], "url": settings.PUBLIC_URL, "button": _("Open Signoff")},
        }
        return _rendered("notice", subject, words, language)


def render_digest(notices: list[Notice], language: str) -> Rendered:
    """A morning's news in one: how many and how much in the subject, each with its link in the body."""
    ordered = sorted(notices, key=lambda notice: (notice.context.get("pay_by") or "", notice.pk))
    with translation.override(language):
        totals = _totals(notices)
        counted = {"count": len(notices), "totals": ", ".join(totals)}
        if all(notice.kind == NoticeKind.ACCEPTED for notice in notices) and totals:
            subject = ngettext(
                "To pay: %(count)s request, %(totals)s",
                "To pay: %(count)s requests, %(totals)s",
                len(notices),
            )
        else:
            subject = ngettext("%(count)s notice", "%(count)s notices", len(notices))
        subject = subject % counted
        words = {"text": subject, "items": [_item(notice) for notice in ordered], "totals": totals}
        return _rendered("digest", subject, words, language)


def _rendered(name: str, subject: str, words: dict[str, Any], language: str) -> Rendered:
    subject = one_line(subject)
    if len(subject) > LONGEST_SUBJECT:
        subject = subject[: LONGEST_SUBJECT - 1].rstrip() + "…"
    words |= {"subject": subject, "language": language}
    return Rendered(
        subject=subject,
        text=render_to_string(f"notifications/{name}.txt", words).strip() + "\n",
        html=render_to_string(f"notifications/{name}.html", words),
    )


def _item(notice: Notice) -> dict[str, Any]:
    """One notice's sentence, rows and address."""
    facts = notice_facts(notice)
    labels = {
        "company": _("Counterparty"),
        "amount": _("Amount"),
        "purpose": _("Purpose"),
        "pay_by": _("Pay by"),
    }
    return {
        "title": f"{facts['company']}, {facts['amount']}" if facts["amount"] else facts["company"],
        "rows": [(label, facts[key]) for key, label in labels.items() if facts[key]],
        "url": settings.PUBLIC_URL + notice_url(notice),
        "button": _("Open request %(number)s") % {"number": facts["number"]}
        if facts["number"]
        else _("Open"),
    }


def _totals(notices: list[Notice]) -> list[str]:
    """One for each currency, in the order in which they appear."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for notice in notices:
        if notice.context.get("amount") and notice.context.get("currency"):
            sums[notice.context["currency"]] += Decimal(notice.context["amount"])
    return [money(total, currency) for currency, total in sums.items()]

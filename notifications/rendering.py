"""Wording a letter from its facts, in its own language: subject, text and HTML say the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from documents.models import Document, DocumentKind
from documents.services import token_for
from notifications.models import Letter
from people.amount_words import amount_in_words
from people.formats import date_long, money, percent

# Above this the files are not attached: many mailboxes refuse bigger letters, and base64 adds a third.
ATTACHED_AT_MOST = 10 * 1024 * 1024
PLACEHOLDER = "…"
RUSSIAN_WORD = re.compile(r"[А-ЯЁ][а-яё]+(-[А-ЯЁ][а-яё]+)*")
CONTROL = re.compile(r"[\x00-\x20\x7f\x85\u2028\u2029]+")
PATRONYMIC = re.compile(r".+(вич|ьич|[кмт]ич|вна|чна)")


class Rendered(NamedTuple):
    """A letter in words."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Row:
    """One line of the facts' table; `lines` has more than one where there were several payments."""

    label: str
    lines: list[str]
    nowrap: bool = False


def render_letter(
    letter: Letter, *, live: bool, documents: Sequence[Document] | None = None
) -> Rendered:
    """The letter as its addressee gets it (`live`), or as staff see it: with a dead link and no token.

    `documents` are those that it is about to go with, where that is known: what it can do without may lack.
    """
    if documents is None:
        documents = list(letter.attachments.all())
    with translation.override(letter.language):
        words = _paid(letter, documents) | _link(letter, live=live) | {"language": letter.language}
        return Rendered(
            subject=one_line(words["subject"]),
            text=render_to_string("notifications/letter_paid.txt", words).strip() + "\n",
            html=render_to_string("notifications/letter_paid.html", words),
        )


def letter_rows(letter: Letter) -> list[Row]:
    """The table of facts, in the active language: the contact's page says what the letter says."""
    facts = letter.context
    return _rows(facts, money(facts["amount"], facts["currency"]))


def files_carried(documents: Sequence[Document]) -> list[Document]:
    """Those that are small enough, taken together, to go with a letter: all, all but the notice, or none."""
    orders = [document for document in documents if not _is_notice(document)]
    for some in (list(documents), orders):
        if sum(document.size for document in some) <= ATTACHED_AT_MOST:
            return some
    return []


def _is_notice(document: Document) -> bool:
    return document.kind == DocumentKind.PAYMENT_NOTICE


def name_and_patronymic(full_name: str) -> str:
    """'Елена Юрьевна' of 'Носова Елена Юрьевна' (or of the name first); '' of anything else.

    Three words are no name yet ('Отдел Продаж Москва'): one of them must be a patronymic.
    """
    words = full_name.split()
    if len(words) != 3 or not all(RUSSIAN_WORD.fullmatch(word) for word in words):
        return ""
    if PATRONYMIC.fullmatch(words[1]):
        return f"{words[0]} {words[1]}"
    return f"{words[1]} {words[2]}" if PATRONYMIC.fullmatch(words[2]) else ""


def _paid(letter: Letter, documents: Sequence[Document]) -> dict[str, Any]:
    """Everything that the letter 'paid' says, in the active language."""
    facts = letter.context
    amount = money(facts["amount"], facts["currency"])
    invoice = _invoice(facts)
    payer = facts["payer"]
    if invoice:
        subject = _("Invoice %(invoice)s is paid: %(amount)s — %(payer)s")
    else:
        subject = _("Payment of %(amount)s from %(payer)s")
    return {
        "subject": subject % {"invoice": invoice, "amount": amount, "payer": payer},
        "preheader": _preheader(facts, amount),
        "amount": amount,
        "payer": payer,
        "greeting": _greeting(letter),
        "opening": _opening(letter, invoice, amount, documents),
        "rows": _rows(facts, amount),
        "link_note": _one_stop(
            _("No sign-in is needed. The link works until %(day)s.")
            % {"day": date_long(letter.share_link.expires_at)}
        ),
        "help": _help(facts),
        "regards": _("Kind regards, %(manager)s, %(payer)s")
        % {"manager": facts["manager"], "payer": payer},
        "footer": _footer(facts),
    }


def _link(letter: Letter, *, live: bool) -> dict[str, Any]:
    """The page's address. A stored letter keeps no token, so staff see a placeholder that leads nowhere."""
    path = letter.context.get("page_path", "/s/{token}/")
    token = token_for(letter.share_link) if live else PLACEHOLDER
    return {"page_url": settings.PUBLIC_URL + path.replace("{token}", token), "live": live}


def _greeting(letter: Letter) -> str:
    if letter.language == "ru":
        name = name_and_patronymic(letter.to_name)
    else:
        name = " ".join(letter.to_name.split())
    # Translators: the name is first name and patronymic.
    return _("Hello %(name)s,") % {"name": name} if name else _("Hello,")


def _invoice(facts: dict[str, Any]) -> str:
    """'№ 643 от 24 ноября 2026 г.', '№ 643', or '' when the invoice has no number."""
    number, day = facts.get("invoice_number"), facts.get("invoice_date")
    if not number:
        return ""
    if not day:
        return pgettext("an invoice", "%(number)s") % {"number": number}
    return pgettext("an invoice", "%(number)s of %(day)s") % {
        "number": number,
        "day": date_long(day),
    }


def _opening(letter: Letter, invoice: str, amount: str, documents: Sequence[Document]) -> list[str]:
    if invoice:
        paid = _one_stop(_("We have paid invoice %(invoice)s.") % {"invoice": invoice})
    else:
        paid = _("We have paid %(amount)s.") % {"amount": amount}
    if letter.without_attachment:
        documents = []
    carried = files_carried(documents)
    orders = [document for document in documents if not _is_notice(document)]
    with_notice = any(_is_notice(document) for document in carried)
    if not orders:
        sentences = [paid, _("The payment order is not attached; look for it at the link below.")]
        return [*sentences, _("A payment notice is attached.")] if with_notice else sentences
    if orders[0] not in carried:
        too_large = ngettext(
            "The payment order was too large to attach; please download it from the link below.",
            "The payment orders were too large to attach; please download them from the link below.",
            len(orders),
        )
        return [paid, too_large]
    if with_notice:
        attached = ngettext(
            "The payment order and a payment notice are attached.",
            "The payment orders and a payment notice are attached.",
            len(orders),
        )
    else:
        attached = ngettext(
            "The payment order is attached.", "The payment orders are attached.", len(orders)
        )
    return [f"{paid} {attached}"]


def _rows(facts: dict[str, Any], amount: str) -> list[Row]:
    in_words = amount_in_words(facts["amount"], facts["currency"])
    return [
        Row(_("Amount"), [f"{amount} ({in_words})"]),
        Row(_("VAT"), [_vat(facts)]),
        *_payment_rows(facts),
        Row(_("Payer"), [_with_inn(facts["payer"], facts.get("payer_inn", ""))]),
        Row(_("Payee"), [_with_inn(facts["company"], facts.get("inn", ""))]),
        Row(
            _("Payee's account"),
            [
                _("ends in %(last4)s, %(bank)s")
                % {"last4": facts["last4"], "bank": facts["bank_name"]}
            ],
        ),
        Row(_("Payment purpose"), [facts["purpose"]]),
    ]


def _payment_rows(facts: dict[str, Any]) -> list[Row]:
    """When and by which payment order; one line for each where the sum went in several."""
    payments = facts.get("payments") or []
    if len(payments) < 2:
        order = {"number": facts["order_number"], "day": date_long(facts["paid_on"])}
        return [
            Row(_("Paid on"), [date_long(facts["paid_on"])], nowrap=True),
            Row(_("Payment order"), [_("No. %(number)s of %(day)s") % order]),
        ]
    lines = [
        _("%(amount)s on %(day)s, payment order No. %(number)s")
        % {
            "amount": money(payment["amount"], facts["currency"]),
            "day": date_long(payment["paid_on"]),
            "number": payment["number"],
        }
        for payment in payments
    ]
    return [Row(_("Payments"), lines)]


def _vat(facts: dict[str, Any]) -> str:
    rate = facts.get("vat_rate") or "none"
    if rate == "none":
        return _("no VAT")
    return _("%(vat)s included at %(rate)s") % {
        "vat": money(facts.get("vat_amount") or "0", facts["currency"]),
        "rate": percent(rate),
    }


def _with_inn(name: str, inn: str) -> str:
    return _("%(name)s, INN %(inn)s") % {"name": name, "inn": inn} if inn else name


def _preheader(facts: dict[str, Any], amount: str) -> str:
    return _("%(amount)s, payment order No. %(number)s, %(day)s") % {
        "amount": amount,
        "number": facts["order_number"],
        "day": date_long(facts["paid_on"]),
    }


def _help(facts: dict[str, Any]) -> str:
    usually = _("The money usually arrives within one working day.")
    if not facts.get("manager_phone"):
        return usually + " " + _("If it has not, or anything looks wrong, reply to this letter.")
    who = ", ".join(
        part
        for part in (facts["manager"], facts.get("manager_position"), facts["manager_phone"])
        if part
    )
    call = _("If it has not, or anything looks wrong, reply to this letter or call: %(who)s.")
    return usually + " " + call % {"who": who}


def _footer(facts: dict[str, Any]) -> list[str]:
    return [
        _(
            "This letter was sent automatically, request %(number)s. You receive it as the contact of"
            " %(company)s for this invoice."
        )
        % {"number": facts["number"], "company": facts["company"]},
        _(
            "The link never asks for passwords, payments or personal data. We note that the documents"
            " were opened, so as not to ask you again."
        ),
        _("To stop these letters, reply “stop”."),
    ]


def _one_stop(sentence: str) -> str:
    """A Russian date ends in a full stop of its own ('2026 г.'): at a sentence's end there is only one."""
    return sentence.replace("г..", "г.")


def one_line(text: str) -> str:
    """Without line breaks and control characters, as headers and subjects need it; no-break spaces stay."""
    return CONTROL.sub(" ", text).strip()

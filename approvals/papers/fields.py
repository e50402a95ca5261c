"""The fields that each paper's template may use, with what they mean: the editor lists them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Field:
    """A field by its path; `[]` stands for each of a list's lines (`{% for … in … %}`)."""

    path: str
    meaning: str | Promise


def _under(path: str, *names: tuple[str, str | Promise]) -> tuple[Field, ...]:
    return tuple(Field(f"{path}.{name}", meaning) for name, meaning in names)


_MADE = (
    Field("made_at", _("day and time when the document was drawn up")),
    Field("made_on", _("the same day in words")),
    Field("version", _("number of this version, from 1")),
)
_SUM = (
    Field("amount", _("amount with its currency")),
    Field("amount_in_words", _("amount in words")),
    Field("currency", _("code of the currency")),
    Field("vat", _("VAT in words, or that there is none")),
)
_PARTY: tuple[tuple[str, str | Promise], ...] = (
    ("name", _("name")),
    ("full_name", _("full name, or the name where there is none")),
    ("inn", _("INN")),
    ("kpp", _("KPP")),
    ("ogrn", _("OGRN")),
    ("address", _("legal address")),
)
_PERSON: tuple[tuple[str, str | Promise], ...] = (
    ("name", _("full name")),
    ("short_name", _("surname and initials")),
    ("position", _("position")),
    ("department", _("department")),
    ("phone", _("phone")),
)
_ACCOUNT: tuple[tuple[str, str | Promise], ...] = (
    ("number", _("settlement account")),
    ("number_in_groups", _("the same in groups of four")),
    ("bank", _("bank, with its town where it is known")),
    ("bik", _("BIK")),
    ("correspondent_account", _("correspondent account")),
    ("correspondent_in_groups", _("the same in groups of four")),
    ("last4", _("last four digits of the account")),
    ("currency", _("currency of the account")),
)
_DOCUMENT: tuple[tuple[str, str | Promise], ...] = (
    ("kind", _("kind of document")),
    ("name", _("name of the file")),
    ("size", _("size")),
    ("sha256", _("SHA-256 of the file")),
    ("sha256_lines", _("the same in two halves")),
)
_COMMON = (
    Field("number", _("number of the request")),
    *_MADE,
    Field("round", _("round of approval")),
    Field("submitted_at", _("when it was sent for approval")),
    Field("submitted_on", _("the same day in words")),
    *_SUM,
    *_under("payer", *_PARTY),
    *_under("payee", *_PARTY),
    *_under("account", *_ACCOUNT),
    Field("invoice", _("number and day of the invoice")),
    Field("basis", _("basis (contract, specification)")),
    Field("purpose", _("payment purpose")),
    Field("justification", _("what it is for")),
    Field("category", _("budget item")),
    Field("terms", _("payment terms")),
    Field("pay_by", _("pay by (inclusive)")),
    Field("urgent_reason", _("why it is urgent; empty where it is not")),
    *_under("author", *_PERSON),
    Field("contact", _("the contact for this request")),
    Field("folder", _("ID of the request's folder")),
    *_under("documents[]", *_DOCUMENT),
)

PAYMENT_REQUEST = (
    *_COMMON,
    *_under("approver", *_PERSON),
    Field("codes.payment", _("bank's QR code, shown as asset:payment; empty where there is none")),
)

APPROVAL_SHEET = (
    *_COMMON,
    Field("result", _("status of the request")),
    Field("is_approved", _("whether it is approved for payment")),
    Field("approved_at", _("when it was approved for payment")),
    *_under(
        "rounds[]",
        ("number", _("round of approval")),
        ("sent_at", _("when it was sent for approval")),
        ("sent_by", _("who sent it")),
    ),
    *_under(
        "rounds[].decisions[]",
        ("decision", _("decision")),
        ("who", _("who decided")),
        ("position", _("position of whoever decided")),
        ("on_behalf_of", _("on whose behalf; empty for one's own decision")),
        ("at", _("when")),
        ("reason", _("comment or reason")),
    ),
    *_under(
        "chain",
        ("seq", _("number of the newest event")),
        ("hash", _("its hash")),
        ("hash_lines", _("the same in two halves")),
    ),
    Field("sheet_url", _("address of the page that says whether the sheet is genuine")),
    Field("codes.sheet", _("QR code of that address, shown as asset:sheet")),
)

_ORDER_SIDE: tuple[tuple[str, str | Promise], ...] = (
    ("inn", _("INN")),
    ("kpp", _("KPP")),
    ("name", _("name")),
    ("account", _("settlement account")),
    ("bank", _("bank, with its town where it is known")),
    ("bik", _("BIK")),
    ("correspondent_account", _("correspondent account")),
)
PAYMENT_ORDER = (
    *_MADE,
    Field("request_number", _("number of the request")),
    Field("number", _("field 3, number of the order")),
    Field("date", _("field 4, date")),
    Field("kind", _("field 5, kind of payment")),
    Field("amount_in_words", _("field 6, amount in words")),
    Field("amount", _("field 7, amount in figures")),
    *_under("payer", *_ORDER_SIDE),
    *_under("payee", *_ORDER_SIDE),
    Field("operation", _("field 18, kind of operation")),
    Field("income_code", _("field 20, code of the income")),
    Field("priority", _("field 21, priority")),
    Field("uin", _("field 22, UIN")),
    Field("purpose", _("field 24, payment purpose")),
)

_TOTALS: tuple[tuple[str, str | Promise], ...] = (
    ("amount", _("amount with its currency")),
    ("to_pay", _("of it still to be paid")),
    ("paid", _("of it paid")),
    ("count", _("number of payments")),
)
REGISTER = (
    *_MADE,
    Field("day", _("the register's day")),
    Field("day_in_words", _("the same day in words")),
    *_under("author", *_PERSON),
    *_under("groups[].payer", *_PARTY),
    *_under("groups[].account", *_ACCOUNT),
    *_under(
        "groups[].lines[]",
        ("place", _("number in the register")),
        ("request", _("number of the request")),
        ("payee", _("payee")),
        ("inn", _("INN")),
        ("account", _("settlement account")),
        ("account_in_groups", _("the same in groups of four")),
        ("bank", _("bank")),
        ("bik", _("BIK")),
        ("purpose", _("payment purpose")),
        ("amount", _("amount")),
        ("order", _("payment order number")),
        ("is_paid", _("whether it is paid")),
    ),
    *_under("groups[]", *_TOTALS),
    *_under("totals[]", ("currency", _("code of the currency")), *_TOTALS),
)

PAYMENT_NOTICE = (
    Field("number", _("number of the request")),
    *_MADE,
    *_SUM,
    *_under("payer", *_PARTY),
    *_under("payee", *_PARTY),
    Field("contact", _("the contact for this request")),
    Field("account", _("last digits of the payee's account, and its bank")),
    Field("invoice", _("number and day of the invoice")),
    Field("purpose", _("payment purpose")),
    Field("paid_on", _("day of the last payment")),
    *_under(
        "payments[]",
        ("amount", _("amount with its currency")),
        ("paid_on", _("day of the payment")),
        ("number", _("payment order number")),
    ),
    *_under("manager", *_PERSON, ("email", _("e-mail"))),
)

# Of every kind; they are known when the paper is printed.
PICTURES = (
    Field("pictures.logo", _("whether there is a logo, shown as asset:logo")),
    Field("pictures.stamp", _("whether there is a stamp, shown as asset:stamp")),
)

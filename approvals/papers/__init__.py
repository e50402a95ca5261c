"""The papers that are made of a request: what each is called, what it says, and which fields it knows.

A paper's values are plain: text in its language, whole numbers, booleans, lists and objects of them. They
are taken when the decision falls and kept with the paper, so that it says what was true then, whenever it
is printed. `documents.papers` prints them with the template of the kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from approvals.models import PaymentRequest
from approvals.papers import fields, notice, order, register, request
from approvals.papers.fields import Field

__all__ = ["KINDS", "Field", "PaperKind", "fields_for", "values_for"]

Values = dict[str, Any]


@dataclass(frozen=True)
class PaperKind:
    """A kind of paper: its name, the fields of its template, and its values for any request.

    `sample` takes them from a request as it is now, whatever its status: for the editor's preview.
    """

    code: str
    label: str | Promise
    fields: tuple[Field, ...]
    sample: Callable[[PaymentRequest], Values]


KINDS: dict[str, PaperKind] = {
    kind.code: kind
    for kind in (
        PaperKind("payment_request", _("payment request"), fields.PAYMENT_REQUEST, request.sample),
        PaperKind(
            "approval_sheet", _("approval sheet"), fields.APPROVAL_SHEET, request.sheet_sample
        ),
        PaperKind("payment_order", _("payment order"), fields.PAYMENT_ORDER, order.sample),
        PaperKind("register", _("register of payments"), fields.REGISTER, register.sample),
        PaperKind("payment_notice", _("payment notice"), fields.PAYMENT_NOTICE, notice.sample),
    )
}


def values_for(kind: str, payment_request: PaymentRequest, language: str) -> Values:
    """What the paper of this kind would say of the request today, in that language. Raises KeyError."""
    with translation.override(language), timezone.override(timezone.get_default_timezone()):
        return KINDS[kind].sample(payment_request)


def fields_for(kind: str) -> list[Field]:
    """The fields that a template of this kind may use, with what they mean. Raises KeyError."""
    return list(KINDS[kind].fields)

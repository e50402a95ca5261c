"""Several drafts made at once, each of an invoice that waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from approvals.models import PaymentRequest
from approvals.services.drafts import DraftFields, create_request
from audit.refusals import Invalid
from documents.models import Upload
from people.models import User


@dataclass(frozen=True)
class NewDraft:
    """A draft to be made, its invoice waiting."""

    fields: DraftFields
    invoice: Upload | None
    form_key: UUID | None = None


class FaultyDraft(Invalid):
    """What is wrong with one of several drafts; `place` counts from 0."""

    def __init__(self, place: int, errors: Mapping[str, list[str]]) -> None:
        super().__init__(errors)
        self.place = place


@transaction.atomic
def create_requests(*, actor: User, drafts: Sequence[NewDraft]) -> list[PaymentRequest]:
    """All of them, or none. Raises Forbidden, and FaultyDraft for the first that does not fit."""
    made = []
    for place, draft in enumerate(drafts):
        try:
            made.append(
                create_request(
                    actor=actor,
                    fields=draft.fields,
                    invoice=draft.invoice,
                    form_key=draft.form_key,
                )
            )
        except Invalid as refusal:
            raise FaultyDraft(place, refusal.errors) from refusal
    return made

"""The form that adds a document to a request."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.forms import DocumentField, UploadMixin
from documents.models import PAPER_KINDS, DocumentKind
from people.fields import FormKeyField

# What somebody can bring; our own papers are drawn up, not added.
KINDS = [choice for choice in DocumentKind.choices if choice[0] not in PAPER_KINDS]


class DocumentForm(UploadMixin, forms.Form):
    """services.add_document: a file, what it is, and the payment that a payment order proves."""

    form_key = FormKeyField()
    kind = forms.ChoiceField(label=_("kind"), choices=KINDS, initial=DocumentKind.OTHER)
    file = DocumentField(label=_("file"), required=True)
    payment = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, may_file_orders: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_file_orders:
            choices = [choice for choice in KINDS if choice[0] != DocumentKind.PAYMENT_ORDER]
            cast(forms.ChoiceField, self.fields["kind"]).choices = choices

    def service_fields(self) -> dict[str, Any]:
        """What services.add_document takes beside the request and the actor."""
        return {
            "kind": self.cleaned_data["kind"],
            "upload": self.uploads["file"],
            "payment_id": self.cleaned_data["payment"],
            "form_key": self.cleaned_data["form_key"],
        }

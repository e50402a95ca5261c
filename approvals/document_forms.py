"""The form that adds a document to a request."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from documents.forms import DocumentField, UploadMixin
from documents.models import DocumentKind
from people.fields import FormKeyField


class DocumentForm(UploadMixin, forms.Form):
    """A file and what it is; `payment` names the payment that a payment order proves."""

    form_key = FormKeyField()
    kind = forms.ChoiceField(
        label=_("what it is"), choices=DocumentKind.choices, initial=DocumentKind.OTHER
    )
    file = DocumentField(label=_("file"), required=True)
    payment = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, may_file_orders: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_file_orders:
            self.fields["kind"].choices = [  # type: ignore[attr-defined]
                choice for choice in DocumentKind.choices if choice[0] != DocumentKind.PAYMENT_ORDER
            ]

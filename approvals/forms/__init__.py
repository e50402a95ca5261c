"""Forms of requests: they clean and shape what was typed; services judge it."""

from approvals.forms.actions import BareForm, CommentForm, PaymentForm, ReasonForm
from approvals.forms.registry import RegistryForm
from approvals.forms.request import RequestForm

__all__ = [
    "BareForm",
    "CommentForm",
    "PaymentForm",
    "ReasonForm",
    "RegistryForm",
    "RequestForm",
]

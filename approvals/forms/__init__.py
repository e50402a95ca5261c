"""Forms of requests: they clean and shape what was typed; services judge it."""

from approvals.forms.actions import BareForm, CommentForm, PaymentForm, ReasonForm, RemarkForm
from approvals.forms.board import BoardForm
from approvals.forms.calendar import CalendarForm, PlanForm
from approvals.forms.orders import OrderForm
from approvals.forms.organisation import CategoryForm, HowWeWorkForm, OrganisationSettingsForm
from approvals.forms.registers import RegisterDayForm
from approvals.forms.registry import RegistryForm
from approvals.forms.request import RequestForm, company_choices, found_companies

__all__ = [
    "BareForm",
    "BoardForm",
    "CalendarForm",
    "CategoryForm",
    "CommentForm",
    "HowWeWorkForm",
    "OrderForm",
    "OrganisationSettingsForm",
    "PaymentForm",
    "PlanForm",
    "ReasonForm",
    "RegisterDayForm",
    "RegistryForm",
    "RemarkForm",
    "RequestForm",
    "company_choices",
    "found_companies",
]

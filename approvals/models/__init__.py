"""Payment requests and what hangs on them. Other rooms import from here; a module a subject inside."""

from approvals.models.exports import Export, ExportFormat, ExportState
from approvals.models.imports import DataImport
from approvals.models.organisation import Category, OrganisationSettings, SettingsEvent
from approvals.models.papers import PaymentOrder, Register, RegisterEvent
from approvals.models.registry import RegistryLook, SavedView
from approvals.models.requests import (
    ApprovalTask,
    Event,
    Payment,
    PaymentRequest,
    PaymentRequestQuerySet,
    RequestLetter,
    Watch,
)
from approvals.models.totals import PLANNED, Stage, TotalLine

__all__ = [
    "PLANNED",
    "ApprovalTask",
    "Category",
    "DataImport",
    "Event",
    "Export",
    "ExportFormat",
    "ExportState",
    "OrganisationSettings",
    "Payment",
    "PaymentOrder",
    "PaymentRequest",
    "PaymentRequestQuerySet",
    "Register",
    "RegisterEvent",
    "RegistryLook",
    "RequestLetter",
    "SavedView",
    "SettingsEvent",
    "Stage",
    "TotalLine",
    "Watch",
]

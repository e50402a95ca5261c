"""Settings and budget items in Django's admin: for administrators alone (`User.is_staff`)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from approvals.forms import OrganisationSettingsForm
from approvals.models import Category, OrganisationSettings
from approvals.selectors import organisation_settings
from approvals.services import settings as services


@admin.register(OrganisationSettings)
class OrganisationSettingsAdmin(admin.ModelAdmin):
    """The one row: never added, never deleted, opened at once."""

    form = OrganisationSettingsForm
    autocomplete_fields = ("default_approver",)
    fieldsets = (
        (_("Approval"), {"fields": ("default_approver", "acceptance_step")}),
        (_("Pay days"), {"fields": ("pay_weekdays", "pay_cut_off")}),
        (_("Acceptance button"), {"fields": ("accept_label_ru", "accept_label_en")}),
        (
            _("Documents"),
            {"fields": ("invoice_required", "payment_order_required", "paper_language")},
        ),
        (_("Counterparty's link"), {"fields": ("share_link_days",)}),
        (
            _("A second factor is required of"),
            {
                "fields": (
                    "second_factor_managers",
                    "second_factor_approvers",
                    "second_factor_accountants",
                    "second_factor_auditors",
                    "second_factor_administrators",
                ),
                "description": _("Whoever has none sets one up, and does nothing else before."),
            },
        ),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the service, which tells the settings' history."""
        actor: Any = request.user
        services.change_settings(actor=actor, **form.cleaned_data)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is nothing to list."""
        row = organisation_settings()
        return HttpResponseRedirect(
            reverse("admin:approvals_organisationsettings_change", args=[row.pk])
        )


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    """Budget items: one that is no longer used is made inactive, since old requests keep it."""

    list_display = ("name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the services, which tell the settings' history."""
        actor: Any = request.user
        pk = obj.pk if change else None
        obj.pk = services.save_category(actor=actor, category_id=pk, name=obj.name).pk
        services.open_category(actor=actor, category_id=obj.pk, is_active=obj.is_active)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

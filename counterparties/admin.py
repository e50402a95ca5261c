"""Our own organisations and their bank accounts in Django's admin, where every change goes
through the services; and the directory of banks, to be read.

Counterparties have pages of their own, for everybody who may change them.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from counterparties import checks, selectors, services
from counterparties.forms import check_form
from counterparties.models import Bank, BankAccount, OwnCompany
from people.formats import date_short, moment
from people.search import normalise

NEW_ACCOUNT_FIELDS = (*services.ACCOUNT_FIELDS, "is_main")


class OwnCompanyForm(forms.ModelForm):
    """The requisites, typed with or without spaces."""

    inn = forms.CharField(label=_("INN"), required=False)
    kpp = forms.CharField(label=_("KPP"), required=False)
    ogrn = forms.CharField(label=_("OGRN"), required=False)

    class Meta:
        model = OwnCompany
        fields = services.COMPANY_FIELDS

    def clean(self) -> dict[str, Any]:
        exclude = self.instance if self.instance.pk else None
        return check_form(self, lambda fields: checks.clean_company(fields, exclude=exclude))


class AccountForm(forms.ModelForm):
    """A new account of the organisation above it."""

    bik = forms.CharField(label=_("BIK"), required=False)
    correspondent_account = forms.CharField(label=_("correspondent account"), required=False)
    number = forms.CharField(label=_("settlement account"))

    class Meta:
        model = BankAccount
        fields = NEW_ACCOUNT_FIELDS

    def __init__(self, *args: Any, company: OwnCompany, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company

    def clean(self) -> dict[str, Any]:
        return check_form(self, lambda fields: checks.clean_account(fields, company=self.company))

    def service_fields(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in NEW_ACCOUNT_FIELDS}

    def validate_constraints(self) -> None:
        """`checks` has asked already, and the service moves the main mark."""


class AccountFormSet(forms.BaseInlineFormSet):
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "company": self.instance}


class AccountInline(admin.TabularInline):
    """Accounts are added here, never edited; the organisation's card replaces one by another."""

    model = BankAccount
    form = AccountForm
    formset = AccountFormSet
    fields = (*NEW_ACCOUNT_FIELDS, "replaced_at")
    readonly_fields = ("replaced_at",)
    extra = 0

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(OwnCompany)
class OwnCompanyAdmin(admin.ModelAdmin):
    form = OwnCompanyForm
    inlines = (AccountInline,)
    list_display = ("name", "kind", "inn", "kpp", "ogrn")
    search_fields = ("search",)
    ordering = ("search", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OwnCompany]:
        queryset: QuerySet[OwnCompany] = super().get_queryset(request)
        return queryset.filter(is_own=True)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OwnCompany], search_term: str
    ) -> tuple[QuerySet[OwnCompany], bool]:
        return super().get_search_results(request, queryset, normalise(search_term))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Requests and payments stand on it."""
        return False

    def save_model(self, request: HttpRequest, obj: OwnCompany, form: Any, change: bool) -> None:
        fields = {name: form.cleaned_data[name] for name in services.COMPANY_FIELDS}
        actor: Any = request.user
        if change:
            services.update_company(company_id=obj.pk, actor=actor, **fields)
        else:
            obj.pk = services.create_company(actor=actor, is_own=True, **fields).pk

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        actor: Any = request.user
        formset.new_objects = [
            services.add_account(
                company_id=formset.instance.pk, actor=actor, **extra.service_fields()
            )
            for extra in formset.extra_forms
            if extra.has_changed()
        ]
        formset.changed_objects = formset.deleted_objects = []


@admin.register(Bank)
class BankAdmin(admin.ModelAdmin):
    """The directory as it was loaded; its list says of which day it is, or that it is empty."""

    list_display = ("bik", "name", "town", "correspondent_account", "closed_on")
    list_display_links = ("bik", "name")
    list_filter = ("participant_type", ("licence_withdrawn_on", admin.EmptyFieldListFilter))
    search_fields = ("bik", "name", "town")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "subtitle": _in_force()})


def _in_force() -> str:
    directory = selectors.bank_directory()
    if directory is None:
        return gettext("The directory of banks is empty: no BIK is checked.")
    return gettext("Directory of {date}, loaded {moment}").format(
        date=date_short(directory.business_date), moment=moment(directory.loaded_at)
    )

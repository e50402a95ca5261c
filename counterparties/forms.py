"""Forms of companies, accounts and contacts: reasons at the fields, what was typed stays as it was
typed.

Each holds a hidden `form_key`; `service_fields()` is what the service of the same name takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from counterparties import checks, selectors
from counterparties.models import CURRENCIES, Bank, BankAccount, Company, CompanyKind, Contact
from people.fields import FormKeyField

_OF_THE_BANK = {
    "bank_name": "payment_name",
    "correspondent_account": "correspondent_account",
}
_DIGITS = {"inputmode": "numeric", "autocomplete": "off"}


def check_form(
    form: forms.BaseForm, check: Callable[[dict[str, Any]], dict[str, str]]
) -> dict[str, Any]:
    """What a form's `clean` does: take what `check` cleaned, or show reasons at their fields."""
    cleaned: dict[str, Any] = form.cleaned_data
    try:
        cleaned.update(check(cleaned))
    except ValidationError as error:
        for field, reasons in error.update_error_dict({}).items():
            if field not in form.errors:
                form.add_error(field, reasons)
    return cleaned


class _CheckedForm(forms.Form):
    """Its one judge is `counterparties.checks`: fields only shape and label what it is given."""

    form_key = FormKeyField()

    def check(self, fields: dict[str, Any]) -> dict[str, str]:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        return check_form(self, self.check)

    def service_fields(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class CompanyForm(_CheckedForm):
    """A new company, or `company` to change: services.create_company, services.update_company."""

    kind = forms.ChoiceField(
        label=_("kind"), choices=CompanyKind.choices, initial=CompanyKind.ORGANISATION
    )
    name = forms.CharField(
        label=_("name"), widget=forms.TextInput(attrs={"maxlength": checks.NAME_LENGTH})
    )
    full_name = forms.CharField(label=pgettext_lazy("company", "full name"), required=False)
    inn = forms.CharField(label=_("INN"), required=False, widget=forms.TextInput(attrs=_DIGITS))
    kpp = forms.CharField(label=_("KPP"), required=False, widget=forms.TextInput(attrs=_DIGITS))
    ogrn = forms.CharField(label=_("OGRN"), required=False, widget=forms.TextInput(attrs=_DIGITS))
    legal_address = forms.CharField(label=_("legal address"), required=False)

    def __init__(self, *args: Any, company: Company | None = None, **kwargs: Any) -> None:
        self.company = company
        if company is not None:
            kwargs["initial"] = {
                **{name: getattr(company, name) for name in self.base_fields if name != "form_key"},
                **kwargs.get("initial", {}),
            }
        super().__init__(*args, **kwargs)

    def check(self, fields: dict[str, Any]) -> dict[str, str]:
        return checks.clean_company(fields, exclude=self.company)


class FirstOrganisationForm(CompanyForm):
    """Our first organisation: what one types of it, and in hidden fields what the register adds.

    Nothing typed at all is no organisation: `has_changed()`.
    """

    form_key = None  # type: ignore[assignment]  # Django: without the field
    ogrn = forms.CharField(required=False, widget=forms.HiddenInput)
    full_name = forms.CharField(required=False, widget=forms.HiddenInput)
    legal_address = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, empty_permitted=True, use_required_attribute=False, **kwargs)


class BankForm(forms.Form):
    """A bank: its BIK, and what the directory fills in of it."""

    bik = forms.CharField(label=_("BIK"), required=False, widget=forms.TextInput(attrs=_DIGITS))
    bank_name = forms.CharField(label=_("bank"))
    correspondent_account = forms.CharField(
        label=_("correspondent account"),
        required=False,
        widget=forms.TextInput(attrs=_DIGITS),
    )


class BankAccountForm(_CheckedForm, BankForm):
    """A new account of `company`, perhaps in the place of one in use: services.add_account."""

    number = forms.CharField(label=_("settlement account"), widget=forms.TextInput(attrs=_DIGITS))
    currency = forms.ChoiceField(
        label=_("currency"), choices=CURRENCIES, required=False, initial="RUB"
    )
    is_main = forms.BooleanField(label=_("main"), required=False)
    replaces = forms.ModelChoiceField(
        label=_("instead of"),
        queryset=BankAccount.objects.none(),
        required=False,
        empty_label=_("none, one more account"),
    )

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company = company
        # The form may stand in a dialog over another one with a currency.
        self.fields["currency"].widget.attrs["id"] = "id_account_currency"
        # What this very form has replaced already may be chosen again: a repeat is no mistake.
        key = self.fields["form_key"].clean(self["form_key"].data) if self.is_bound else None
        replaces = cast(forms.ModelChoiceField, self.fields["replaces"])
        replaces.queryset = selectors.replaceable_accounts(company, form_key=key)

    def check(self, fields: dict[str, Any]) -> dict[str, str]:
        return checks.clean_account(fields, company=self.company, replaces=fields.get("replaces"))

    def service_fields(self) -> dict[str, Any]:
        fields = super().service_fields()
        replaces = fields.pop("replaces")
        return {**fields, "replaces_id": replaces.pk if replaces else None}


class FirstAccountForm(_CheckedForm, BankForm):
    """The first account of an organisation that a form beside it makes; nothing typed is no account."""

    form_key = None  # type: ignore[assignment]  # Django: without the field
    number = BankAccountForm.base_fields["number"]

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, empty_permitted=True, use_required_attribute=False, **kwargs)
        self.kind = kind

    def check(self, fields: dict[str, Any]) -> dict[str, str]:
        return checks.clean_account(fields, company=Company(kind=self.kind))


def filled_in(
    typed: Mapping[str, str], facts: selectors.BankFacts, *, before: Bank | None, overwrite: bool
) -> dict[str, str]:
    """What BankForm shows once `facts` of the typed BIK are known: the directory's bank and account.

    What the bank `before` had filled in goes. What people typed themselves stays unless
    `overwrite`: they pressed the button for it.
    """
    shown = {name: typed.get(name, "") for name in BankForm.base_fields}
    if facts.state not in ("empty", "malformed"):
        for name, attribute in _OF_THE_BANK.items():
            new = getattr(facts.bank, attribute) if facts.bank else ""
            was_filled = before is not None and shown[name] == getattr(before, attribute)
            if was_filled or not shown[name].strip() or (overwrite and facts.bank):
                shown[name] = new
    return shown


class ContactForm(_CheckedForm):
    """A new contact, or `contact` to change: services.add_contact, services.update_contact."""

    full_name = forms.CharField(label=pgettext_lazy("person", "full name"))
    position = forms.CharField(label=_("position"), required=False)
    email = forms.CharField(
        label=_("e-mail"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=_("phone"), required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    language = forms.ChoiceField(
        label=_("language"), choices=settings.LANGUAGES, required=False, initial="ru"
    )

    def __init__(self, *args: Any, contact: Contact | None = None, **kwargs: Any) -> None:
        if contact is not None:
            kwargs["initial"] = {
                **{name: getattr(contact, name) for name in self.base_fields if name != "form_key"},
                **kwargs.get("initial", {}),
            }
        super().__init__(*args, **kwargs)

    def check(self, fields: dict[str, Any]) -> dict[str, str]:
        return checks.clean_contact(fields)

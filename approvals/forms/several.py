"""Several invoices at once: a row for each, with the least that a draft needs."""

from __future__ import annotations

import datetime
import re
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.forms.fields import DayField
from approvals.forms.request import RequestForm
from approvals.purpose import vat_phrase, with_vat
from approvals.services import DraftFields
from approvals.vat import NO_VAT, vat_inside
from counterparties.models import CURRENCIES, BankAccount, Company
from counterparties.selectors import search_companies
from documents.models import Upload
from documents.services import find_upload
from people.fields import FormKeyField, MoneyField
from people.models import User

# As many files as one form may carry (settings.DATA_UPLOAD_MAX_NUMBER_FILES).
MOST = 20
_INN = re.compile(r"(?<![0-9])([0-9]{12}|[0-9]{10})(?![0-9])")
_NUMBER = re.compile(r"(?:№|\bN|\bNo\.?)\s*([^\s,;]+)", re.IGNORECASE)
_DAY = re.compile(r"(?<![0-9])([0-9]{2})\.([0-9]{2})\.([0-9]{4})(?![0-9])")


class InvoiceForm(forms.Form):
    """A row: its file waits in `incoming/`, the rest of the draft is as the last time."""

    form_key = FormKeyField()
    ref = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)
    company = forms.CharField(
        label=gettext_lazy("counterparty"),
        max_length=300,
        error_messages={"required": gettext_lazy("Choose the counterparty.")},
        widget=forms.TextInput(attrs={"list": "companies", "autocomplete": "off"}),
    )
    amount = MoneyField(
        label=gettext_lazy("amount"),
        error_messages={"required": gettext_lazy("An amount above zero, e.g. 1,234.56.")},
    )
    currency = forms.ChoiceField(label=gettext_lazy("currency"), choices=CURRENCIES, initial="RUB")
    pay_by = DayField(
        label=gettext_lazy("pay by"),
        error_messages={"required": gettext_lazy("Say by which day to pay.")},
    )
    invoice_number = forms.CharField(
        label=gettext_lazy("invoice number"), required=False, max_length=60
    )
    invoice_date = DayField(label=gettext_lazy("invoice date"), required=False)
    leave_out = forms.BooleanField(label=gettext_lazy("make no draft of it"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        ref = str(self["ref"].value() or "")
        self.upload: Upload | None = find_upload(ref=ref, user=user) if ref else None
        self.draft_fields: DraftFields | None = None

    @property
    def name(self) -> str:
        """The file's."""
        return self.upload.original_name if self.upload else ""

    def full_clean(self) -> None:
        """A row that is left out has no faults."""
        super().full_clean()
        if self.is_bound and self.cleaned_data.get("leave_out"):
            self._errors = ErrorDict()

    def clean_company(self) -> Company:
        """By its INN, which the offered texts end with, or by its name where that is the only one."""
        typed = self.cleaned_data["company"]
        inn = _INN.findall(typed)
        found = list(search_companies(inn[-1] if inn else typed).filter(is_own=False)[:2])
        if not found:
            raise forms.ValidationError(_("No counterparty fits: add it first, or correct this."))
        if len(found) > 1:
            raise forms.ValidationError(_("Several counterparties fit: type the INN as well."))
        return found[0]

    def clean_pay_by(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["pay_by"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("That day has passed: today or later."))
        return day

    def clean(self) -> dict[str, Any]:
        """What the draft will be: what is typed here, and the rest as in the last request."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("leave_out"):
            return cleaned
        if self.upload is None:
            self.add_error(None, _("This file is no longer waiting: choose it again."))
        if not self.errors:
            form = RequestForm(self._data(cleaned), user=self.user)
            if form.is_valid():
                self.draft_fields = form.service_fields()
            for name, messages in form.errors.items():
                for message in messages:
                    self.add_error(name if name in self.fields else None, message)
        return cleaned

    def _data(self, cleaned: dict[str, Any]) -> QueryDict:
        company, currency = cleaned["company"], cleaned["currency"]
        as_usual = RequestForm(user=self.user, initial={"company": company.pk}).initial
        rate = str(as_usual.get("vat_rate") or NO_VAT)
        day = cleaned["invoice_date"]
        given = {
            **as_usual,
            "company": company.pk,
            "currency": currency,
            "amount": cleaned["amount"],
            "vat_rate": rate,
            "pay_by": cleaned["pay_by"].isoformat(),
            "invoice_number": cleaned["invoice_number"],
            "invoice_date": day.isoformat() if day else "",
            "purpose": _purpose(cleaned, rate),
        }
        # An account in another currency is not the one that this invoice is paid to.
        account = BankAccount.objects.filter(pk=given.pop("bank_account", None), currency=currency)
        given["bank_account"] = account.values_list("pk", flat=True).first() or ""
        data = QueryDict(mutable=True)
        data.update({name: str(value) for name, value in given.items() if value is not None})
        return data


class _Rows(BaseFormSet):  # type: ignore[type-arg]
    """All rows of one page."""

    def wanted(self) -> list[InvoiceForm]:
        """Those that drafts are made of (the rows must have been validated)."""
        return [form for form in self.forms if not form.cleaned_data.get("leave_out")]


InvoiceRows = formset_factory(
    InvoiceForm, formset=_Rows, extra=0, max_num=MOST, absolute_max=MOST, validate_max=True
)


def first_guess(upload: Upload) -> dict[str, Any]:
    """What a row begins with: number and day that the file's name says, a week to pay."""
    name = upload.original_name.rsplit(".", 1)[0]
    number = _NUMBER.search(name)
    return {
        "ref": str(upload.ref),
        "pay_by": timezone.localdate() + datetime.timedelta(days=7),
        "invoice_number": number[1][:60] if number else "",
        "invoice_date": _day_in(name),
    }


def _day_in(text: str) -> datetime.date | None:
    if (found := _DAY.search(text)) is None:
        return None
    try:
        return datetime.date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None


def _purpose(cleaned: dict[str, Any], rate: str) -> str:
    """Bank texts are Russian whatever the language of the page."""
    text = "Оплата по счёту"
    if number := cleaned["invoice_number"]:
        text += f" № {number}"
        if day := cleaned["invoice_date"]:
            text += f" от {day:%d.%m.%Y}"
    return with_vat(text, vat_phrase(rate, vat_inside(cleaned["amount"], rate)))

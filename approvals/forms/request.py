"""The form of a payment request: plain selects, everything optional but what a draft needs."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.forms.fields import DayField, text_field
from approvals.models import Category, PaymentRequest
from approvals.purpose import MAX_LENGTH
from approvals.search import find_companies
from approvals.selectors import last_request_to
from approvals.services import DraftFields
from approvals.states import PaymentTerms
from approvals.vat import NO_VAT, codes_on
from counterparties.models import CURRENCIES, BankAccount, Company, Contact
from documents.forms import DocumentField, UploadMixin
from people.fields import FormKeyField, MoneyField
from people.formats import percent
from people.models import User

FIELDS = tuple(DraftFields.__annotations__)
ROWS = ("company", "payer", "bank_account", "contact", "category")
# What a request to the same counterparty mostly shares with the one before.
LIKE_LAST_TIME = (
    "bank_account",
    "contact",
    "payer",
    "category",
    "currency",
    "vat_rate",
    "payment_terms",
)
# What each request has of its own, however much it is like the last one.
OF_ITS_OWN = ("pay_by", "invoice_number", "invoice_date", "is_urgent", "urgent_reason")
_NOTHING = gettext_lazy("not chosen")
# Up to so many counterparties are all in the list; of more, those of a person's last requests, or found ones.
MOST_OFFERED = 200
LAST_REQUESTS = 100
MOST_FOUND = 50


class CompanyField(forms.ModelChoiceField):
    """With the INN, by which people look for a counterparty as often as by its name."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.inn}" if obj.inn else str(obj.name)


class AccountField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        number = "\u00a0".join(obj.number[at : at + 4] for at in range(0, len(obj.number), 4))
        return f"{number} · {obj.bank_name} · {obj.currency}"


class ContactField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        name = f"{obj.full_name}, {obj.position}" if obj.position else obj.full_name
        address = obj.email or _("no e-mail, no letter will go")
        return f"{name} · {address}"


class RequestForm(UploadMixin, forms.Form):
    """A new draft, or `payment_request` to change. What a program leaves out of a change stays as it was.

    services.create_request and services.update_draft take `service_fields()` and `uploads["invoice"]`.
    """

    form_key = FormKeyField()
    company = CompanyField(
        label=gettext_lazy("counterparty"),
        queryset=Company.objects.all(),
        empty_label=_NOTHING,  # type: ignore[arg-type]
        error_messages={"required": gettext_lazy("Choose the counterparty.")},
    )
    bank_account = AccountField(
        label=gettext_lazy("settlement account"),
        queryset=BankAccount.objects.none(),
        required=False,
        empty_label=_NOTHING,  # type: ignore[arg-type]
    )
    contact = ContactField(
        label=gettext_lazy("the contact for this request"),
        queryset=Contact.objects.none(),
        required=False,
        empty_label=_NOTHING,  # type: ignore[arg-type]
        help_text=gettext_lazy("The letter about the payment goes to this person"),
    )
    payer = forms.ModelChoiceField(
        label=gettext_lazy("payer"),
        queryset=Company.objects.filter(is_own=True),
        required=False,
        empty_label=_NOTHING,  # type: ignore[arg-type]
    )
    amount = MoneyField(
        label=gettext_lazy("amount"),
        error_messages={"required": gettext_lazy("An amount above zero, e.g. 1,234.56.")},
    )
    currency = forms.ChoiceField(
        label=gettext_lazy("currency"), choices=CURRENCIES, required=False, initial="RUB"
    )
    vat_rate = forms.ChoiceField(
        label=gettext_lazy("VAT rate"),
        required=False,
        initial=NO_VAT,
        error_messages={
            "invalid_choice": gettext_lazy("This VAT rate is not in force on the invoice's day.")
        },
    )
    vat_amount = MoneyField(
        label=gettext_lazy("VAT included"),
        required=False,
        allow_zero=True,
        help_text=gettext_lazy("Worked out when left empty"),
    )
    pay_by = DayField(
        label=gettext_lazy("pay by"),
        help_text=gettext_lazy("This day included"),
        error_messages={"required": gettext_lazy("Say by which day to pay.")},
    )
    invoice = DocumentField(label=gettext_lazy("invoice"))
    invoice_number = forms.CharField(
        label=gettext_lazy("invoice number"), required=False, max_length=60
    )
    invoice_date = DayField(label=gettext_lazy("invoice date"), required=False)
    purpose = text_field(
        label=gettext_lazy("payment purpose"),
        help_text=gettext_lazy("Goes to the bank"),
        error_messages={"required": gettext_lazy("Write the payment purpose.")},
    )
    justification = text_field(
        label=gettext_lazy("what it is for"),
        help_text=gettext_lazy("For whoever approves: they see it first"),
        required=False,
        max_length=2000,
    )
    category = forms.ModelChoiceField(
        label=gettext_lazy("budget item"),
        queryset=Category.objects.none(),
        required=False,
        empty_label=_NOTHING,  # type: ignore[arg-type]
    )
    payment_terms = forms.ChoiceField(
        label=gettext_lazy("payment terms"),
        choices=[("", _NOTHING), *PaymentTerms.choices],
        required=False,
    )
    basis = forms.CharField(
        label=gettext_lazy("basis (contract, specification)"), required=False, max_length=300
    )
    is_urgent = forms.BooleanField(label=gettext_lazy("urgent"), required=False)
    urgent_reason = forms.CharField(
        label=gettext_lazy("why it is urgent"), required=False, max_length=500
    )

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        user: User,
        payment_request: PaymentRequest | None = None,
        like: PaymentRequest | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.payment_request, self.like = payment_request, like
        if like is not None:
            initial = {**_repeated(like), **(initial or {})}
        if payment_request is not None:
            initial = {**_typed(payment_request), **(initial or {})}
            if data is not None:
                data = _completed(data, initial)
        super().__init__(data, files, user=user, initial=initial)
        self.fields["purpose"].widget.attrs["maxlength"] = MAX_LENGTH
        self.chosen_company = self._find_company()
        self.has_all_companies = True
        if not self.is_bound or self.data.get("find"):
            self.offer_companies()
        self._offer_rates()
        self._offer_rows()
        if payment_request is not None:
            self.fields["company"].widget = forms.HiddenInput()
        elif not self.is_bound:
            self._choose_as_last_time()
            self._choose_what_is_single()

    def clean_company(self) -> Company:
        """Another company than the draft's is a forged form."""
        company = cast(Company, self.cleaned_data["company"])
        if self.payment_request and company.pk != self.payment_request.company_id:
            raise forms.ValidationError(_("The counterparty is fixed when the request is made."))
        return company

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"] or "RUB"

    def clean_vat_rate(self) -> str:
        return self.cleaned_data["vat_rate"] or NO_VAT

    def clean_pay_by(self) -> datetime.date:
        """Today or later; a day that passed since the draft was made blocks no other edit."""
        day = cast(datetime.date, self.cleaned_data["pay_by"])
        was = self.payment_request.pay_by if self.payment_request else None
        if day < timezone.localdate() and day != was:
            raise forms.ValidationError(_("That day has passed: today or later."))
        return day

    def service_fields(self) -> DraftFields:
        return cast(DraftFields, {name: self.cleaned_data[name] for name in FIELDS})

    def as_it_would_be(self) -> PaymentRequest:
        """An unsaved request of the values that could be read."""
        folder = self.payment_request.folder if self.payment_request else None
        values = {name: self.cleaned_data.get(name) for name in FIELDS}
        known = {name: value for name, value in values.items() if value is not None}
        return PaymentRequest(folder=folder, **known)

    def fill_blanks(self) -> None:
        """What was left blank becomes what the last request had, for showing the form again."""
        data = cast(QueryDict, self.data).copy()
        for name, value in self.as_last_time().items():
            if not data.get(name):
                data[name] = value
        self.data = data

    def forget_errors(self) -> None:
        """For showing what was typed again while it is still being typed."""
        self.errors.clear()

    def _find_company(self) -> Company | None:
        if self.payment_request is not None:
            return self.payment_request.company
        key = str(self["company"].value() or "")
        is_key = key.isascii() and key.isdigit() and len(key) < 19
        return Company.objects.filter(pk=int(key)).first() if is_key else None

    def offer_companies(self) -> None:
        """All, where they are few; else what has the words of `find`, or was used lately; and the chosen.

        For showing the form: what is sent is looked up by its key.
        """
        if self.payment_request is not None:
            return
        if len(Company.objects.order_by().values_list("pk")[: MOST_OFFERED + 1]) <= MOST_OFFERED:
            return
        self.has_all_companies = False
        if words := str(self.data.get("find", "")).strip():
            offered = found_companies(words)
            if len(offered) == 1 and self.chosen_company is None:
                self._choose_found(offered[0])
        else:
            mine = PaymentRequest.objects.filter(author=self.user).order_by("-pk")
            lately = set(mine.values_list("company", flat=True)[:LAST_REQUESTS])
            named = Company.objects.filter(pk__in=lately).order_by("name", "pk")
            offered = list(named.only("pk", "name", "inn"))
        if self.chosen_company is not None and self.chosen_company not in offered:
            offered.insert(0, self.chosen_company)
        self._rows("company").choices = company_choices(offered)

    def _choose_found(self, company: Company) -> None:
        data = cast(QueryDict, self.data).copy()
        data["company"] = str(company.pk)
        self.data, self.chosen_company = data, company

    @cached_property
    def last(self) -> PaymentRequest | None:
        """The last request to the chosen counterparty, for a new one."""
        if self.payment_request is not None or self.chosen_company is None:
            return None
        return self.like or last_request_to(self.user, self.chosen_company)

    def as_last_time(self) -> dict[str, str]:
        """What the last request to this counterparty had and this one may have: keys and codes by field."""
        if self.last is None:
            return {}
        found = {}
        for name in LIKE_LAST_TIME:
            value = getattr(self.last, f"{name}_id" if name in ROWS else name)
            if value and self._is_offered(name, value):
                found[name] = str(value)
        return found

    def _is_offered(self, name: str, value: Any) -> bool:
        if name in ROWS:
            return bool(self._rows(name).queryset.filter(pk=value).exists())
        choices = cast(forms.ChoiceField, self.fields[name]).choices
        return value in [code for code, _label in choices]

    def _choose_as_last_time(self) -> None:
        for name, value in self.as_last_time().items():
            if not self.initial.get(name):
                self.initial[name] = value

    def _offer_rows(self) -> None:
        """Accounts and contacts of the company alone; what the draft has stays on offer."""
        draft = self.payment_request
        if self.chosen_company is not None:
            usable = Q(replaced_at__isnull=True)
            if draft is not None and draft.bank_account_id is not None:
                usable |= Q(pk=draft.bank_account_id)
            self._rows("bank_account").queryset = self.chosen_company.accounts.filter(usable)
            self._rows("contact").queryset = self.chosen_company.contacts.all()
        in_use = Q(is_active=True)
        if draft is not None and draft.category_id is not None:
            in_use |= Q(pk=draft.category_id)
        self._rows("category").queryset = Category.objects.filter(in_use)

    def _offer_rates(self) -> None:
        codes = codes_on(self._invoice_day())
        if self.payment_request is not None and not self.is_bound:
            codes += [c for c in [self.payment_request.vat_rate] if c not in codes]
        cast(forms.ChoiceField, self.fields["vat_rate"]).choices = [
            (code, _("no VAT") if code == NO_VAT else percent(code)) for code in codes
        ]

    def _invoice_day(self) -> datetime.date:
        """The day that decides which rates are in force: the invoice's, else today."""
        try:
            day = self.fields["invoice_date"].clean(self["invoice_date"].value())
        except forms.ValidationError:
            day = None
        return day or timezone.localdate()

    def _choose_what_is_single(self) -> None:
        for name in ("payer", "bank_account", "contact"):
            pks = list(self._rows(name).queryset.values_list("pk", flat=True)[:2])
            if len(pks) == 1:
                self.initial.setdefault(name, pks[0])

    def _rows(self, name: str) -> Any:
        """A field that offers rows."""
        return self.fields[name]


def found_companies(words: str) -> list[Company]:
    """The first of those that have these words in name or INN."""
    return list(find_companies(words[:200]).only("pk", "name", "inn")[:MOST_FOUND])


def company_choices(companies: Iterable[Company]) -> list[tuple[Any, str]]:
    """For the list of counterparties: keys and labels, and nothing chosen first."""
    field = RequestForm.base_fields["company"]
    label = cast(CompanyField, field).label_from_instance
    return [("", str(_NOTHING)), *((company.pk, label(company)) for company in companies)]


def _typed(payment_request: PaymentRequest) -> dict[str, Any]:
    """A draft's values as its form shows them."""
    return {
        name: getattr(
            payment_request,
            f"{name}_id" if name in ROWS else name,
        )
        for name in FIELDS
    }


def _repeated(like: PaymentRequest) -> dict[str, Any]:
    """Another request's values, without what must be typed anew: its purpose names the old invoice."""
    values = {name: value for name, value in _typed(like).items() if name not in OF_ITS_OWN}
    if like.invoice_number:
        del values["purpose"]
    return values


def _completed(data: Any, initial: dict[str, Any]) -> Any:
    """What was posted, and the draft's own value for every field that was left out altogether."""
    data = data.copy()
    for name, value in initial.items():
        if name in data or value is None or value == "" or value is False:
            continue
        data[name] = value.isoformat() if isinstance(value, datetime.date) else str(value)
    return data

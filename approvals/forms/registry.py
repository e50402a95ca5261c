"""The registry's filter: what cannot be read is told and filters nothing."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from approvals.forms.fields import DayField
from approvals.models import Category
from approvals.offers import offers
from approvals.registry import DEFAULT_SORT, SORTS, Criteria
from approvals.states import Status
from counterparties.models import CURRENCIES, Company
from people.fields import MoneyField
from people.models import User

KEYS = ("company", "author", "assignee", "payer", "category")
_ANY = _("any")


class _RowField(forms.ModelChoiceField):
    """Any row may be asked for; only those that have something to show are offered."""

    widget = forms.Select

    def __init__(self, *, label: Any, queryset: QuerySet[Any]) -> None:
        super().__init__(label=label, queryset=queryset, required=False)

    def offer(self, rows: QuerySet[Any], name: str) -> None:
        """`name` is the column to show."""
        found = rows.order_by(name, "pk").values_list("pk", name)
        self.widget.choices = [("", _ANY), *found]


class RegistryForm(forms.Form):
    """All by GET. `criteria()` holds what could be read; `errors` says what could not."""

    q = forms.CharField(
        label=_("search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "data-search": ""}),
    )
    status = forms.MultipleChoiceField(
        label=_("status"),
        choices=Status.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    company = _RowField(label=_("counterparty"), queryset=Company.objects.all())
    author = _RowField(label=_("author"), queryset=User.objects.all())
    assignee = _RowField(label=_("waits for"), queryset=User.objects.all())
    payer = _RowField(label=_("payer"), queryset=Company.objects.all())
    category = _RowField(label=_("budget item"), queryset=Category.objects.all())
    currency = forms.ChoiceField(
        label=_("currency"), choices=[("", _ANY), *CURRENCIES], required=False
    )
    amount_from = MoneyField(label=_("amount from"), required=False, allow_zero=True)
    amount_to = MoneyField(label=_("amount to"), required=False, allow_zero=True)
    pay_by_from = DayField(label=_("pay by, from"), required=False)
    pay_by_to = DayField(label=_("pay by, to"), required=False)
    planned_from = DayField(label=_("planned pay day, from"), required=False)
    planned_to = DayField(label=_("planned pay day, to"), required=False)
    closing = forms.ChoiceField(
        label=_("closing documents"),
        choices=[("", _ANY), ("missing", _("missing"))],
        required=False,
    )
    sort = forms.ChoiceField(
        choices=[(code, code) for code in SORTS], required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def choices(self) -> list[forms.BoundField]:
        """What is chosen among rows of the database."""
        return [self[name] for name in KEYS]

    def others(self) -> list[forms.BoundField]:
        """What is asked beside rows, search and status."""
        return [field for field in self if field.name not in (*KEYS, "q", "status", "sort")]

    def offer_chosen(self) -> None:
        """Nothing but what is asked for, so that no row is read for a filter that nobody opens."""
        for name in KEYS:
            row = self.cleaned_data.get(name)
            chosen = [(row.pk, str(row))] if row is not None else []
            self.fields[name].widget.choices = [("", _ANY), *chosen]  # type: ignore[attr-defined]

    def offer(self) -> None:
        """Read all there is to choose from."""
        offered = offers(self._user)
        self._row("company").offer(self._with_chosen("company", offered.companies), "name")
        self._row("payer").offer(offered.payers, "name")
        self._row("author").offer(offered.authors, "full_name")
        self._row("assignee").offer(offered.assignees, "full_name")
        self._row("category").offer(Category.objects.all(), "name")

    def clean(self) -> dict[str, Any]:
        """Of several statuses, those that exist still filter."""
        cleaned = super().clean() or self.cleaned_data
        if "status" in self.errors:
            asked = cast(QueryDict, self.data).getlist("status")
            cleaned["status"] = [code for code in asked if code in Status.values]
        return cleaned

    def criteria(self) -> Criteria:
        """What the filter asks, without what could not be read (the form must have been validated)."""
        found = self.given()
        found.update({name: found[name].pk for name in KEYS if name in found})
        return cast(Criteria, found)

    def given(self) -> dict[str, Any]:
        """Every condition that is set, as a value or a row."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name != "sort" and value not in (None, "", [])
        }

    def order(self, kept: str = "") -> str:
        """What the address asks, else what the person keeps, else the newest first; "" for a search."""
        if asked := self.cleaned_data.get("sort"):
            return str(asked)
        if self.cleaned_data.get("q"):
            return ""
        return kept if kept in SORTS else DEFAULT_SORT

    def _with_chosen(self, name: str, rows: QuerySet[Company]) -> QuerySet[Company]:
        """With the one that is asked for, which need not be among those that are offered."""
        asked = str(self.data.get(name, ""))
        if asked.isascii() and asked.isdecimal() and len(asked) < 19:
            return rows | Company.objects.filter(pk=int(asked))
        return rows

    def _row(self, name: str) -> _RowField:
        return cast(_RowField, self.fields[name])

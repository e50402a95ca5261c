"""The organisation's settings and budget items, as administrators edit them."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from approvals.models import Category, OrganisationSettings
from notifications.models import NoticeKind
from people.models import User

# What people may live without in their mail: news of requests. What is about a log-in always goes.
MAILED = (
    NoticeKind.TASK,
    NoticeKind.APPROVED,
    NoticeKind.RETURNED,
    NoticeKind.REFUSED,
    NoticeKind.ACCEPTED,
    NoticeKind.PAID,
    NoticeKind.COMMENT,
    NoticeKind.MENTION,
    NoticeKind.WATCHED,
)


class OrganisationSettingsForm(forms.ModelForm):
    """Pay days are ticked by their names; they are kept as numbers, Monday being 0."""

    pay_weekdays = forms.TypedMultipleChoiceField(
        label=_("pay days"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: every request is planned for the day by which it is to be paid."),
    )

    class Meta:
        model = OrganisationSettings
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets choose

    def clean_pay_weekdays(self) -> list[Any]:
        return sorted(self.cleaned_data["pay_weekdays"])


class HowWeWorkForm(OrganisationSettingsForm):
    """The page of settings: `service_fields()` is what services.settings.change_settings takes."""

    mailed = forms.MultipleChoiceField(
        label=_("notices that go by e-mail"),
        choices=[(kind.value, kind.label) for kind in MAILED],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What is not ticked stays in the bell. News of a log-in always goes."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        quiet = self.instance.quiet_notices
        self.initial["mailed"] = [kind.value for kind in MAILED if kind not in quiet]
        approver = cast(forms.ModelChoiceField, self.fields["default_approver"])
        who = Q(is_active=True) | Q(pk=self.instance.default_approver_id)
        approver.queryset = User.objects.filter(who).order_by("full_name", "pk")
        approver.empty_label = str(_("nobody"))
        self.fields["pay_cut_off"].widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})

    def _post_clean(self) -> None:
        """The service saves, so the row that is shown stays as it is until then."""

    def service_fields(self) -> dict[str, Any]:
        fields = dict(self.cleaned_data)
        mailed = fields.pop("mailed")
        return {**fields, "quiet_notices": [kind for kind in MAILED if kind not in mailed]}


class CategoryForm(forms.ModelForm):
    """A budget item's name; services.settings.save_category says whether it is taken."""

    class Meta:
        model = Category
        fields = ("name",)

    def _post_clean(self) -> None:
        """The service makes or changes the row."""

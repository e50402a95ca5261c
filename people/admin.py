"""People and departments in Django's admin: for administrators alone (`User.is_staff`).

Whatever changes a person's rights or log-in here is an event in their chain (`people.services`).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people import places, record, services
from people.formats import moment
from people.models import Department, User
from people.places import ROLES
from people.selectors import events_of, head_ids_upwards, is_below, second_factors

# Roles are columns of a person and add up; Django's groups decide nothing here.
admin.site.unregister(Group)

HISTORY = 50
_HIERARCHY = {
    "supervisor": gettext_lazy("Approves this person's payment requests."),
    "is_active": gettext_lazy("Whoever has left is made inactive, not deleted."),
}


class PersonForm(UserChangeForm):
    """Everything but the password, which has a page of its own."""

    class Meta:
        model = User
        fields = "__all__"
        help_texts = _HIERARCHY

    def clean_supervisor(self) -> User | None:
        supervisor: User | None = self.cleaned_data["supervisor"]
        if supervisor is not None and supervisor.pk == self.instance.pk:
            raise forms.ValidationError(_("Nobody is their own supervisor."))
        return supervisor


class NewPersonForm(AdminUserCreationForm):
    """A log-in name, a full name and a password twice; the rest on the next page."""

    class Meta:
        model = User
        fields = ("username", "full_name")


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = PersonForm
    add_form = NewPersonForm
    list_display = (
        "full_name",
        "username",
        "position",
        "department",
        "supervisor",
        *ROLES,
        "is_active",
    )
    list_filter = (*ROLES, "is_active", "department")
    list_select_related = ("department", "supervisor")
    search_fields = ("full_name", "username", "email")
    ordering = ("full_name", "pk")
    autocomplete_fields = ("department", "supervisor")
    readonly_fields = ("last_login", "created_at", "second_factor", "history")
    actions = ("forget_single_sign_on",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "full_name", "position")}),
        (gettext_lazy("Where to write"), {"fields": ("email", "phone", "language")}),
        (
            gettext_lazy("Place in the organisation"),
            {"fields": ("department", "supervisor")},
        ),
        (gettext_lazy("Roles (they add up)"), {"fields": (*ROLES, "is_active")}),
        (gettext_lazy("Log-in"), {"fields": ("second_factor", "last_login", "created_at")}),
        (gettext_lazy("Rights and log-ins, as they changed"), {"fields": ("history",)}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "full_name", "password1", "password2"),
            },
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a person decided stays theirs: they are made inactive."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nobody gives up their own administrator's role, nor closes their own log-in (`people.places`)."""
        fields = super().get_readonly_fields(request, obj)
        own = obj is not None and obj.pk == request.user.pk
        return (*fields, "is_administrator", "is_active") if own else fields

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save what the form changed and nothing else; write down what of it gives rights."""
        if not change:
            obj.must_change_password = True
            obj.save()
            services.tell(person=obj, kind="person.created", actor=request.user)
            return
        before = User.objects.get(pk=obj.pk)
        obj.save(update_fields=[name for name in form.changed_data if name in form.cleaned_data])
        changes = places.changes_between(places.facts_of(before), places.facts_of(obj))
        services.was_changed(person=obj, actor=request.user, changes=changes)
        if not obj.is_active:
            services.end_sessions(person=obj)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Django's page; a password that was set opens the door to choosing an own one."""
        with transaction.atomic():
            before = User.objects.filter(pk=_number(id)).values_list("password", flat=True).first()
            response: HttpResponse = super().user_change_password(request, id, form_url)
            person = User.objects.filter(pk=_number(id)).first()
            if person is not None and person.password != before:
                services.password_was_set(person=person, actor=request.user)
        return response

    @admin.display(description=gettext_lazy("second factor"))
    def second_factor(self, obj: User) -> SafeString | str:
        """How many, and the door to taking them away."""
        count = second_factors(obj).count()
        if not count:
            return _("none")
        return format_html(
            '{} · <a href="{}">{}</a>',
            count,
            reverse("approvals:second_factor_reset", args=[obj.pk]),
            _("Reset the second factor"),
        )

    @admin.display(description=gettext_lazy("history"))
    def history(self, obj: User) -> SafeString | str:
        """The newest events, a line each."""
        lines = format_html_join(
            "",
            "<li>{} · {} · {}</li>",
            (
                (moment(line.at), line.text, line.actor or _("the system"))
                for line in record.lines(events_of(obj)[:HISTORY])
            ),
        )
        return format_html("<ul>{}</ul>", lines) if lines else "—"

    @admin.action(description=gettext_lazy("Forget whom the single sign-on knows as this person"))
    def forget_single_sign_on(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """The next log-in by the company's provider ties it anew, by the log-in name."""
        for person in queryset:
            services.forget_single_sign_on(person=person, actor=request.user)


def _number(id: str) -> int | None:
    return int(id) if id.isdecimal() and len(id) < 19 else None


class DepartmentForm(forms.ModelForm):
    """A department's place in the tree, which stays a tree."""

    class Meta:
        model = Department
        fields = ("name", "parent", "head")

    def clean_parent(self) -> Department | None:
        parent: Department | None = self.cleaned_data["parent"]
        if parent is not None and self.instance.pk and is_below(parent.pk, self.instance.pk):
            raise forms.ValidationError(_("A department is not part of itself or of one below it."))
        return parent


@admin.register(Department)
class DepartmentAdmin(admin.ModelAdmin):
    form = DepartmentForm
    list_display = ("name", "parent", "head")
    list_select_related = ("parent", "head")
    search_fields = ("name",)
    ordering = ("name", "pk")
    autocomplete_fields = ("parent", "head")

    def save_model(self, request: HttpRequest, obj: Department, form: Any, change: bool) -> None:
        """Save it; who came to answer for it, and who does no longer, is written down."""
        before = head_ids_upwards(obj.pk) if change else set()
        obj.save()
        places.heads_changed(department=obj, before=before, actor=request.user)

"""People and departments in Django's admin: for administrators alone (`User.is_staff`)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Department, User
from people.selectors import is_below

# Roles are columns of a person and add up; Django's groups decide nothing here.
admin.site.unregister(Group)

ROLES = ("is_manager", "is_accountant", "is_auditor", "is_administrator")
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
    readonly_fields = ("last_login", "created_at")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "full_name", "position")}),
        (gettext_lazy("Where to write"), {"fields": ("email", "phone", "language")}),
        (
            gettext_lazy("Place in the organisation"),
            {"fields": ("department", "supervisor")},
        ),
        (gettext_lazy("Roles (they add up)"), {"fields": (*ROLES, "is_active")}),
        (gettext_lazy("When"), {"fields": ("last_login", "created_at")}),
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

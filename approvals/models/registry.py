"""How each person looks at the registry: columns, order, and filters that have a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RegistryLook(models.Model):
    """A person's own columns and order of the registry; without a row everything is as it comes.

    `columns` are codes of `approvals.columns.COLUMNS`, `sort` is a key of `approvals.registry.SORTS`; what
    is unknown (an older version kept it) is left out when it is read.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="registry_look"
    )
    columns = models.JSONField(default=list)
    sort = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        verbose_name = _("look of the registry")
        verbose_name_plural = _("looks of the registry")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.columns}"


class SavedView(models.Model):
    """A filter of the registry that somebody gave a name, for themselves or for everybody.

    `query` is the page's query string without the page. A day in it may be `today`, `today+3` or `today-1`:
    such a view moves on with the calendar. Whoever opens it sees what they may see, and no more.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(pgettext_lazy("saved view", "name"), max_length=60)
    query = models.CharField(max_length=2000)
    is_shared = models.BooleanField(_("for everybody"), default=False)
    created_at = models.DateTimeField(_("created at"), editable=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="savedview_owner_name")
        ]

    def __str__(self) -> str:
        return self.name

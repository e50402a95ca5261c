"""A table that an administrator has uploaded: its rows wait here to be done as they were shown."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class DataImport(models.Model):
    """Rows of people or counterparties as they were read; `applied_at` says when they were done, once.

    `digest` is of what was shown (`approvals.imports.fates.digest`), `result` counts what was done.
    """

    class Kind(models.TextChoices):
        PEOPLE = "people", _("people")
        COMPANIES = "companies", _("counterparties")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    file_name = models.CharField(max_length=200)
    rows = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

"""Files of the registry that somebody asked for: made in the background, kept for a day."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from outbox.models import IntentRow


class ExportFormat(models.TextChoices):
    XLSX = "xlsx", "Excel (XLSX)"
    CSV = "csv", "CSV"


class ExportState(models.TextChoices):
    QUEUED = "queued", _("Waits for its turn")
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Not made")


class Export(IntentRow):
    """A promise to write a filter of the registry into a file for one person, and the file.

    `query`, `columns`, `sort` and `language` are as they were when it was asked for; the rows are what the
    owner may see when it is made. `rows_done` of `rows_total` are written; `key` is where the file lies.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    file_format = models.CharField(_("format"), max_length=4, choices=ExportFormat.choices)
    query = models.CharField(max_length=2000, blank=True)
    columns = models.JSONField(default=list)
    sort = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    state = models.CharField(
        _("state"), max_length=10, choices=ExportState.choices, default=ExportState.QUEUED
    )
    rows_total = models.PositiveIntegerField(null=True)
    rows_done = models.PositiveIntegerField(default=0)
    key = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(_("size in bytes"), null=True)
    created_at = models.DateTimeField(_("created at"))
    made_at = models.DateTimeField(null=True)
    form_key = models.UUIDField(null=True, editable=False)

    class Meta(IntentRow.Meta):
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "form_key"],
                condition=Q(form_key__isnull=False),
                name="export_form_key",
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(made_at__isnull=False, size__isnull=False),
                name="export_ready_has_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_format} {self.pk}"

    @property
    def is_pending(self) -> bool:
        return self.state in (ExportState.QUEUED, ExportState.MAKING)

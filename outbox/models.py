"""The columns of a row that must be acted on outside the transaction that wrote it; and who does so."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class IntentRow(models.Model):
    """A promise made in a transaction and kept by a task after it (see `outbox.services`).

    `next_try_at` is the whole schedule: a time means 'to be done from then on', NULL means nothing is due.
    A claim is a lease: `claim_id` and `claimed_at` say who acts on it now.
    """

    attempts = models.PositiveIntegerField(_("attempts"), default=0, editable=False)
    next_try_at = models.DateTimeField(_("next try at"), null=True, blank=True, editable=False)
    claim_id = models.UUIDField(null=True, blank=True, editable=False)
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(
        _("last error"), max_length=500, blank=True, default="", editable=False
    )

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="%(app_label)s_%(class)s_due",
                condition=models.Q(next_try_at__isnull=False),
            )
        ]


class Heartbeat(models.Model):
    """When a kind of process (`beat`, `worker`) said last that it works, by the database's clock."""

    name = models.CharField(max_length=20, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

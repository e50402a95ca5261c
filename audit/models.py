"""An append-only, hash-chained event row and the head that a subject keeps of its chain."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditedModel(models.Model):
    """Something whose changes are told by a chain of events: it holds the chain's head itself.

    The head (number and hash of the newest event) is written in the same transaction as the event, so a
    chain that was cut off at its end shows.
    """

    audit_seq = models.PositiveIntegerField(default=0, editable=False)
    audit_hash = models.CharField(max_length=64, blank=True, default="", editable=False)

    class Meta:
        abstract = True


class ChainedEvent(models.Model):
    """One thing that happened to one subject; never changed and never deleted (database triggers).

    A concrete event adds `subject` (foreign key to an AuditedModel, related_name="events") and `actor`
    (nullable foreign key to a person; NULL is the system itself).
    """

    seq = models.PositiveIntegerField(_("number in the chain"))
    kind = models.CharField(_("kind"), max_length=60)
    at = models.DateTimeField(_("at"))
    data = models.JSONField(_("facts"), default=dict)
    form_key = models.UUIDField(null=True, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True, default="")
    hash = models.CharField(max_length=64)

    class Meta:
        abstract = True
        ordering = ["seq"]

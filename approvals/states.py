"""The codes of a request's life: stable handles for URLs, tables and other programs."""

import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ON_APPROVAL = "on_approval", _("Awaiting approval")
    APPROVED = "approved", _("Approved for payment")
    PAID = "paid", _("Paid")
    REFUSED = "refused", _("Rejected")
    CANCELLED = "cancelled", _("Cancelled")


class TaskKind(models.TextChoices):
    APPROVE = "approve", _("Approve")
    ACCEPT = "accept", _("Accept")


# How long whoever took a decision may take it back; what it would mail waits as long.
UNDO_FOR = datetime.timedelta(seconds=10)


class Decision(models.TextChoices):
    """How a task ended; empty while it is open. The last three close a task from outside."""

    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned for changes")
    REFUSED = "refused", _("Rejected")
    ACCEPTED = "accepted", _("Accepted")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    CANCELLED = "cancelled", _("Cancelled")
    UNDONE = "undone", _("Decision undone")


class PaymentTerms(models.TextChoices):
    ADVANCE = "advance", _("advance")
    ON_DELIVERY = "on_delivery", _("on delivery")
    FINAL = "final", _("final payment")


class Occasion(models.TextChoices):
    """Why a letter went to the contact."""

    PAID = "paid", _("Paid")
    PARTLY_PAID = "partly_paid", _("Partly paid")

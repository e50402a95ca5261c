"""Running totals: how many requests stand where, and what they come to, without looking at each of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from counterparties.models import Company
from people.models import Department


class Stage(models.TextChoices):
    """Where a line counts: a status, told apart further on approval, or what was done on a day."""

    DRAFT = "draft"
    ON_APPROVAL = "on_approval"
    ACCEPTING = "accepting"
    APPROVED = "approved"
    PAID = "paid"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    PAYMENT = "payment"
    CLOSING = "closing"


# On the way to payment: lines of these are told apart by planned day and payer.
PLANNED = (Stage.ON_APPROVAL, Stage.ACCEPTING, Stage.APPROVED)


class TotalLine(models.Model):
    """A signed line of the running totals: what a change did to a key, or what all before come to.

    Written by database triggers alone (`approvals.total_lines`), a line for what leaves and one for what
    comes, so that no two writers wait for each other here; the total of a key is the sum of its lines.
    Folding (`approvals.services.totals`) puts one line in place of many.

    The key is department, stage, day, payer and currency. `day_on` is the planned day of what is on its way
    to payment (an `accepting` request waits for its author), the day of a `payment`, and the day in UTC on
    which a request was paid off: `closing`, which counts the seconds of both halves of its way. Other stages
    have neither day nor payer. A `payment` counts the requests of which anything was paid on the day.

    Derived from other rows: no back-up holds it, and its keys stand in nobody's way.
    """

    department = models.ForeignKey(
        Department,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    stage = models.CharField(max_length=12)
    day_on = models.DateField(null=True)
    payer = models.ForeignKey(
        Company,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    currency = models.CharField(max_length=3)
    count = models.BigIntegerField()
    amount = models.DecimalField(max_digits=24, decimal_places=2)
    amount_left = models.DecimalField(max_digits=24, decimal_places=2)
    seconds_to_approve = models.BigIntegerField()
    seconds_to_pay = models.BigIntegerField()
    is_folded = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(fields=["stage", "day_on"], name="totalline_stage_day"),
            models.Index(fields=["id"], name="totalline_fresh", condition=Q(is_folded=False)),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.count:+d}"

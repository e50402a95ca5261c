"""Papers that accountants ask for: payment orders to be signed, and registers of a day's payments."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from approvals.models.requests import Payment, PaymentRequest
from audit.models import AuditedModel, ChainedEvent
from counterparties.models import BankAccount, Company
from documents.models import Document


class PaymentOrderQuerySet(models.QuerySet["PaymentOrder"]):
    """Which orders are still to be carried out."""

    def open(self) -> Self:
        """Neither paid by nor withdrawn."""
        return self.filter(payment=None, withdrawn_at=None)


class PaymentOrder(models.Model):
    """A payment order that was drawn up for a request (form 0401060); the bank's proof is another document.

    Money in roubles. The columns that are codes are fields of the form: `priority` 21, `payment_kind` 5,
    `income_code` 20, `uin` 22. `document` is the newest version of what is printed; `payment` is what was
    paid by the order. A withdrawn one keeps its number: nobody knows whether the bank has seen it.
    `payer` and `year` are those of its account and its day: a number is given once in a payer's year.
    """

    payment_request = models.ForeignKey(
        PaymentRequest, models.PROTECT, related_name="payment_orders"
    )
    payer = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("payer"))
    year = models.PositiveSmallIntegerField(editable=False)
    number = models.CharField(_("payment order number"), max_length=6)
    drawn_on = models.DateField(_("date of the order"))
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    payer_account = models.ForeignKey(
        BankAccount, models.PROTECT, related_name="+", verbose_name=_("payer's account")
    )
    purpose = models.CharField(_("payment purpose"), max_length=210)
    priority = models.CharField(_("priority"), max_length=1, default="5")
    payment_kind = models.CharField(_("kind of payment"), max_length=15, blank=True)
    income_code = models.CharField(_("code of income"), max_length=1, blank=True)
    uin = models.CharField(_("UIN"), max_length=25, blank=True)
    document = models.OneToOneField(Document, models.PROTECT, related_name="order_form")
    payment = models.OneToOneField(
        Payment, models.PROTECT, null=True, editable=False, related_name="order"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, editable=False)
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField(_("drawn up at"))
    form_key = models.UUIDField(null=True, editable=False)

    objects = PaymentOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment order")
        verbose_name_plural = _("payment orders")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_amount_positive"),
            models.CheckConstraint(
                condition=Q(payment__isnull=True) | Q(withdrawn_at__isnull=True),
                name="order_paid_or_withdrawn",
            ),
            models.UniqueConstraint(fields=["payer", "year", "number"], name="order_number_once"),
            models.UniqueConstraint(
                fields=["drawn_by", "form_key"],
                condition=Q(form_key__isnull=False),
                name="order_form_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.drawn_on}"

    @property
    def state(self) -> str:
        """`open`, `paid` or `withdrawn`."""
        if self.payment_id is not None:
            return "paid"
        return "withdrawn" if self.withdrawn_at is not None else "open"


class Register(AuditedModel):
    """A register of one day's payments that somebody had drawn up; what it says is in its paper.

    A row a version. The papers of a day lie together in a folder of their own, which is locked while a
    version is drawn up.
    """

    day_on = models.DateField(_("day"))
    document = models.OneToOneField(Document, models.PROTECT, related_name="register")
    drawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField(_("drawn up at"))
    form_key = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = _("register of payments")
        verbose_name_plural = _("registers of payments")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["day_on"], name="register_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["drawn_by", "form_key"],
                condition=Q(form_key__isnull=False),
                name="register_form_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day_on} {self.pk}"


class RegisterEvent(ChainedEvent):
    """What happened to a version of a register: it was drawn up."""

    subject = models.ForeignKey(Register, models.PROTECT, related_name="events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta(ChainedEvent.Meta):
        verbose_name = _("event of a register")
        verbose_name_plural = _("events of registers")
        constraints = [
            models.UniqueConstraint(fields=["subject", "seq"], name="registerevent_subject_seq")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"

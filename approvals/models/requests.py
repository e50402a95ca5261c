"""Payment requests, the tasks and payments that move them, and what was decided about them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from approvals.models.access import Access, AccessShape
from approvals.models.organisation import Category
from approvals.models.request_indexes import INDEXES
from approvals.states import Decision, Occasion, PaymentTerms, Status, TaskKind
from audit.models import AuditedModel, ChainedEvent
from counterparties.models import CURRENCIES, BankAccount, Company, Contact
from documents.models import Document, Folder
from notifications.models import Letter
from people.models import Department, User
from people.prepared import prepared

S = Status


def _number(number: int | str) -> str:
    """'№ 30' or 'No. 30', not to be broken over two lines."""
    return (gettext("No. %(number)s") % {"number": number}).replace(" ", "\u00a0")


class PaymentRequestQuerySet(models.QuerySet["PaymentRequest"]):
    """Who may see a request, and how it is locked."""

    def visible_to(self, user: User, access: Access | None = None) -> Self:
        """The requests that a person may see; what is not here is a 404 for them.

        `access` is what `access_of` gave for this page before.
        """
        if user.sees_everything:
            return self
        return self.filter((access or self.access_of(user)).chosen())

    @staticmethod
    def access_of(user: User) -> Access:
        """The forms of what a person sees who does not see everything."""
        return Access(user, PaymentRequest.objects.all(), ApprovalTask.objects.all())

    @staticmethod
    def locked(pk: int) -> PaymentRequest:
        """The row, locked until the transaction ends, with what every decision asks of it beside.

        Raises DoesNotExist.
        """
        found = _locked.first(pk)
        if found is None:
            raise PaymentRequest.DoesNotExist
        return found

    def visible_as(self, person: int, shape: AccessShape) -> Self:
        """What `visible_to` leaves, for a statement that is kept (`people.prepared`)."""
        if shape.is_all:
            return self
        return self.filter(self.access_as(person, shape).chosen())

    @staticmethod
    def access_as(person: int, shape: AccessShape) -> Access:
        """What `access_of` gives, in the same way."""
        user = User(pk=person, is_accountant=shape.is_all)
        return PaymentRequestQuerySet.access_of(user).as_if(shape)


@prepared
def _locked(pk: int) -> models.QuerySet[PaymentRequest]:
    rows = PaymentRequest.objects.select_related("author", "company", "bank_account")
    return rows.select_for_update(of=("self",), no_key=True).filter(pk=pk)


class PaymentRequest(FSMModelMixin, AuditedModel):
    """A request to pay a company a sum by a day. Its number is its primary key (gaps are possible).

    `status` moves by the transitions below alone, called by `approvals.services` under a row lock.
    `paid_amount` is the sum of its payments, kept under the same lock. `waiting_since` is when the
    request came to whoever has it now. `search` is lower-case text (ё as е) that search
    looks in, `invoice_key` the invoice's number as it is compared (see `approvals.search`). What its lists
    are sorted and filtered by without a join: `company_key` is the beginning of the company's own `search`,
    `has_closing` says whether a closing document lies in the folder (see `approvals.services.filing`).
    """

    payer = models.ForeignKey(
        Company,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("payer"),
    )
    company = models.ForeignKey(
        Company,
        models.PROTECT,
        related_name="payment_requests",
        verbose_name=_("counterparty"),
    )
    bank_account = models.ForeignKey(
        BankAccount,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payment_requests",
        verbose_name=_("settlement account"),
    )
    contact = models.ForeignKey(
        Contact,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payment_requests",
        verbose_name=_("the contact for this request"),
    )
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="RUB")
    vat_rate = models.CharField(_("VAT rate"), max_length=4, default="none")
    vat_amount = models.DecimalField(
        _("VAT included"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    purpose = models.CharField(_("payment purpose"), max_length=210)
    justification = models.TextField(_("what it is for"), max_length=2000, blank=True)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, verbose_name=_("budget item")
    )
    payment_terms = models.CharField(
        _("payment terms"), max_length=12, choices=PaymentTerms.choices, blank=True
    )
    is_urgent = models.BooleanField(_("urgent"), default=False)
    urgent_reason = models.CharField(_("why it is urgent"), max_length=500, blank=True)
    basis = models.CharField(_("basis (contract, specification)"), max_length=300, blank=True)
    pay_by = models.DateField(_("pay by"))
    planned_on = models.DateField(_("planned pay day"))
    invoice_number = models.CharField(_("invoice number"), max_length=60, blank=True)
    invoice_date = models.DateField(_("invoice date"), null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_index=False,  # request_author
        related_name="payment_requests",
        verbose_name=_("author"),
    )
    author_department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        db_index=False,  # request_of_department
        related_name="+",
        verbose_name=_("department"),
    )
    status = FSMField(
        _("status"), max_length=12, choices=S.choices, default=S.DRAFT, protected=True
    )
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    folder = models.OneToOneField(
        Folder,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="payment_request",
    )
    paid_amount = models.DecimalField(_("paid"), max_digits=18, decimal_places=2, default=0)
    created_at = models.DateTimeField(_("created at"), editable=False)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved at"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    waiting_since = models.DateTimeField(_("waiting since"), editable=False)
    search = models.TextField(editable=False, default="")
    invoice_key = models.CharField(max_length=60, editable=False, default="", db_default="")
    company_key = models.CharField(max_length=100, editable=False, default="", db_default="")
    has_closing = models.BooleanField(default=False, db_default=False, editable=False)
    form_key = models.UUIDField(null=True, editable=False)

    objects = PaymentRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment request")
        verbose_name_plural = _("payment requests")
        ordering = ["-pk"]
        indexes = INDEXES
        constraints = [
            models.UniqueConstraint(
                fields=["author", "form_key"],
                condition=Q(form_key__isnull=False),
                name="request_form_key",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="request_amount_positive"),
            models.CheckConstraint(
                condition=Q(paid_amount__gte=0) & Q(paid_amount__lte=F("amount")),
                name="request_paid_within_amount",
            ),
            models.CheckConstraint(condition=Q(status__in=S.values), name="request_status_known"),
            models.CheckConstraint(
                condition=(Q(status=S.PAID) & Q(paid_amount=F("amount")))
                | (~Q(status=S.PAID) & Q(paid_amount__lt=F("amount"))),
                name="request_paid_means_paid",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[S.APPROVED, S.PAID]) | Q(paid_amount=0),
                name="request_payments_only_when_approved",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[S.DRAFT, S.CANCELLED])
                | (
                    Q(payer__isnull=False)
                    & Q(bank_account__isnull=False)
                    & Q(submitted_at__isnull=False)
                ),
                name="request_submitted_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[S.APPROVED, S.PAID], approved_at__isnull=False)
                | (~Q(status__in=[S.APPROVED, S.PAID]) & Q(approved_at__isnull=True)),
                name="request_approved_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[S.PAID, S.REFUSED, S.CANCELLED], closed_at__isnull=False)
                | (
                    Q(
                        status__in=[S.DRAFT, S.ON_APPROVAL, S.APPROVED],
                        closed_at__isnull=True,
                    )
                ),
                name="request_closed_has_time",
            ),
        ]

    def __str__(self) -> str:
        return _number(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("approvals:request", args=[self.pk])

    @property
    def number(self) -> int:
        return self.pk

    @property
    def amount_left(self) -> Decimal:
        """What is still to be paid, in `currency`."""
        return self.amount - self.paid_amount

    @property
    def is_open(self) -> bool:
        return self.status in (S.DRAFT, S.ON_APPROVAL, S.APPROVED)

    def days_overdue(self, today: datetime.date) -> int:
        """Days past 'pay by' (which includes its day) for a request somebody still has to act on; else 0."""
        if self.status not in (S.ON_APPROVAL, S.APPROVED):
            return 0
        return max((today - self.pay_by).days, 0)

    # Transitions set facts and nothing else: no save, no I/O, no rights (see approvals.policies).

    @transition(field=status, source=S.DRAFT, target=S.ON_APPROVAL)
    def submit(self, *, at: datetime.datetime) -> None:
        self.submitted_at = self.waiting_since = at

    @transition(field=status, source=S.ON_APPROVAL, target=S.APPROVED)
    def approve(self, *, at: datetime.datetime) -> None:
        self.approved_at = self.waiting_since = at

    @transition(field=status, source=[S.ON_APPROVAL, S.APPROVED], target=S.DRAFT)
    def send_back(self, *, at: datetime.datetime) -> None:
        self.round += 1
        self.approved_at = None
        self.waiting_since = at

    @transition(field=status, source=S.ON_APPROVAL, target=S.REFUSED)
    def refuse(self, *, at: datetime.datetime) -> None:
        self.closed_at = self.waiting_since = at

    @transition(field=status, source=[S.DRAFT, S.ON_APPROVAL, S.APPROVED], target=S.CANCELLED)
    def cancel(self, *, at: datetime.datetime) -> None:
        self.approved_at = None
        self.closed_at = self.waiting_since = at

    @transition(field=status, source=S.APPROVED, target=S.PAID)
    def pay(self, *, at: datetime.datetime) -> None:
        self.closed_at = self.waiting_since = at

    @transition(
        field=status,
        source=[S.DRAFT, S.ON_APPROVAL, S.APPROVED, S.REFUSED],
        target=S.ON_APPROVAL,
    )
    def undo(self, *, back_to_round: int, since: datetime.datetime) -> None:
        """As it was while the task waited whose decision is taken back."""
        self.round = back_to_round
        self.approved_at = self.closed_at = None
        self.waiting_since = since


class ApprovalTask(models.Model):
    """Somebody's turn to decide: to approve a request, or (its author) to accept what was approved.

    At most one is open for a request. `decided_by` may differ from `assignee`: the author's supervisor or an
    accountant may accept for the author. `department` is that of the request, so that what a person has to do
    with outside of their own departments is found by index; a trigger follows the request
    (`approvals.total_lines`), and what says nothing is looked at (`approvals.models.access`).
    """

    payment_request = models.ForeignKey(PaymentRequest, models.PROTECT, related_name="tasks")
    round = models.PositiveSmallIntegerField(_("round"))
    kind = models.CharField(_("kind"), max_length=10, choices=TaskKind.choices)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_index=False,  # task_of_assignee
        related_name="approval_tasks",
    )
    created_at = models.DateTimeField(_("created at"))
    decision = models.CharField(_("decision"), max_length=10, choices=Decision.choices, blank=True)
    comment = models.TextField(_("comment or reason"), max_length=2000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,  # task_of_decider
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        db_index=False,
        editable=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("approval task")
        verbose_name_plural = _("approval tasks")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["assignee"], name="task_open", condition=Q(decision="")),
            models.Index(
                fields=["assignee", "payment_request"],
                name="task_to_accept",
                condition=Q(decision="", kind=TaskKind.ACCEPT),
            ),
            models.Index(
                fields=["assignee", "department", "payment_request"], name="task_of_assignee"
            ),
            models.Index(
                fields=["decided_by", "department", "payment_request"], name="task_of_decider"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["payment_request"],
                condition=Q(decision=""),
                name="task_one_open",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(decision="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="task_decision_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.payment_request_id}/{self.round}"

    @property
    def is_open(self) -> bool:
        return not self.decision

    @property
    def was_for_somebody_else(self) -> bool:
        return self.decided_by_id is not None and self.decided_by_id != self.assignee_id


class Payment(models.Model):
    """Money that left one of our accounts for a request, and the payment order that proves it."""

    payment_request = models.ForeignKey(PaymentRequest, models.PROTECT, related_name="payments")
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    paid_on = models.DateField(_("paid on"))
    number = models.CharField(_("payment order number"), max_length=6)
    payer_account = models.ForeignKey(
        BankAccount,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("payer's account"),
    )
    payment_order = models.OneToOneField(
        Document,
        models.PROTECT,
        null=True,
        related_name="payment",
        verbose_name=_("payment order"),
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("recorded at"))
    form_key = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.UniqueConstraint(
                fields=["recorded_by", "form_key"],
                condition=Q(form_key__isnull=False),
                name="payment_form_key",
            ),
        ]

    def __str__(self) -> str:
        return _number(self.number)


class Watch(models.Model):
    """Somebody who is told of each decision about a request, because they asked to be."""

    payment_request = models.ForeignKey(PaymentRequest, models.CASCADE, related_name="watches")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment_request", "user"], name="watch_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.payment_request_id}"


class RequestLetter(models.Model):
    """Ties a letter to the request and the payment it tells of; one per payment and occasion."""

    payment_request = models.ForeignKey(PaymentRequest, models.PROTECT, related_name="letters")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="letters")
    letter = models.OneToOneField(Letter, models.PROTECT, related_name="request_letter")
    occasion = models.CharField(max_length=12, choices=Occasion.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "occasion"], name="requestletter_once")
        ]

    def __str__(self) -> str:
        return f"{self.occasion} {self.payment_request_id}"


class Event(ChainedEvent):
    """What happened to a request: who, what, from which status to which, and the facts of it."""

    subject = models.ForeignKey(PaymentRequest, models.PROTECT, related_name="events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta(ChainedEvent.Meta):
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["subject", "seq"], name="event_subject_seq")]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"

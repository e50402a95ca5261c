"""Companies we pay (and our own organisations), their bank accounts and the people we write to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from audit.models import AuditedModel, ChainedEvent
from documents.models import Folder

CURRENCIES = [
    ("RUB", "RUB"),
    ("USD", "USD"),
    ("EUR", "EUR"),
    ("CNY", "CNY"),
    ("KZT", "KZT"),
    ("BYN", "BYN"),
]


class CompanyKind(models.TextChoices):
    """What a counterparty is before the law; it decides which requisites are asked."""

    ORGANISATION = "organisation", _("organisation")
    SOLE_PROPRIETOR = "sole_proprietor", _("sole proprietor")
    INDIVIDUAL = "individual", _("individual")
    STATE_BODY = "state_body", _("state body (paid through the Treasury)")
    FOREIGN = "foreign", _("foreign company")


class RegisterState(models.TextChoices):
    """Where a company stands in the state's register; "" where nobody knows."""

    ACTIVE = "active", _("Active")
    LIQUIDATING = "liquidating", _("Being liquidated")
    LIQUIDATED = "liquidated", _("Liquidated")
    BANKRUPT = "bankrupt", _("Bankrupt")
    REORGANIZING = "reorganizing", _("Being reorganised")


# Whoever pays such a company should think twice.
ALARMING_STATES = (RegisterState.LIQUIDATING, RegisterState.LIQUIDATED, RegisterState.BANKRUPT)


class Company(AuditedModel):
    """A counterparty, or one of our own organisations (`is_own`): one row per INN + KPP.

    `search` is the lower-case text (ё as е) that lists look in: name, full name, INN, KPP. What the
    state's register says is as it was at `register_checked_at`; nobody types it.
    """

    kind = models.CharField(
        _("kind"),
        max_length=20,
        choices=CompanyKind.choices,
        default=CompanyKind.ORGANISATION,
    )
    name = models.CharField(_("name"), max_length=160)
    full_name = models.CharField(pgettext_lazy("company", "full name"), max_length=500, blank=True)
    inn = models.CharField(_("INN"), max_length=12, blank=True)
    kpp = models.CharField(_("KPP"), max_length=9, blank=True)
    ogrn = models.CharField(_("OGRN"), max_length=15, blank=True)
    legal_address = models.CharField(_("legal address"), max_length=500, blank=True)
    is_own = models.BooleanField(_("our own organisation"), default=False)
    folder = models.OneToOneField(
        Folder, models.PROTECT, null=True, editable=False, related_name="company"
    )
    requests_folder = models.OneToOneField(
        Folder, models.PROTECT, null=True, editable=False, related_name="+"
    )
    search = models.CharField(max_length=900, editable=False, default="")
    register_state = models.CharField(
        _("state in the register"),
        max_length=12,
        choices=RegisterState.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    register_invalid = models.BooleanField(
        _("the register holds its data unreliable"),
        default=False,
        db_default=False,
        editable=False,
    )
    register_checked_at = models.DateTimeField(
        _("looked up in the register at"), null=True, editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), editable=False)
    form_key = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = _("counterparty")
        verbose_name_plural = _("counterparties")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["inn", "kpp"],
                condition=~models.Q(inn=""),
                name="company_inn_kpp",
            ),
            models.UniqueConstraint(
                fields=["created_by", "form_key"],
                condition=models.Q(form_key__isnull=False),
                name="company_form_key",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("approvals:company", args=[self.pk])

    @property
    def register_marks(self) -> list[tuple[str, str]]:
        """What whoever pays it must see, as (code, words); empty when all is well or unknown."""
        marks = []
        if self.register_state in ALARMING_STATES:
            marks.append((self.register_state, str(RegisterState(self.register_state).label)))
        if self.register_invalid:
            marks.append(("invalid", gettext("Data unreliable, says the register")))
        return marks


class OwnCompany(Company):
    """One of our own organisations, as administrators edit it."""

    class Meta:
        proxy = True
        verbose_name = _("our own organisation")
        verbose_name_plural = _("our own organisations")


class BankAccount(models.Model):
    """A settlement account of a company. Never edited in place: a new one replaces it (`replaced_at`)."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="accounts")
    bik = models.CharField(_("BIK"), max_length=11, blank=True)
    bank_name = models.CharField(_("bank"), max_length=200)
    correspondent_account = models.CharField(_("correspondent account"), max_length=20, blank=True)
    number = models.CharField(_("settlement account"), max_length=34)
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES, default="RUB")
    is_main = models.BooleanField(_("main"), default=False)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    replaced_at = models.DateTimeField(_("replaced at"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), editable=False)
    form_key = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        ordering = ["-is_main", "pk"]
        constraints = [
            # The Treasury's accounts (03…) are shared by the bodies it serves: once under one company.
            models.UniqueConstraint(
                fields=["bik", "number"],
                condition=models.Q(replaced_at__isnull=True) & ~models.Q(number__startswith="03"),
                name="account_bik_number",
            ),
            models.UniqueConstraint(
                fields=["company", "bik", "number"],
                condition=models.Q(replaced_at__isnull=True),
                name="account_company_bik_number",
            ),
            models.UniqueConstraint(
                fields=["company"],
                condition=models.Q(is_main=True),
                name="account_one_main",
            ),
            models.UniqueConstraint(
                fields=["created_by", "form_key"],
                condition=models.Q(form_key__isnull=False),
                name="account_form_key",
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.number[-4:]}, {self.bank_name}"

    @property
    def last4(self) -> str:
        return self.number[-4:]


class Bank(models.Model):
    """A participant of the Bank of Russia's directory; never deleted: what left it is closed.

    `accounts` are its accounts in use that the directory lists: number -> type (CRSA, UTRA, …).
    `town` is as payment orders write it ("г. Москва"), or empty.
    """

    bik = models.CharField(_("BIK"), max_length=9, primary_key=True)
    name = models.CharField(_("name"), max_length=160)
    town = models.CharField(_("town"), max_length=80, blank=True)
    correspondent_account = models.CharField(_("correspondent account"), max_length=20, blank=True)
    participant_type = models.CharField(_("kind of participant"), max_length=2)
    accounts = models.JSONField(default=dict, editable=False)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    licence_withdrawn_on = models.DateField(_("licence withdrawn on"), null=True, blank=True)

    class Meta:
        verbose_name = _("bank")
        verbose_name_plural = _("banks")
        ordering = ["bik"]

    def __str__(self) -> str:
        return f"{self.bik} {self.name}"

    @property
    def payment_name(self) -> str:
        """The bank's name and town, as field 13 of a payment order has them."""
        return f"{self.name}, {self.town}" if self.town else self.name

    @property
    def correspondent_accounts(self) -> set[str]:
        """All that may stand as its correspondent account: its own, or the Treasury's single ones."""
        return {number for number, kind in self.accounts.items() if kind in ("CRSA", "UTRA")}


class BankDirectory(models.Model):
    """The one row (pk 1) that says which directory is in force, and what its load changed.

    Without it the directory is empty. Loads wait for one another on it.
    """

    PK = 1

    business_date = models.DateField(_("business day"))
    version = models.PositiveSmallIntegerField(_("version"))
    loaded_at = models.DateTimeField(_("loaded at"))
    added = models.PositiveIntegerField(_("added"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    closed = models.PositiveIntegerField(_("closed"), default=0)

    class Meta:
        verbose_name = _("directory of banks")
        verbose_name_plural = _("directories of banks")

    def __str__(self) -> str:
        return f"{self.business_date} ({self.version})"


class Contact(models.Model):
    """A person on the counterparty's side, to whom letters go; `search` is what search compares."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="contacts")
    full_name = models.CharField(pgettext_lazy("person", "full name"), max_length=200)
    position = models.CharField(_("position"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, default="ru"
    )
    search = models.CharField(max_length=900, editable=False, default="", db_default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), editable=False)
    form_key = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "form_key"],
                condition=models.Q(form_key__isnull=False),
                name="contact_form_key",
            )
        ]

    def __str__(self) -> str:
        return self.full_name

    def get_absolute_url(self) -> str:
        return reverse("approvals:contact", args=[self.pk])


class RegisterAnswer(models.Model):
    """What a look-up service answered about an INN or OGRN, kept so that it is not asked all day.

    `source` names the provider; `parties` are lookup.parties.Party as JSON. Nothing hangs on a row.
    """

    source = models.CharField(max_length=200)
    query = models.CharField(max_length=15)
    parties = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "query"], name="registeranswer_source_query")
        ]

    def __str__(self) -> str:
        return f"{self.query} at {self.received_at}"


class CompanyEvent(ChainedEvent):
    """What happened to a company: created, edited, an account or a contact added, a contact edited,
    its state in the register changed."""

    subject = models.ForeignKey(Company, models.PROTECT, related_name="events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta(ChainedEvent.Meta):
        verbose_name = _("event of a counterparty")
        verbose_name_plural = _("events of counterparties")
        constraints = [
            models.UniqueConstraint(fields=["subject", "seq"], name="companyevent_subject_seq")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"

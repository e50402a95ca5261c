"""How the organisation works: its settings, and the budget items that requests are filed under."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.models import AuditedModel, ChainedEvent


class Category(models.Model):
    """A budget item (статья ДДС) that a request is filed under."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("budget item")
        verbose_name_plural = _("budget items")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class OrganisationSettings(AuditedModel):
    """How this organisation works: exactly one row (pk 1), edited by administrators."""

    default_approver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("default approver"),
        help_text=_("Decides where the author has no supervisor and the departments no head."),
    )
    acceptance_step = models.BooleanField(
        _("the author accepts after approval"),
        default=True,
        help_text=_("Off: the last approval makes the request approved for payment at once."),
    )
    accept_label_ru = models.CharField(
        _("acceptance button in Russian"),
        max_length=120,
        default="Ура, всё в порядке, бегу обрадовать контрагента!",
    )
    accept_label_en = models.CharField(
        _("acceptance button in English"),
        max_length=120,
        default="Hooray, all is well — off to tell the supplier!",
    )
    invoice_required = models.BooleanField(_("an invoice is required to submit"), default=True)
    payment_order_required = models.BooleanField(
        _("a payment order is required to record a payment"), default=True
    )
    paper_language = models.CharField(
        _("language of our own papers"),
        max_length=2,
        choices=settings.LANGUAGES,
        default="ru",
        db_default="ru",
        help_text=_("Payment requests, approval sheets and registers are drawn up in it."),
    )
    share_link_days = models.PositiveSmallIntegerField(
        _("days that a counterparty's link works"),
        default=90,
        validators=[MinValueValidator(1)],
    )
    second_factor_managers = models.BooleanField(_("managers"), default=False, db_default=False)
    second_factor_approvers = models.BooleanField(
        _("approvers"),
        default=False,
        db_default=False,
        help_text=_("Everybody's supervisor, heads of departments and the default approver."),
    )
    second_factor_accountants = models.BooleanField(
        _("accountants"), default=False, db_default=False
    )
    second_factor_auditors = models.BooleanField(_("auditors"), default=False, db_default=False)
    second_factor_administrators = models.BooleanField(
        _("administrators"), default=False, db_default=False
    )

    pay_weekdays = models.JSONField(
        _("pay days"),
        default=list,
        blank=True,
        help_text=_("None: every request is planned for the day by which it is to be paid."),
    )
    pay_cut_off = models.TimeField(
        _("pay day's cut-off"),
        null=True,
        blank=True,
        help_text=_("What is approved later is not planned for the same day any more."),
    )

    quiet_notices = models.JSONField(
        _("notices that stay in the bell"),
        default=list,
        blank=True,
        editable=False,
    )

    class Meta:
        verbose_name = _("settings")
        verbose_name_plural = _("settings")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="settings_one_row")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def accept_label(self, language: str) -> str:
        return self.accept_label_en if language.startswith("en") else self.accept_label_ru


class SettingsEvent(ChainedEvent):
    """What administrators changed in the settings and the budget items."""

    subject = models.ForeignKey(OrganisationSettings, models.PROTECT, related_name="events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta(ChainedEvent.Meta):
        verbose_name = _("event of the settings")
        verbose_name_plural = _("events of the settings")
        constraints = [
            models.UniqueConstraint(fields=["subject", "seq"], name="settingsevent_subject_seq")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"

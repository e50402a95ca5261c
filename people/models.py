"""Who works here: people, their departments, who heads whom, and the roles that add up."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.models import AuditedModel, ChainedEvent
from outbox.models import IntentRow


class Department(models.Model):
    """A part of the organisation; the tree is `parent`, the person who answers for it is `head`."""

    name = models.CharField(pgettext_lazy("department", "name"), max_length=200)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )
    head = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="headed_departments",
        verbose_name=_("head of department"),
    )

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")),
                name="department_not_its_own_parent",
            )
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Creates people; e-mail and full name are as typed."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(username, password, is_administrator=True, **fields)

    def active(self) -> models.QuerySet[User]:
        return self.filter(is_active=True)


class User(AbstractBaseUser):
    """A person who logs in. Roles add up; being somebody's supervisor or head makes an approver."""

    username = models.CharField(
        _("log-in name"),
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("This log-in name is taken.")},
    )
    full_name = models.CharField(pgettext_lazy("person", "full name"), max_length=200)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    position = models.CharField(_("position"), max_length=200, blank=True)
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, default="ru"
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("department"),
    )
    supervisor = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="subordinates",
        verbose_name=_("supervisor"),
    )
    is_manager = models.BooleanField(_("manager"), default=False)
    is_accountant = models.BooleanField(_("accountant"), default=False)
    is_auditor = models.BooleanField(_("auditor"), default=False)
    is_administrator = models.BooleanField(_("administrator"), default=False)
    is_demo = models.BooleanField(_("demo log-in"), default=False, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    must_change_password = models.BooleanField(
        _("must choose a password of their own"),
        default=False,
        db_default=False,
        editable=False,
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["full_name"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(supervisor=models.F("id")),
                name="user_not_their_own_supervisor",
            )
        ]

    # What was found out of whoever a page is made for (see people.middleware.PersonMiddleware); else None.
    page: dict[str, Any] | None = None

    def __str__(self) -> str:
        return self.full_name or self.username

    @property
    def is_staff(self) -> bool:
        """Administrators use Django's admin; nobody else does."""
        return self.is_administrator

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_administrator

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_administrator

    @property
    def sees_everything(self) -> bool:
        """Accountants, auditors and administrators read every request."""
        return self.is_accountant or self.is_auditor or self.is_administrator

    @property
    def short_name(self) -> str:
        """'Кравцова А. С.' of a three-word name, else the name as it is (no-break spaces inside)."""
        parts = self.full_name.split()
        if len(parts) != 3:
            return str(self)
        return f"{parts[0]}\u00a0{parts[1][0]}.\u00a0{parts[2][0]}."


class PersonRecord(AuditedModel):
    """The head of a person's chain of events.

    Apart from the person's own row, because libraries save that one whole and would put an old head back.
    """

    person = models.OneToOneField(
        User, models.PROTECT, primary_key=True, related_name="record", verbose_name=_("person")
    )

    class Meta:
        verbose_name = _("record of a person")
        verbose_name_plural = _("records of people")

    def __str__(self) -> str:
        return str(self.person_id)


class PersonEvent(ChainedEvent):
    """What happened to a person's rights and to their ways of logging in; `actor` NULL is the system."""

    subject = models.ForeignKey(PersonRecord, models.PROTECT, related_name="events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta(ChainedEvent.Meta):
        verbose_name = _("event of a person")
        verbose_name_plural = _("events of people")
        constraints = [
            models.UniqueConstraint(fields=["subject", "seq"], name="personevent_subject_seq")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq}"


class Session(AbstractBaseSession):
    """A browser that somebody has logged in with (`user`), or a visitor's; see `people.sessions`.

    `session_key` is the SHA-256 of what the cookie holds. `seen_at` is exact to a few minutes.
    """

    session_key = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions"
    )
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    agent = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=45, blank=True)


class EntryLink(models.Model):
    """A link in a letter behind which a person chooses a password: invited, or the old one forgotten.

    It works once, until `expires_at`, and only the newest of a person does. Of its token the row keeps the
    hash, and the salt that it is made of with a key that the database has not (`people.entry`).
    """

    class Purpose(models.TextChoices):
        INVITATION = "invitation", _("invitation")
        FORGOTTEN = "password", _("forgotten password")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="entry_links")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    salt = models.CharField(max_length=40)
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    form_key = models.UUIDField(null=True, unique=True, editable=False)

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class PasswordRequest(IntentRow):
    """Somebody at the log-in page has forgotten a password: to be answered, and deleted with that.

    A row is written whatever was typed and looked up later, so the page takes as long for a stranger's
    address as for a person's.
    """

    typed = models.CharField(max_length=254)
    created_at = models.DateTimeField()

    class Meta(IntentRow.Meta):
        pass

    def __str__(self) -> str:
        return str(self.pk)

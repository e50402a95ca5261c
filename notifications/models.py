"""Letters to contacts and notices to users: rows written with the decision that they follow from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from counterparties.models import Contact
from documents.models import Document, ShareLink
from outbox.models import IntentRow


class LetterState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Not sent")


class Letter(IntentRow):
    """A letter to a counterparty's contact, worded from `context` (facts) when it is rendered.

    Address, name and language are the contact's as they were when the letter was written. It waits for its
    attachments (`waits_since`) and says so; `without_attachment` sends it without them, with links alone.
    """

    kind = models.CharField(_("kind"), max_length=30)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="letters")
    to_email = models.EmailField(_("to"))
    to_name = models.CharField(_("name"), max_length=200)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    reply_to = models.CharField(max_length=320, blank=True)
    from_name = models.CharField(max_length=200, blank=True)
    context = models.JSONField(default=dict)
    share_link = models.OneToOneField(ShareLink, models.PROTECT, related_name="letter")
    attachments = models.ManyToManyField(
        Document, through="LetterAttachment", related_name="letters"
    )
    message_id = models.CharField(max_length=255, unique=True)
    state = models.CharField(
        _("state"), max_length=10, choices=LetterState.choices, default=LetterState.QUEUED
    )
    without_attachment = models.BooleanField(default=False)
    waiting_for_files = models.BooleanField(default=False)
    created_at = models.DateTimeField(_("created at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta(IntentRow.Meta):
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-pk"]
        indexes = [
            *IntentRow.Meta.indexes,
            models.Index(
                fields=["last_error"],
                name="letter_failed",
                condition=models.Q(state="failed"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="sent") | models.Q(sent_at__isnull=False),
                name="letter_sent_has_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class LetterAttachment(models.Model):
    """A document that goes with a letter, which waits until it is stored.

    With `expires_at` the letter can do without it: it is not waited for longer, nor where it cannot be made,
    and what did not go has no row once the letter is sent.
    """

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="letter_attachments")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["letter", "document"], name="letterattachment_once")
        ]

    def __str__(self) -> str:
        return f"{self.letter_id} + {self.document_id}"


class LetterEvent(models.Model):
    """What happened to a letter: queued, waiting, sent, attempt_failed, failed, retried, revoked."""

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    detail = models.CharField(max_length=500, blank=True)
    form_key = models.UUIDField(null=True, editable=False)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.letter_id} {self.kind}"


class NoticeKind(models.TextChoices):
    TASK = "task", _("For approval")
    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned for changes")
    REFUSED = "refused", _("Rejected")
    ACCEPTED = "accepted", _("To pay")
    PAID = "paid", _("Paid")
    LETTER_FAILED = "letter_failed", _("Letter not delivered")
    NO_LETTER = "no_letter", _("No letter will go")
    SECURITY = "security", _("Your log-in")
    COMMENT = "comment", _("Comment")
    MENTION = "mention", _("You are mentioned")
    WATCHED = "watched", _("A request that you watch")
    EXPORT_READY = "export_ready", _("An export is ready")
    EXPORT_FAILED = "export_failed", _("An export was not made")


class NoticeMail(models.TextChoices):
    """How far the notice's e-mail is; `digest` waits for the person's next morning digest."""

    NONE = "none", _("no e-mail")
    QUEUED = "queued", _("queued")
    DIGEST = "digest", _("in the next digest")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class Notice(IntentRow):
    """News for one person: in the bell at once, and by e-mail. Worded from `context` when it is read."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(_("kind"), max_length=20, choices=NoticeKind.choices)
    context = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("created at"))
    read_at = models.DateTimeField(_("read at"), null=True)
    mail = models.CharField(max_length=10, choices=NoticeMail.choices, default=NoticeMail.QUEUED)

    class Meta(IntentRow.Meta):
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-pk"]
        indexes = [
            *IntentRow.Meta.indexes,
            models.Index(
                fields=["last_error"],
                name="notice_failed",
                condition=models.Q(mail="failed"),
            ),
            models.Index(
                fields=["user"],
                name="notice_unread",
                condition=models.Q(read_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class TestLetter(IntentRow):
    """A letter that proves the way: an administrator asks for it, the worker hands it over, once."""

    to_email = models.EmailField(_("to"))
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=LetterState.choices, default=LetterState.QUEUED)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    form_key = models.UUIDField(null=True, unique=True, editable=False)

    # pytest would collect it.
    __test__ = False

    class Meta(IntentRow.Meta):
        verbose_name = _("test letter")
        verbose_name_plural = _("test letters")

    def __str__(self) -> str:
        return str(self.pk)

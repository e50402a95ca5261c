"""The shared disk: folders, the documents in them, uploads on their way, share links and their visits."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outbox.models import IntentRow


class DocumentKind(models.TextChoices):
    """What a document is to the business; the codes are stable handles."""

    INVOICE = "invoice", _("invoice")
    PAYMENT_ORDER = "payment_order", _("payment order")
    CONTRACT = "contract", _("contract")
    ACT = "act", _("act of acceptance")
    UPD = "upd", _("UPD (universal transfer document)")
    WAYBILL = "waybill", _("waybill")
    VAT_INVOICE = "vat_invoice", _("VAT invoice")
    OTHER = "other", _("other")
    PAYMENT_REQUEST = "payment_request", _("payment request")
    APPROVAL_SHEET = "approval_sheet", _("approval sheet")
    ORDER_FORM = "payment_order_form", _("payment order (form to be signed)")
    REGISTER = "register", _("register of payments")
    PAYMENT_NOTICE = "payment_notice", _("payment notice")


# What the program draws up itself; nobody adds a file as one of these.
PAPER_KINDS = (
    DocumentKind.PAYMENT_REQUEST,
    DocumentKind.APPROVAL_SHEET,
    DocumentKind.ORDER_FORM,
    DocumentKind.REGISTER,
    DocumentKind.PAYMENT_NOTICE,
)


class FolderState(models.TextChoices):
    PENDING = "pending", _("Being made")
    READY = "ready", _("In order")
    FAULT = "fault", _("Fault")


class DocumentState(models.TextChoices):
    MAKING = "making", pgettext_lazy("document", "Being made")
    RECEIVED = "received", _("Received, being filed")
    STORED = "stored", _("In the folder")
    FAULT = "fault", _("Not stored")


class Folder(IntentRow):
    """A folder on the shared storage; its object is `<path>/.folder`, holding the public ID.

    `path` is the storage key prefix without a slash at its end, fixed when the folder is made: renaming a
    company moves nothing. `name` is its last component.
    """

    public_id = models.CharField(_("folder ID"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=200)
    path = models.CharField(_("path"), max_length=900, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    state = models.CharField(
        _("state"), max_length=10, choices=FolderState.choices, default=FolderState.PENDING
    )
    checked_at = models.DateTimeField(_("checked at"), null=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta(IntentRow.Meta):
        verbose_name = _("folder")
        verbose_name_plural = _("folders")
        indexes = [
            *IntentRow.Meta.indexes,
            models.Index(
                fields=["last_error"],
                name="folder_at_fault",
                condition=models.Q(state="fault"),
            ),
        ]

    def __str__(self) -> str:
        return self.path


class Upload(models.Model):
    """A file that came with a form and lies in `incoming/` until a form that passes turns it into a Document.

    `ref` is what the form carries, so that a file need not be chosen again after a mistake elsewhere in it.
    """

    ref = models.UUIDField(unique=True)
    original_name = models.CharField(_("original name"), max_length=500)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")

    def __str__(self) -> str:
        return str(self.ref)


class Document(IntentRow):
    """A file in a folder, or on its way there: the row is the promise to file it.

    `stored_name` is reserved here (unique in its folder) before anything is copied, so a task that runs twice
    leaves one file. `incoming_key` is where the bytes lie until `state` is `stored`. A paper of our own
    begins without bytes (`making`, or `fault` when it could not be made); then it is filed like the others.
    """

    folder = models.ForeignKey(Folder, models.PROTECT, related_name="documents")
    kind = models.CharField(_("kind"), max_length=20, choices=DocumentKind.choices)
    original_name = models.CharField(_("original name"), max_length=500)
    stored_name = models.CharField(_("stored name"), max_length=255)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("uploaded at"))
    state = models.CharField(
        _("state"), max_length=10, choices=DocumentState.choices, default=DocumentState.RECEIVED
    )
    incoming_key = models.CharField(max_length=200, blank=True)
    stored_at = models.DateTimeField(_("stored at"), null=True)
    search = models.CharField(max_length=520, editable=False, default="", db_default="")
    form_key = models.UUIDField(null=True, editable=False)

    class Meta(IntentRow.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["pk"]
        indexes = [
            *IntentRow.Meta.indexes,
            models.Index(
                fields=["last_error"],
                name="document_at_fault",
                condition=models.Q(state="fault"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["folder", "stored_name"], name="document_name_in_folder"
            ),
            models.UniqueConstraint(
                fields=["uploaded_by", "form_key"],
                condition=models.Q(form_key__isnull=False),
                name="document_form_key",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="stored") | models.Q(stored_at__isnull=False),
                name="document_stored_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["making", "fault"]) | ~models.Q(sha256=""),
                name="document_has_bytes",
            ),
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def has_bytes(self) -> bool:
        """Whether there is a file to hand over, in its folder or on its way there."""
        return bool(self.sha256)

    @property
    def key(self) -> str:
        """Where the file lies (or will lie) in the storage."""
        return f"{self.folder.path}/{self.stored_name}"


class Paper(models.Model):
    """What one of our own documents is printed from: the values of its template, as they were then.

    `version` counts the papers of one kind in one folder. `values` are plain JSON (see `documents.papers`).
    With `page_path` ("/…/{token}/") it can be looked up by whoever holds the print: its token is made from
    the id and the salt, only its hash is kept. `fault` says why it could not be made, beyond the reason.
    """

    document = models.OneToOneField(Document, models.PROTECT, related_name="paper")
    template = models.CharField(_("template"), max_length=20)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    title = models.CharField(_("title"), max_length=300)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    values = models.JSONField()
    page_path = models.CharField(max_length=100, blank=True)
    salt = models.CharField(max_length=64, blank=True)
    token_sha256 = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001
    template_version = models.PositiveIntegerField(null=True)
    pages = models.PositiveSmallIntegerField(_("pages"), null=True)
    fault = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("paper")
        verbose_name_plural = _("papers")

    def __str__(self) -> str:
        return self.title


class ShareLink(models.Model):
    """A door for somebody without a log-in.

    The token is made from the id and the salt; only its hash is kept (NULL until the id is known).
    """

    salt = models.CharField(max_length=64)
    token_sha256 = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("counterparty's link")
        verbose_name_plural = _("counterparty's links")

    def __str__(self) -> str:
        return f"share link {self.pk}"


class LinkVisit(models.Model):
    """One visit of a share link's page, or one download from it. No address of the visitor is kept."""

    class What(models.TextChoices):
        PAGE = "page", _("Link followed")
        DOWNLOAD = "download", _("Document downloaded")

    link = models.ForeignKey(ShareLink, models.CASCADE, related_name="visits")
    what = models.CharField(max_length=10, choices=What.choices)
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    by_staff = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d %H:%M}"

"""Folders, uploads, documents and share links: what is promised here, `documents.tasks` keeps."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
import uuid
from contextlib import closing
from datetime import datetime, timedelta
from typing import IO, Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit.refusals import Invalid
from documents import names, sniffing, storage, tasks
from documents.models import (
    Document,
    DocumentState,
    Folder,
    FolderState,
    LinkVisit,
    ShareLink,
    Upload,
)
from documents.reserving import reserve
from outbox import services as outbox
from people.models import User
from people.search import padded

logger = logging.getLogger(__name__)

# Crockford's letters: nothing that is read as something else over the phone.
ID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ID_LENGTH = 10


# --- Folders -----------------------------------------------------------------------------------------


@transaction.atomic
def ensure_folder(*, parent: Folder | None, name: str, now: datetime | None = None) -> Folder:
    """The folder `name` below `parent`; promised at the first call, the same one ever after."""
    component = names.folder_component(name)
    folder, is_new = Folder.objects.get_or_create(
        path=_path(parent, component), defaults=_folder_fields(parent, component, now)
    )
    if is_new:
        outbox.wake(tasks.make_folder, folder.pk)
    return folder


@transaction.atomic
def make_unique_folder(
    *, parent: Folder | None, names: list[str], now: datetime | None = None
) -> Folder:
    """A new folder below `parent` under the first of `names` whose path is free.

    "{public_id}" in a name stands for the folder's own ID. When all are taken, the last one is numbered.
    """
    public_id = new_public_id()
    for component in _free_components(names, public_id):
        path = _path(parent, component)
        if Folder.objects.filter(path=path).exists():
            continue
        try:
            with transaction.atomic():
                folder = Folder.objects.create(
                    path=path,
                    **{**_folder_fields(parent, component, now), "public_id": public_id},
                )
        except IntegrityError:
            continue  # somebody was quicker
        outbox.wake(tasks.make_folder, folder.pk)
        return folder
    raise AssertionError("the names never end")


@transaction.atomic
def check_folder(*, folder: Folder, now: datetime | None = None) -> None:
    """Look again whether the folder is in order, and mend what can be mended.

    With it: folders above and below that are at fault, and documents in any of them that were not stored.
    """
    now = now or timezone.now()
    again = {"next_try_at": now, "attempts": 0, "last_error": ""}
    parts = folder.path.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts))]
    faulty = Folder.objects.filter(state=FolderState.FAULT).filter(
        models.Q(path__in=above) | models.Q(path__startswith=f"{folder.path}/")
    )
    folders = [folder.pk, *faulty.values_list("pk", flat=True)]
    Folder.objects.filter(pk__in=folders).update(state=FolderState.PENDING, **again)
    inside = models.Q(folder=folder) | models.Q(folder__path__startswith=f"{folder.path}/")
    documents = Document.objects.filter(inside, state=DocumentState.FAULT).exclude(incoming_key="")
    pks = list(documents.values_list("pk", flat=True))
    Document.objects.filter(pk__in=pks).update(state=DocumentState.RECEIVED, **again)
    folder.state, folder.next_try_at, folder.attempts, folder.last_error = (
        FolderState.PENDING,
        now,
        0,
        "",
    )
    for pk in folders:
        outbox.wake(tasks.make_folder, pk)
    for pk in pks:
        outbox.wake(tasks.file_document, pk)


def new_public_id() -> str:
    """A folder's ID: random, short, without letters that look like digits."""
    return "".join(secrets.choice(ID_LETTERS) for _position in range(ID_LENGTH))


def _path(parent: Folder | None, component: str) -> str:
    return f"{parent.path}/{component}" if parent else component


def _folder_fields(parent: Folder | None, component: str, now: datetime | None) -> dict[str, Any]:
    now = now or timezone.now()
    return {
        "public_id": new_public_id(),
        "name": component,
        "parent": parent,
        "created_at": now,
        "next_try_at": now,
    }


def _free_components(wanted: list[str], public_id: str) -> Any:
    component = ""
    for name in wanted:
        component = names.folder_component(name.replace("{public_id}", public_id))
        yield component
    number = 2
    while True:
        yield names.folder_component(f"{component} ({number})")
        number += 1


# --- Files -------------------------------------------------------------------------------------------


def receive_upload(*, file: File[bytes], user: User, now: datetime | None = None) -> Upload:
    """Keep a file that came with a form in `incoming/`, until a form that passes makes it a document.

    Raises ValidationError, in words for the person, when it is too large, empty, of another kind than its
    name says, or when the storage does not answer. Call it with no transaction open.
    """
    content = cast(IO[bytes], file.file)
    limit = settings.MAX_UPLOAD_MB
    content.seek(0, 2)
    size = content.tell()
    if size > limit * 1024 * 1024:
        raise ValidationError(_("Over %(limit)s MB.") % {"limit": limit}, code="too_large")
    if not size:
        raise ValidationError(pgettext("file", "Empty."), code="empty")
    content_type, name = sniffing.judge(content, names.readable(file.name or ""))
    content.seek(0)
    digest = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    content.seek(0)
    ref = uuid.uuid4()
    key = f"{storage.INCOMING}/{ref}"
    try:
        storage.store().put(key, content, content_type=content_type)
    except storage.StorageError as error:
        logger.warning("documents.upload_failed", extra={"error": str(error)})
        raise ValidationError(
            _("The storage did not take the file. All else is kept: try again."),
            code="storage",
        ) from error
    return Upload.objects.create(
        ref=ref,
        original_name=name[:500],
        content_type=content_type,
        size=size,
        sha256=digest,
        key=key,
        uploaded_by=user,
        uploaded_at=now or timezone.now(),
    )


class Unreadable(Exception):
    """The storage did not give a stored file, or not the whole of it."""


def content_of(document: Document) -> bytes:
    """A stored document's bytes as they lie there. Raises Unreadable; call it with no transaction open."""
    try:
        with closing(storage.store().chunks(document.key)) as chunks:
            return b"".join(chunks)
    except storage.StorageError as error:
        logger.warning(
            "documents.unreadable", extra={"document_id": document.pk, "error": str(error)}
        )
        raise Unreadable(str(error)) from error


def find_upload(*, ref: str, user: User) -> Upload | None:
    """The file that a form carries a reference to, if it is this person's and still waits."""
    try:
        return Upload.objects.filter(ref=uuid.UUID(ref), uploaded_by=user).first()
    except ValueError:
        return None


@transaction.atomic
def add_document(
    *,
    folder: Folder,
    upload: Upload,
    kind: str,
    actor: User | None,
    now: datetime | None = None,
    form_key: uuid.UUID | None = None,
) -> Document:
    """Make an upload a document of `folder` and promise to file it; the same form_key gets the same document.

    Raises Invalid when the upload has become a document already, or was cleaned away.
    """
    if (repeated := _made_by_form(actor, form_key)) is not None:
        if repeated.folder_id == folder.pk:
            return repeated
        form_key = None  # the key of another form: this one is a new attempt
    now = now or timezone.now()
    if not Upload.objects.filter(pk=upload.pk).delete()[0]:
        raise Invalid({"__all__": [_("This file is no longer waiting: choose it again.")]})

    def create(stored_name: str) -> Document:
        document = Document.objects.create(
            folder=folder,
            kind=kind,
            original_name=upload.original_name,
            search=padded(upload.original_name)[:520],
            stored_name=stored_name,
            content_type=upload.content_type,
            size=upload.size,
            sha256=upload.sha256,
            uploaded_by=actor,
            uploaded_at=now,
            incoming_key=upload.key,
            form_key=form_key,
            next_try_at=now,
        )
        outbox.wake(tasks.file_document, document.pk)
        return document

    return reserve(
        folder,
        upload.original_name,
        create,
        made_meanwhile=lambda: _made_by_form(actor, form_key),
    )


def _made_by_form(actor: User | None, form_key: uuid.UUID | None) -> Document | None:
    if form_key is None:
        return None
    return Document.objects.filter(uploaded_by=actor, form_key=form_key).first()


# --- Share links -------------------------------------------------------------------------------------


@transaction.atomic
def create_share_link(*, now: datetime | None = None, days: int) -> tuple[ShareLink, str]:
    """A new door for somebody without a log-in, and the token that opens it."""
    now = now or timezone.now()
    link = ShareLink.objects.create(
        salt=secrets.token_urlsafe(24), created_at=now, expires_at=now + timedelta(days=days)
    )
    token = token_for(link)
    link.token_sha256 = _token_hash(token)
    link.save(update_fields=["token_sha256"])
    return link, token


class KeyLost(Exception):
    """No key of this installation made the link's token, so it cannot be made again."""


def token_for(link: ShareLink) -> str:
    """The link's token, made again from its id and salt; it is kept nowhere.

    The row's hash says which key it was made with: a link keeps its token when the key is changed. Raises
    KeyLost when it was none of SHARE_LINK_KEY and SHARE_LINK_KEY_FALLBACKS.
    """
    keys = [settings.SHARE_LINK_KEY, *settings.SHARE_LINK_KEY_FALLBACKS]
    for token in (_made_token(link.pk, link.salt, key) for key in keys):
        if link.token_sha256 in {None, _token_hash(token)}:
            return token
    raise KeyLost(f"share link {link.pk}")


def bulk_token_hash(pk: int, salt: str) -> str:
    """What `create_share_link` keeps of the token of such a row: for rows that are written in bulk."""
    return _token_hash(_made_token(pk, salt, settings.SHARE_LINK_KEY))


def _made_token(pk: int, salt: str, key: str) -> str:
    digest = hmac.digest(key.encode(), f"{pk}:{salt}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def find_link(token: str) -> ShareLink | None:
    """The link that this token opens, or would open: see `selectors.link_state` for whether it still does."""
    return ShareLink.objects.filter(token_sha256=_token_hash(token)).first()


def revoke_link(*, link: ShareLink, actor: User, now: datetime | None = None) -> None:
    """Close the door for good; the first time and person stay."""
    now = now or timezone.now()
    if ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(
        revoked_at=now, revoked_by=actor
    ):
        link.revoked_at, link.revoked_by = now, actor


def record_visit(
    *,
    link: ShareLink,
    what: str,
    document: Document | None = None,
    by_staff: bool = False,
    now: datetime | None = None,
) -> None:
    """One visit or download; a plain insert that waits for nobody."""
    LinkVisit.objects.create(
        link=link, what=what, document=document, by_staff=by_staff, at=now or timezone.now()
    )


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()

"""Files of every accepted kind, people to send them, and folders to put them in."""

import io
import zipfile
from datetime import UTC, datetime

from django.core.files.uploadedfile import SimpleUploadedFile

from documents import services, storage, tasks
from documents.models import Document, DocumentKind, Folder, Upload
from people.models import User

NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
# ContentInfo { signedData, ... }, as far as anybody looks
DER = bytes.fromhex("308006092a864886f70d010702a080") + bytes(range(64))


def archive(**members: str) -> bytes:
    """A ZIP archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, text in members.items():
            target.writestr(name, text)
    return buffer.getvalue()


def office(main_type: str) -> bytes:
    """The beginnings of an office file whose main part is of this type."""
    types = f'<Types><Override PartName="/main.xml" ContentType="{main_type}"/></Types>'
    return archive(**{"[Content_Types].xml": types, "main.xml": "<main/>"})


_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = office(f"{_OFFICE}.wordprocessingml.document.main+xml")
XLSX = office(f"{_OFFICE}.spreadsheetml.sheet.main+xml")
DOCM = office("application/vnd.ms-word.document.macroEnabled.main+xml")


def person(username: str = "manager", **fields: object) -> User:
    found = User.objects.filter(username=username).first()
    return found or User.objects.create_user(username, full_name=username, **fields)


def chosen(name: str = "Счёт № 643.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    """A file as it comes with a form."""
    return SimpleUploadedFile(name, content)


def received(name: str = "Счёт № 643.pdf", content: bytes = PDF) -> Upload:
    return services.receive_upload(file=chosen(name, content), user=person())


def ready_folder(path: str = "Companies") -> Folder:
    """A folder, and its parents, made in the storage."""
    folder = None
    for name in path.split("/"):
        folder = services.ensure_folder(parent=folder, name=name)
        tasks.make_folder(folder.pk)
        folder.refresh_from_db()
    assert folder is not None
    return folder


def promised(
    name: str = "Счёт № 643.pdf", content: bytes = PDF, folder: Folder | None = None
) -> Document:
    """A document that nobody has filed yet."""
    return services.add_document(
        folder=folder or ready_folder(),
        upload=received(name, content),
        kind=DocumentKind.INVOICE,
        actor=person(),
    )


def filed(
    name: str = "Счёт № 643.pdf", content: bytes = PDF, folder: Folder | None = None
) -> Document:
    document = promised(name, content, folder)
    tasks.file_document(document.pk)
    document.refresh_from_db()
    return document


def content_of(key: str) -> bytes:
    return b"".join(storage.store().chunks(key))

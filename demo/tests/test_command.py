"""`manage.py demo` as it is run: files in the storage, log-ins, a second run, an installation in use."""

from __future__ import annotations

from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from approvals.models import PaymentRequest
from counterparties.models import Company
from demo import fonts
from documents.models import Document, Folder, FolderState, Upload
from documents.services import check_folder
from documents.tasks import make_folder
from people.models import User

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.django_db]


def run() -> str:
    out = StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def everything() -> dict[str, list[object]]:
    """All rows of all tables, as they are."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
    }


def test_the_command(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        assert "manager      demo   Кравцова Алина Сергеевна" in run()
    assert callbacks == []  # nobody is woken: nothing is left to do

    # Every file lies where its row says, and is a paper that can be read.
    assert not Upload.objects.exists()
    for document in Document.objects.filter(paper=None).select_related("folder"):
        with default_storage.open(document.key, "rb") as file:
            content = file.read()
        assert (len(content), content[:5]) == (document.size, b"%PDF-")
    order = Document.objects.get(folder__payment_request=1, kind="payment_order")
    with default_storage.open(order.key, "rb") as file:
        (page,) = PdfReader(BytesIO(file.read())).pages
    text = page.extract_text()
    for said in ("Платёжное поручение №", "385 000,00", "044525225", "НДС 22% - 69426,23 руб."):
        assert said in text.replace("\u00a0", " ")

    # Everybody gets in; what one may not see is not there.
    for user in User.objects.all():
        client.post(reverse("approvals:login"), {"username": user.username, "password": "demo"})
        assert client.session["_auth_user_id"] == str(user.pk)
    for username, pk, status in (
        ("manager2", 1, 404),
        ("manager", 2, 404),
        ("manager", 1, 200),
        ("auditor", 2, 200),
    ):
        client.force_login(User.objects.get(username=username), "people.auth.PeopleBackend")
        assert client.get(reverse("approvals:request", args=[pk])).status_code == status

    # The printing house's folder is at fault until somebody checks it.
    folder = Folder.objects.get(state=FolderState.FAULT)
    assert not default_storage.exists(f"{folder.path}/.folder")
    check_folder(folder=folder, now=timezone.now())
    make_folder(folder.pk)
    folder.refresh_from_db()
    assert (folder.state, folder.last_error) == (FolderState.READY, "")

    # A second run.
    before = everything()
    assert len(run().splitlines()) == 1
    assert everything() == before


def test_an_installation_in_use_is_left_alone() -> None:
    Company.objects.create(name="Кто-то", created_at=timezone.now())
    with pytest.raises(CommandError):
        run()
    assert not User.objects.exists()


def test_without_fonts_it_says_so_and_makes_nothing(settings: Settings, tmp_path: Path) -> None:
    settings.ASSETS_DIR = settings.DATA_DIR = tmp_path
    with pytest.raises(CommandError, match="pt-sans-cyrillic-400-normal"):
        run()
    assert not PaymentRequest.objects.exists()
    assert not User.objects.exists()


def test_the_font_has_every_character_of_the_papers(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    font = fonts.font_file()
    assert font.stat().st_size < 50_000
    assert fonts.font_file() == font

"""Registers of the last days that something was paid on, by the service; their files are rows alone."""

from __future__ import annotations

from datetime import datetime, time
from hashlib import sha256

from django.db.models import F
from django.utils import timezone

from approvals.models import Payment
from approvals.services.registers import draw_up_register
from demo.volume.size import Size
from documents.models import Document, DocumentKind, DocumentState, Folder, FolderState
from outbox import services as outbox
from people.models import User

DAYS = 5
EVENING = time(18)


def draw_up_registers(size: Size) -> None:
    """As the worker would have left them: made and filed."""
    accountant = User.objects.filter(is_accountant=True).order_by("pk")[0]
    zone = timezone.get_default_timezone()
    paid = Payment.objects.filter(paid_on__lt=size.now.astimezone(zone).date())
    days = paid.order_by("-paid_on").values_list("paid_on", flat=True).distinct()[:DAYS]
    with outbox.without_waking():
        for day in sorted(days):
            now = datetime.combine(day, EVENING, zone)
            draw_up_register(on=day, actor=accountant, now=now)
    for document in Document.objects.filter(kind=DocumentKind.REGISTER):
        document.state, document.next_try_at = DocumentState.STORED, None
        document.stored_at, document.size = document.uploaded_at, 90_000
        document.sha256 = sha256(document.stored_name.encode()).hexdigest()
        document.save()
    made = Folder.objects.exclude(state=FolderState.READY)
    made.update(state=FolderState.READY, checked_at=F("created_at"), next_try_at=None)

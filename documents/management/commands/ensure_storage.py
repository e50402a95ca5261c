"""Make sure that there is a storage and that it keeps what it is given."""

import io
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents import storage


class Command(BaseCommand):
    help = (
        "Make the bucket (or the folder) if there is none, and see that it keeps what it is given."
    )

    requires_system_checks: list[str] = []  # it runs before anything else is in order

    def handle(self, *args: Any, **options: Any) -> None:
        key = f"{storage.INCOMING}/check-{uuid.uuid4()}"
        text = key.encode()
        try:
            store = storage.store()
            store.prepare()
            store.put(key, io.BytesIO(text), content_type="text/plain")
            found = storage.read(key)
            store.delete(key)
        except storage.StorageError as error:
            raise CommandError(f"The storage does not work: {error}") from error
        if found != text:
            raise CommandError("The storage does not work: it gave back something else.")
        if options["verbosity"]:
            self.stdout.write("The storage is in order.")

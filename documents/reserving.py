"""Names of documents, reserved in their folder before anything is copied: two of one name both stay."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError, transaction

from documents import names
from documents.models import Document, Folder


def reserve(
    folder: Folder,
    name: str,
    create: Callable[[str], Document],
    *,
    made_meanwhile: Callable[[], Document | None] = lambda: None,
) -> Document:
    """What `create` makes under the first free stored name like `name`.

    Where somebody was quicker, `made_meanwhile` answers whether it was the very same; else the next name is
    tried.
    """
    in_folder = Document.objects.filter(folder=folder).values_list("stored_name", flat=True)
    taken = {stored_name.casefold() for stored_name in in_folder}
    for stored_name in names.candidates(names.safe_component(name)):
        if stored_name.casefold() in taken:
            continue
        try:
            with transaction.atomic():
                return create(stored_name)
        except IntegrityError:
            if (same := made_meanwhile()) is not None:
                return same
    raise AssertionError("the names never end")

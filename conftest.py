"""What every test starts from: own files, an empty cache, Russian words."""

import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import translation


@pytest.fixture(autouse=True)
def _fresh_surroundings() -> Iterator[None]:
    """Nothing that an earlier test left in the cache, the language or the embedded storage."""
    cache.clear()
    with translation.override(settings.LANGUAGE_CODE):
        yield
    shutil.rmtree(settings.DATA_DIR / "storage", ignore_errors=True)
    shutil.rmtree(settings.MAIL_DIR, ignore_errors=True)

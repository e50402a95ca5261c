"""A machine without pango, for tests of what then waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from documents import press
from documents.press import pool


@pytest.fixture
def no_pango(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The loader finds files of pango's names that are no libraries, as on a machine that has none."""
    for name in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0"):
        (tmp_path / name).write_bytes(b"no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    pool.end()
    press.is_ready.forget()
    yield
    press.is_ready.forget()

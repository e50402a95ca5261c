"""The fonts of a press: put together once, by whoever needs them first."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.press import fonts
from documents.press.worker import FONTS

pytestmark = pytest.mark.once


def installed(folder: Path, kept: Path) -> dict[str, bytes]:
    folder.mkdir()
    fonts.install(FONTS, folder, kept=kept)
    return {path.name: path.read_bytes() for path in (folder / "fonts").iterdir()}


def test_they_are_kept_for_the_next_press(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    made = installed(tmp_path / "first", kept)
    (one, other) = sorted(kept.iterdir())
    one.write_bytes(b"as the first one left it")

    found = installed(tmp_path / "second", kept)

    assert found == {"400.ttf": b"as the first one left it", "700.ttf": made["700.ttf"]}
    assert other.read_bytes() == made["700.ttf"]


def test_a_folder_that_cannot_be_written_to_is_no_fault(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("no folder")

    assert set(installed(tmp_path / "press", kept)) == {"400.ttf", "700.ttf"}


def test_other_parts_make_other_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept"
    installed(tmp_path / "first", kept)
    monkeypatch.setattr(fonts.fontTools, "version", "another")

    installed(tmp_path / "second", kept)

    assert len(list(kept.iterdir())) == 4

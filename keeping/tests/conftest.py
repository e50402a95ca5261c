"""One embedded installation with a morning's work in it, and copies for tests to spoil."""

import shutil
from pathlib import Path

import pytest

from keeping.tests.installations import Installation, embedded, worked_in


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Nobody changes it."""
    return worked_in(embedded(tmp_path_factory.mktemp("original") / "it", with_tables=True))


@pytest.fixture
def source(original: Installation, tmp_path: Path) -> Installation:
    """A copy to work in."""
    copy = embedded(tmp_path / "source")
    shutil.copytree(original.data_dir, copy.data_dir, dirs_exist_ok=True)
    return copy


@pytest.fixture
def empty(tmp_path: Path) -> Installation:
    """An embedded installation that nobody has worked in."""
    return embedded(tmp_path / "empty")

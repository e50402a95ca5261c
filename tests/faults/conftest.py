"""The installation that is broken, one for each module, whole again before each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from approvals.tests.builders import World, build_world
from tests.faults.rig import Rig, rigged


@pytest.fixture(scope="module", name="rig_of_module")
def _rig_of_module(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Rig]:
    """The processes and their servers; starting them for every test would take most of the time."""
    folder = tmp_path_factory.mktemp("rig")
    folder.chmod(0o711)
    with rigged(folder) as rig:
        yield rig


@pytest.fixture
def rig(rig_of_module: Rig, transactional_db: None, settings: Any) -> Iterator[Rig]:
    """The rig, with everything in order and nothing left of the test before."""
    rig_of_module.empty()
    settings.STORAGES = rig_of_module.storages()
    settings.PUBLIC_URL = rig_of_module.base_url
    yield rig_of_module
    # Before the database is emptied: whoever is held lets go of it.
    rig_of_module.mend()


@pytest.fixture
def world(rig: Rig) -> World:
    """People and companies, committed: the rig's processes see them."""
    return build_world()

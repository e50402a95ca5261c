"""What the tests of this room start from."""

import pytest

from approvals.tests.builders import World, build_world


@pytest.fixture
def world(db: None) -> World:
    return build_world()

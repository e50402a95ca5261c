"""What the tests of this room start from."""

import pytest

from approvals.tests.builders import World
from approvals.tests.same_world import same_world


@pytest.fixture
def world(db: None) -> World:
    return same_world()

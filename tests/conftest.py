"""What the tests that cross rooms start from."""

import pytest

from approvals.tests.builders import World
from approvals.tests.same_world import same_world


@pytest.fixture
def world(db: None) -> World:
    """People and companies, on a few rows."""
    return same_world()

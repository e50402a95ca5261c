"""What the tests that cross rooms start from."""

import pytest

from approvals.tests.builders import World, build_world


@pytest.fixture
def world(db: None) -> World:
    """People and companies, on a few rows."""
    return build_world()

"""A migration that is not atomic and was interrupted may run again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from approvals.migrations._indexes import AddFieldOnce

BEFORE = ("approvals", "0018_running_totals")
INTERRUPTED = ("approvals", "0019_task_department")


@pytest.mark.postgres  # SQLite changes no table within a transaction
@pytest.mark.django_db
def test_a_column_that_is_there_already_is_not_added_again() -> None:
    loader = MigrationLoader(connection)
    [adding] = [
        it for it in loader.disk_migrations[INTERRUPTED].operations if isinstance(it, AddFieldOnce)
    ]
    before = loader.project_state(BEFORE)
    after = before.clone()
    adding.state_forwards("approvals", after)

    with connection.schema_editor(collect_sql=True) as editor:
        adding.database_forwards("approvals", editor, before, after)

    assert [line for line in editor.collected_sql if not line.startswith("--")] == []

"""The migration operation that makes a table of events append-only in the database itself.

Row triggers do not see TRUNCATE, so PostgreSQL gets a statement trigger too. SQLite has no TRUNCATE, but its
INSERT OR REPLACE deletes without a delete trigger, so inserts over an existing row are refused as well.

Django rebuilds a table on SQLite for most changes and silently drops its triggers: put
`AppendOnlyTriggers("table", again=True)` first and last in every later migration that touches the table.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

MESSAGE = "rows of this table are never changed or deleted"

POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END
$$
"""
POSTGRESQL_TRIGGERS = {
    "no_change": "BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()",
    "no_truncate": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()",
}
SQLITE_TRIGGERS = {
    "no_update": f"BEFORE UPDATE ON {{table}} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    "no_delete": f"BEFORE DELETE ON {{table}} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    "no_replace": (
        "BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id"  # noqa: S608
        " OR (subject_id = NEW.subject_id AND seq = NEW.seq))"
        f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    ),
}


def create_statements(vendor: str, table: str) -> list[str]:
    """SQL that makes `table` append-only, whatever it was before."""
    postgresql = vendor == "postgresql"
    triggers = POSTGRESQL_TRIGGERS if postgresql else SQLITE_TRIGGERS
    statements = drop_statements(vendor, table)
    if postgresql:
        statements.append(POSTGRESQL_FUNCTION)
    statements += [
        f'CREATE TRIGGER "{_name(table, suffix)}" ' + body.format(table=f'"{table}"')
        for suffix, body in triggers.items()
    ]
    return statements


def drop_statements(vendor: str, table: str) -> list[str]:
    """SQL that lets `table` be changed again."""
    if vendor == "postgresql":
        return [
            f'DROP TRIGGER IF EXISTS "{_name(table, suffix)}" ON "{table}"'
            for suffix in POSTGRESQL_TRIGGERS
        ]
    return [f'DROP TRIGGER IF EXISTS "{_name(table, suffix)}"' for suffix in SQLITE_TRIGGERS]


def missing_triggers(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    """Names of the triggers that `table` should have and has not, or that are switched off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgenabled IN ('O', 'A')",
                [f'"{table}"'],
            )
            wanted = POSTGRESQL_TRIGGERS
        else:
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table]
            )
            wanted = SQLITE_TRIGGERS
        there = {name for (name,) in cursor.fetchall()}
    return [name for suffix in wanted if (name := _name(table, suffix)) not in there]


class AppendOnlyTriggers(Operation):
    """Refuse UPDATE, DELETE and TRUNCATE on `table`; add it after the table's CreateModel.

    With `again`, the table was append-only before: both directions leave the triggers in place.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str, again: bool = False) -> None:
        self.table = table
        self.again = again

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models do not change."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        _run(schema_editor, create_statements(schema_editor.connection.vendor, self.table))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        statements = create_statements if self.again else drop_statements
        _run(schema_editor, statements(schema_editor.connection.vendor, self.table))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table], {"again": True} if self.again else {}

    def describe(self) -> str:
        return f"Make {self.table} append-only"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.table}_append_only"


def _name(table: str, suffix: str) -> str:
    return f"{table}_{suffix}"


def _run(schema_editor: BaseDatabaseSchemaEditor, statements: list[str]) -> None:
    for statement in statements:
        schema_editor.execute(statement, params=None)

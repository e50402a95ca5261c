"""Changes of a migration that is not atomic: others write meanwhile, and what was interrupted may run again."""

from django.db import migrations


class AddIndexMeanwhile(migrations.AddIndex):
    """AddIndex, on PostgreSQL without a lock that writers wait for; its migration must not be atomic."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            # What an interrupted build left behind is of no use to anybody.
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self.index.name}")
            schema_editor.add_index(model, self.index, concurrently=True)


class RemoveIndexMeanwhile(migrations.RemoveIndex):
    """RemoveIndex, likewise."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {self.name}")


class AddFieldOnce(migrations.AddField):
    """AddField, unless a run that was interrupted has added it already."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        with schema_editor.connection.cursor() as cursor:
            table = schema_editor.connection.introspection.get_table_description(
                cursor, model._meta.db_table
            )
        if model._meta.get_field(self.name).column not in {column.name for column in table}:
            super().database_forwards(app_label, schema_editor, from_state, to_state)

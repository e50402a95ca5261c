"""Trigram indexes for search, where the database is PostgreSQL; built while others write.

The extension is a trusted one: the database's owner may create it, nobody need be a superuser.
"""

from django.db import migrations

INDEXES = {
    "request_search_trigram": "approvals_paymentrequest",
    "company_search_trigram": "counterparties_company",
    "contact_search_trigram": "counterparties_contact",
    "document_search_trigram": "documents_document",
}


def make(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for name, table in INDEXES.items():
        # What an interrupted build left behind is of no use to anybody.
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        schema_editor.execute(
            f"CREATE INDEX CONCURRENTLY {name} ON {table} USING gin (search gin_trgm_ops)"
        )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("approvals", "0008_fill_search"),
        ("counterparties", "0006_fill_search"),
        ("documents", "0004_fill_search"),
    ]

    operations = [migrations.RunPython(make, drop)]

"""Contacts that were there before search: what search compares."""

from django.db import migrations

from counterparties.selectors import contact_search_text

BATCH = 1000


def fill(apps, schema_editor):
    Contact = apps.get_model("counterparties", "Contact")
    rows = Contact.objects.filter(search="").order_by("pk")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        for row in batch:
            row.search = contact_search_text(row)
        Contact.objects.bulk_update(batch, ["search"])


class Migration(migrations.Migration):
    dependencies = [("counterparties", "0005_search")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]

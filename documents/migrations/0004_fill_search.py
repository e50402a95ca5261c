"""Documents that were there before search: their names as search compares them."""

from django.db import migrations

from people.search import padded

BATCH = 1000


def fill(apps, schema_editor):
    Document = apps.get_model("documents", "Document")
    rows = Document.objects.filter(search="").order_by("pk")
    last = 0
    while batch := list(rows.filter(pk__gt=last).only("pk", "original_name")[:BATCH]):
        last = batch[-1].pk
        for row in batch:
            row.search = padded(row.original_name)[:520]
        Document.objects.bulk_update(batch, ["search"])


class Migration(migrations.Migration):
    dependencies = [("documents", "0003_search")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]

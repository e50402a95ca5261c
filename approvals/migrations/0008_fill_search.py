"""Requests that were there before: their words and invoice numbers as search compares them now."""

from django.db import migrations

from approvals.search import invoice_key, search_text

BATCH = 1000


def fill(apps, schema_editor):
    PaymentRequest = apps.get_model("approvals", "PaymentRequest")
    rows = PaymentRequest.objects.order_by("pk").only(
        "pk", "invoice_number", "purpose", "justification", "basis"
    )
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        for row in batch:
            row.search = search_text(row)
            row.invoice_key = invoice_key(row.invoice_number)
        PaymentRequest.objects.bulk_update(batch, ["search", "invoice_key"])


class Migration(migrations.Migration):
    dependencies = [("approvals", "0007_search")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]

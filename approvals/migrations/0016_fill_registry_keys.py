"""Requests that were there before: their company's key and whether they have a closing document."""

from django.db import migrations
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Substr

BATCH = 10_000
CLOSING_KINDS = ["act", "upd", "waybill", "vat_invoice"]


def fill(apps, schema_editor):
    PaymentRequest = apps.get_model("approvals", "PaymentRequest")
    Company = apps.get_model("counterparties", "Company")
    Document = apps.get_model("documents", "Document")
    key = Company.objects.filter(pk=OuterRef("company_id")).values(key=Substr("search", 1, 100))
    closing = Document.objects.filter(folder=OuterRef("folder_id"), kind__in=CLOSING_KINDS)
    newest = PaymentRequest.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for start in range(0, newest + 1, BATCH):
        rows = PaymentRequest.objects.filter(pk__gte=start, pk__lt=start + BATCH)
        rows.update(company_key=Subquery(key), has_closing=Exists(closing))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("approvals", "0015_registry_keys"),
        ("counterparties", "0006_fill_search"),
        ("documents", "0005_papers"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]

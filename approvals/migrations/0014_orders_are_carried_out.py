"""A payment order's number is given once in a payer's year; an order is paid by, or withdrawn."""

from __future__ import annotations

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """No release has drawn any up; what a trial has left gets what its account and its day say."""
    orders = apps.get_model("approvals", "PaymentOrder").objects.using(editor.connection.alias)
    for order in orders.select_related("payer_account"):
        order.payer_id = order.payer_account.company_id
        order.year = order.drawn_on.year
        order.save(update_fields=["payer", "year"])


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0013_register_events"),
        ("counterparties", "0006_fill_search"),
    ]

    operations = [
        migrations.AddField(
            model_name="paymentorder",
            name="payment",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="order",
                to="approvals.payment",
            ),
        ),
        migrations.AddField(
            model_name="paymentorder",
            name="withdrawn_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="withdrawn at"),
        ),
        migrations.AddField(
            model_name="paymentorder",
            name="payer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="counterparties.company",
                verbose_name="payer",
            ),
        ),
        migrations.AddField(
            model_name="paymentorder",
            name="year",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="paymentorder",
            name="payer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="counterparties.company",
                verbose_name="payer",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentorder",
            constraint=models.CheckConstraint(
                condition=Q(payment__isnull=True) | Q(withdrawn_at__isnull=True),
                name="order_paid_or_withdrawn",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentorder",
            constraint=models.UniqueConstraint(
                fields=["payer", "year", "number"], name="order_number_once"
            ),
        ),
    ]

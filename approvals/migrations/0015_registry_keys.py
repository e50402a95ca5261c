"""What the registry's lists are sorted and filtered by without a join."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("approvals", "0014_orders_are_carried_out")]

    operations = [
        migrations.AddField(
            model_name="paymentrequest",
            name="company_key",
            field=models.CharField(db_default="", default="", editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name="paymentrequest",
            name="has_closing",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]

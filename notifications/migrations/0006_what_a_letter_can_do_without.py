from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_export_notices")]

    operations = [
        migrations.AddField(
            model_name="letterattachment",
            name="wait_until",
            field=models.DateTimeField(null=True),
        ),
    ]

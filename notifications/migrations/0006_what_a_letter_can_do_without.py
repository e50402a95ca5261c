from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_export_notices")]

    operations = [
        migrations.AddField(
            model_name="letterattachment",
            name="expires_at",
            field=models.DateTimeField(null=True),
        ),
    ]

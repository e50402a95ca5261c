"""Events are written once: triggers refuse to change or delete them."""

from django.db import migrations

from audit.operations import AppendOnlyTriggers


class Migration(migrations.Migration):
    dependencies = [("people", "0002_records_and_sessions")]

    operations = [AppendOnlyTriggers("people_personevent")]
